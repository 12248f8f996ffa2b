import type { Pairs } from "../define";

export const reports = {
  report: {
    lead: ["数据先冻结、再计算；每个数字可追溯，每份文件可核验", "Data is frozen before it is counted; every figure can be traced and every file verified"], build: ["生成报告", "Build a report"],
    name: ["报告", "Report"], period: ["统计期间", "Period"], periodText: ["{y} 年第 {q} 季度", "{y} Q{q}"], scope: ["范围", "Scope"], district: ["全区", "The district"], year: ["年", "Year"], quarter: ["季度", "Quarter"], q: ["第 {n} 季度", "Q{n}"],
    created: ["生成时间", "Built"], frozen: ["冻结时间", "Frozen"], queued: ["“{name}”已开始生成", "“{name}” is being built"], empty: ["还没有报告，点“生成报告”建立第一份", "No report yet: press Build a report"],
    preview: ["预览", "Preview"], files: ["文件", "Files"], figures: ["数字与追溯", "Figures"], inputs: ["冻结数据", "Frozen inputs"], size: ["大小", "Size"], digest: ["摘要（SM3）", "Digest (SM3)"], rows: ["行数", "Rows"],
    runRoot: ["清单摘要", "Manifest root"], inputRoot: ["输入摘要", "Input root"], anchor: ["上链存证", "Evidence"], verify: ["核验文件", "Verify files"], verified: ["“{name}”的全部文件与清单一致", "All files of “{name}” agree with the manifest"],
    figure: ["指标", "Figure"], value: ["数值", "Value"], numerator: ["分子", "Numerator"], denominator: ["分母", "Denominator"], trace: ["追溯", "Trace"], rule: ["计算规则", "Rule"], group: ["分组", "Group"], why: ["说明", "Note"],
    openNew: ["在新窗口打开", "Open in a new window"], building: ["正在生成…", "Being built…"], failed: ["生成失败", "It failed"], traceRows: ["对应的冻结数据（{n} 行）", "Frozen rows behind it ({n})"],
  },
} satisfies Pairs;
