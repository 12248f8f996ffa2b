import type { Pairs } from "../define";

export const search = {
  search: {
    lead: ["在四级目录里一次查找：名称、编码、摘要、依据、表名", "One search over all four levels: names, codes, abstracts, legal basis, table names"], hint: ["至少两个字，如“婚姻登记”、资源代码、表名", "At least two characters: a name, a code, a table"],
    keep: ["保存此检索", "Keep this search"], mine: ["我的检索：", "My searches: "], saved: ["检索“{name}”已保存", "Search “{name}” kept"], notify: ["有新的结果时通知我", "Tell me about new results"], drop: ["删除检索", "Remove the search"], dropText: ["删除检索“{name}”？", "Remove the search “{name}”?"],
    none: ["换一个说法、去掉筛选或少输几个字；其他部门未发布的目录查不到", "Try other words or fewer conditions; what other departments have not published is not found"], tips: ["可以这样查", "What can be looked for"],
    tip: {
      words: ["两个字以上，如 婚姻登记：名称或正文含有这几个连续文字的目录，一条不漏", "Two characters or more: every node whose name or text contains them"], several: ["用空格分开的几个词，如 婚姻 低保：含有每一个词的目录", "Words with spaces between: nodes that contain all of them"],
      code: ["编码，如 307001/000012；已停用的旧编码也能找到现在的目录", "A code, also one that has ended"], department: ["部门的全称、简称或别名，如 民政局 婚姻：该部门的目录", "The name of a department: its nodes"], where: ["查到后可按类型、部门、状态缩小范围，并保存检索，有新结果时收到消息", "Narrow by level, department and status; keep the search and be told of new results"],
    },
    scanned: ["单个字只查名称与编码", "a single character is looked for in names and codes only"], partial: ["结果不完整，请多输入一个字", "not all: type one more character"],
  },
} satisfies Pairs;
