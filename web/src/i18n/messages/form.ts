import type { Pairs } from "../define";

export const form = {
  form: {
    group: {
      basic: ["基本信息", "Basics"], basis: ["设定依据", "Legal basis"], share: ["共享与开放", "Sharing and openness"], update: ["更新", "Updates"],
      manage: ["管理信息", "Management"], build: ["建设与运行", "Building and running"],
    },
    tooLong: ["不能超过 {n} 个字", "At most {n} characters"], tags: ["输入后按回车添加", "Type and press Enter to add"], pick: ["输入名称或编码查找", "Type a name or code"],
    saveDraft: ["保存草稿", "Save draft"], saveSubmit: ["保存并提交审核", "Save and submit for review"], owner: ["所属部门", "Department"], ofSystem: ["所属系统", "System"],
    new: ["新建", "New"], newKind: ["新建{kind}", "New: {kind}"], newLead: ["先保存为草稿，填齐带 * 的内容后提交审核", "Saved as a draft first; submit it once everything marked * is filled"],
    created: ["{kind}「{name}」({code}) 已建立", "{kind} “{name}” ({code}) created"], undoneSave: ["已恢复“{name}”修改前的内容", "“{name}” is as it was before"], undoneSubmit: ["“{name}”已撤回", "“{name}” taken back"],
  },
  sheet: {
    add: ["添加一行", "Add a row"], insert: ["在下方插入", "Insert below"], remove: ["删除所选行", "Remove rows"], up: ["上移", "Move up"], down: ["下移", "Move down"],
    fill: ["向下填充 (Ctrl D)", "Fill down (Ctrl D)"], hint: ["可从电子表格复制一块直接粘贴", "Paste a block straight from a spreadsheet"], rows: ["{n} 行", "{n} rows"],
    faults: ["{n} 处有误，跳到下一处", "{n} wrong: go to the next"], none: ["还没有行：点“添加一行”，或从电子表格复制后在此粘贴", "No rows yet: add one, or paste a block from a spreadsheet"],
    fault: {
      required: ["此格必填", "This cell is required"], tooLong: ["太长", "Too long"], integer: ["须为非负整数", "Must be a whole number"],
      option: ["不在可选项中", "Not one of the choices"], flag: ["须填“是”或“否”", "Must be yes or no"],
    },
  },
  conflict: {
    title: ["内容已被他人修改", "Somebody else changed it meanwhile"], lead: ["以下各处您与他人都改了，请逐处选择保留哪一个；其余内容已自动合并，您填写的内容都还在。", "Both of you changed the following: choose which to keep. Everything else was merged, and nothing you typed is lost."],
    merged: ["他人修改的内容与您的不冲突，已自动合并，点“合并并保存”即可。", "What the other person changed does not clash with yours and was merged: save to finish."],
    base: ["打开时", "When opened"], theirs: ["现在", "Now"], mine: ["您的", "Yours"], taken: ["已采用他人的 {n} 处修改", "{n} changes of the other person taken over"],
    allTheirs: ["全部用“现在”", "All as now"], allMine: ["全部用“您的”", "All mine"], later: ["继续编辑", "Go on editing"], save: ["合并并保存", "Merge and save"],
    wholeRow: ["整行", "Whole row"], gone: ["已删除", "Removed"],
  },
} satisfies Pairs;
