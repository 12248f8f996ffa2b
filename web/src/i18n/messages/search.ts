import type { Pairs } from "../define";

export const search = {
  search: {
    lead: ["在四级目录里一次查找：名称、编码、摘要、依据、表名", "One search over all four levels: names, codes, abstracts, legal basis, table names"], hint: ["至少两个字，如“婚姻登记”、资源代码、表名", "At least two characters: a name, a code, a table"],
    keep: ["保存此检索", "Keep this search"], mine: ["我的检索：", "My searches: "], saved: ["检索“{name}”已保存", "Search “{name}” kept"], notify: ["有新的结果时通知我", "Tell me about new results"], drop: ["删除检索", "Remove the search"], dropText: ["删除检索“{name}”？", "Remove the search “{name}”?"],
    scanned: ["单个字只查名称与编码", "a single character is looked for in names and codes only"], partial: ["结果不完整，请多输入一个字", "not all: type one more character"],
  },
} satisfies Pairs;
