import type { Pairs } from "../define";

export const codes = {
  codes: {
    lead: ["查编码归谁、旧编码现在是什么；行政区划今昔；代码表、分类表与编号方案", "Whose a code is or was; regions then and now; lists, classes and numberings"],
    tab: { resolve: ["查编码", "Find a code"], regions: ["行政区划", "Regions"], lists: ["代码表", "Code lists"], classes: ["分类表", "Classes"], profiles: ["编号方案与编码规则", "Numberings and patterns"] },
    find: ["按编码查找", "Find by code"], findHint: ["现行或曾用的编码，如 307001/000012、P-…-000007", "A present or former code"], nobody: ["没有任何目录使用过“{code}”；请核对编码，或到“检索”按名称查找", "Nothing bears or bore “{code}”: check it, or search by name"],
    past: ["“{asked}”已于 {at} 停用，现用编码 {code}", "“{asked}” ended {at}; the code is now {code}"], now: ["现行编码", "Its present code"], history: ["曾用编码", "Former codes"], former: ["曾用编码", "Former code"], heir: ["改为", "Became"],
    allocation: ["编码由系统在保存时给出，一经给出不再给别的目录；为未分类的数据目录填写分类前段码，即取得正式资源代码，旧编码仍可在此查到。", "Codes are given when a node is saved and never given again. An entry gets its resource code when its class is filled in; the former code is still found here."],
    credit: ["核对统一社会信用代码", "Check a credit code"], creditHint: ["18 位代码", "18 characters"], check: ["核对", "Check"], creditRight: ["{code} 正确", "{code} is right"], creditWrong: ["{code} 不正确", "{code} is not right"], creditOf: ["属于 {name}", "Of {name}"], creditFree: ["本系统没有部门使用此代码", "No department here bears it"],
    pending: ["信用代码待补的部门（{n}）", "Departments without a credit code ({n})"], internal: ["内部代码", "Internal code"], toCome: ["待补", "To come"], cut: ["只列出前 {n} 条，请输入名称或代码缩小范围", "The first {n} only: narrow by name or code"],
    upload: ["导入新表", "Load a table"], source: ["依据", "Source"], validity: ["有效期", "Validity"], until: ["{at} 停用", "Until {at}"], inUse: ["在用", "In use"], replaced: ["已停用", "Replaced"], builtin: ["内置", "Built in"],
    listLead: ["页面显示名称，系统保存取值；只写数字的工作簿须选择编号方案才能导入。", "People read labels, tokens are stored; a workbook of bare numbers needs a numbering."], label: ["名称", "Label"], english: ["英文", "English"], token: ["取值", "Token"],
    region: {
      hint: ["名称或代码，如 宣武区、110104", "Name or code"], month: ["查看某年某月的区划", "As of a month"], retired: ["含已停用", "With ended ones"], country: ["全国", "All"], level: ["级别", "Level"], held: ["见于代码表", "In the tables"], change: ["变动", "Changes"],
      province: ["省级", "Province"], prefecture: ["地级", "Prefecture"], county: ["县级", "County"], current: ["在用", "In use"], ended: ["已停用", "Ended"], today: ["今", "now"], early: ["不详", "unknown"],
      heir: ["现用 {code}：{note}（{at}）", "Now {code}: {note} ({at})"], origin: ["由 {code} 而来：{note}（{at}）", "From {code}: {note} ({at})"], unknown: ["承继关系未导入", "Its heir was not loaded"],
      revision: ["代码表截至 {at}；点名称进入下一级", "Table of {at}; press a name for the next level"], then: ["{at} 在用的区划。北京市 1980 年 12 月起有历次变动；其他省份 2019 年 4 月以前的变动须另行导入。", "In use in {at}. Changes are known for Beijing since December 1980; those of other provinces before April 2019 must be loaded."],
      none: ["该范围内没有区划；换一个名称或月份", "No region here: try another name or month"],
    },
    class: { hint: ["名称或代码", "Name or code"], load: ["点“导入新表”，装入正式的分类表（两列：代码、名称）；未导入前只核对前段码的位数", "Press “Load a table” to load the official classes (code, name); until then only the form of a class code is checked"], ask: ["尚未导入分类表，由数据局业务管理员导入；未导入前只核对前段码的位数", "The bureau's administrator loads the classes; until then only the form of a class code is checked"] },
    load: {
      regions: ["导入行政区划表", "Load regions"], classes: ["导入分类表", "Load classes"], regionsRule: ["文本文件，每行四列：来源、期次（YYYYMM）、六位代码、名称；可含多期。有一行不符，整表不导入。", "A text file of four columns: source, revision (YYYYMM), code, name. One wrong line and nothing is loaded."],
      classesRule: ["文本文件，每行两列：代码、名称。再次导入即整表替换，不再使用的代码保留为停用。", "A text file of two columns: code, name. It replaces the table; codes that are gone are kept as ended."], file: ["文件（.csv、.tsv）", "File (.csv, .tsv)"], changes: ["承继关系（可选；四列：旧代码、新代码、生效日期、说明）", "Successions (optional: old, new, date, note)"], choose: ["选择文件", "Choose a file"], unreadable: ["无法识别该文件的文字编码，请另存为 UTF-8 或 GB18030 编码后再选", "Its characters cannot be read: save it as UTF-8 or GB18030 and choose it again"], sourceHint: ["文件名称与文号", "Title and number of the document"], send: ["导入", "Load"],
    },
    loaded: ["已导入 {total} 行：新增 {added}，更新 {changed}，停用 {retired}", "{total} rows: {added} added, {changed} changed, {retired} ended"],
    profile: {
      numbers: ["编号方案", "Numberings"], patterns: ["编码规则", "Patterns of codes"], addNumbers: ["登记编号方案", "Add a numbering"], addPatterns: ["另设编码规则", "Set patterns"], meaning: ["数字的含义", "What the numbers mean"], rule: ["样式", "Patterns"],
      numbersLead: ["同一数字在各系统含义不同。导入只写数字的工作簿时，选择该系统的方案。", "The same number means different things in different systems: name the system's numbering when its workbook is imported."],
      patternsLead: ["只影响此后给出的编码；已给出的编码不变。数据目录的资源代码按标准，不可更改。", "They apply to codes given from now on; resource codes of data entries follow the standard."],
      key: ["代号（小写字母、数字、-）", "Key (a-z, 0-9, -)"], keyRule: ["只用小写字母、数字和 -，不以 - 开头", "Only a-z, 0-9 and -; not - first"], keyTaken: ["该代号已有方案，请在列表中编辑它", "A profile bears it: edit that one"], source: ["依据（文件或系统名称）", "Source (document or system)"], list: ["代码表", "Code list"], number: ["数字", "Number"], twice: ["“{list}”中数字 {number} 写了两次", "Number {number} stands twice in {list}"],
      patternRule: ["须先含上级编码（花括号中的部分）再含序号，两者之间有分隔符。", "The owner's code comes first, then the number, with a sign between them."], saved: ["“{name}”已登记", "“{name}” saved"],
    },
  },
} satisfies Pairs;
