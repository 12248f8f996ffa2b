import type { Pairs } from "../define";

export const imports = {
  propose: {
    lead: ["从摘要中的“包括…”建议数据项，从表头建议库表；确认之前不写入", "Items guessed from abstracts, tables from column headers; nothing is written before you accept"], guess: ["从摘要建议数据项", "Guess items from abstracts"], headers: ["上传表头", "Upload headers"], started: ["已开始分析摘要", "Reading the abstracts"],
    read: ["已读 {n} 个文件，新建议 {fresh} 条，找不到部门的 {homeless} 个", "{n} files read, {fresh} new proposals, {homeless} without a department"], none: ["没有建议；点“从摘要建议数据项”或上传表头", "No proposals: guess from abstracts or upload headers"], count: ["个数", "How many"],
    state: { open: ["待确认", "Open"], accepted: ["已采纳", "Accepted"], declined: ["已忽略", "Declined"] }, accept: ["采纳", "Accept"], decline: ["忽略", "Decline"], accepted: ["“{name}”的建议已采纳", "Proposal for “{name}” accepted"], declined: ["“{name}”的建议已忽略", "Proposal for “{name}” declined"],
    acceptMany: ["采纳所选 {n} 条", "Accept {n}"], acceptedMany: ["已采纳 {n} 条，{left} 条未能采纳", "{n} accepted, {left} could not be"],
  },
  imports: {
    lead: ["下载模板 → 填写 → 上传检查 → 按提示修改 → 导入；可整批撤销", "Template → fill in → upload and check → correct → apply; a whole batch can be undone"],
    step1: ["下载模板", "Template"], step2: ["上传工作簿", "Upload"], step3: ["查看检查结果", "Check"], step4: ["导入", "Apply"],
    profile: ["工作簿类型", "Kind of workbook"], template: ["下载模板", "Download the template"], drop: ["把 xlsx、xls、ods、csv 或 json 文件拖到这里，或点击选择", "Drop an xlsx, xls, ods, csv or json file here, or click to choose one"],
    limit: ["不超过 50 MB；上传后先检查，不会直接写入", "At most 50 MB; it is checked first and nothing is written yet"], uploaded: ["“{name}”已上传，正在检查", "“{name}” uploaded and being checked"],
    history: ["导入记录", "Imports so far"], file: ["文件", "File"], rows: ["行数", "Rows"], errors: ["错误", "Errors"], rowErrors: ["行错误", "Row errors"], warnings: ["提醒", "Warnings"],
    by: ["上传人", "By"], at: ["上传时间", "Uploaded"], create: ["新增", "New"], update: ["更新", "Changed"], same: ["无变化", "Same"], skip: ["跳过", "Skipped"],
    recheck: ["重新检查", "Check again"], apply: ["导入 {n} 行", "Apply {n} rows"], partial: ["跳过有错误的 {n} 行，导入其余行", "Leave out the {n} faulty rows and apply the rest"],
    blocked: ["有 {n} 处错误，整批不能导入；请修改后重新上传。", "{n} errors stop the whole batch; correct them and upload again."],
    clean: ["检查通过，没有问题。", "Checked: nothing to correct."], applied: ["已导入", "Applied"], undo: ["撤销本次导入", "Undo this import"],
    undoText: ["撤销后，本批新增的将删除、更新的将还原；之后被编辑或已发布的行会列出并保留。", "New rows are removed and changed ones restored; rows edited or published since are listed and left alone."],
    undone: ["已撤销", "Undone"], unreadable: ["工作簿无法读取", "The workbook cannot be read"], findings: ["检查结果", "Findings"],
    emptyTemplate: ["空白模板", "Empty template"], undoneText: ["已撤销：删除 {removed} 条，还原 {restored} 条", "Undone: {removed} removed, {restored} restored"],
    left: ["{n} 条之后被编辑或已发布，予以保留", "{n} were edited or published since and stay"], submitAll: ["全部提交审核", "Submit all for review"], submitted: ["{kind}：{n} 条已提交审核", "{kind}: {n} submitted for review"],
    marked: ["下载标注结果", "Download the findings"], started: ["已开始导入", "Applying"],
    row: ["行号", "Row"], column: ["列", "Column"], value: ["原值", "Value"], problem: ["问题", "Problem"], advice: ["建议", "Advice"], severity: ["级别", "Severity"], sheet: ["工作表", "Sheet"],
    willChange: ["将要改动", "What will change"], clashes: ["冲突", "Clashes"], clashLead: ["有 {n} 个单元格在您导出之后被他人改过，请在“冲突”中逐个选择", "{n} cells were changed by others since your export: choose in “Clashes”"],
    base: ["导出时", "When exported"], current: ["现在", "Now"], mine: ["您的", "Yours"], useCurrent: ["其余全部用“现在”", "The rest as now"], useMine: ["其余全部用“您的”", "The rest as mine"], settled: ["已选择 {n} 处，还剩 {left} 处", "{n} chosen, {left} left"],
    place: ["位置", "Place"], old: ["原值", "Before"], new: ["新值", "After"], act: { create: ["新增", "New"], update: ["更新", "Changed"] }, noChange: ["没有要写入的行", "No row to write"],
    exportTitle: ["导出四级目录", "Export the directory"], format: ["格式", "Format"], whole: ["四级全部", "All four levels"], heldBack: ["{n} 行重要、核心数据未列入", "{n} rows of important or core data held back"], exportsSoFar: ["最近的导出（保留 7 天）", "Recent exports (kept 7 days)"], exportMade: ["“{name}”已生成", "“{name}” is ready"], makeExport: ["开始导出", "Export"],
    noFindings: ["没有这一级别的问题", "No findings of this severity"],
  },
} satisfies Pairs;
