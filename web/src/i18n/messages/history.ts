import type { Pairs } from "../define";

export const history = {
  history: {
    lead: ["任一日期当时有效的目录，以及两个日期之间的变化", "The directory as valid on any day, and what changed between two days"], asOf: ["某日目录", "As of a day"], diff: ["两日差异", "Between two days"], gone: ["已撤销的目录", "Withdrawn"],
    goneAt: ["撤销时间", "Withdrawn"], goneWhy: ["撤销理由", "Why"], lastVersion: ["最后版本", "Last version"], goneEmpty: ["没有撤销过目录；撤销后编码不再使用，此处留痕", "Nothing was withdrawn; a withdrawn code is never used again and stays here"],
    day: ["日期", "Day"], orgThen: ["当时的部门", "Department then"], validFrom: ["生效时间", "Valid from"], validTo: ["失效时间", "Valid to"], still: ["至今有效", "Still valid"],
    noneThen: ["该日没有已发布的目录", "Nothing was published on that day"], daysAgo: ["{n} 天前", "{n} days ago"], save: ["导出全部", "Export all"],
    thenNote: ["{at} 时有效的是第 {n} 版", "Version {n} was valid at {at}"], notKept: ["{n} 行；该版本发布时尚未保存明细", "{n} rows; details were not kept when this version was published"], noLinks: ["当时没有关联", "No links at that time"],
    openNow: ["查看现在的内容", "Open as it is now"], what: ["变化", "Change"], fields: ["变化的字段", "Fields"], noChange: ["两个日期之间没有变化", "Nothing changed between the two days"],
    change: { added: ["新增", "Added"], changed: ["变更", "Changed"], moved: ["划转", "Moved"], withdrawn: ["撤销", "Withdrawn"], moved_in: ["划入", "Moved in"], moved_out: ["划出", "Moved out"] },
    child: { added: ["新增", "Added"], removed: ["删除", "Removed"], changed: ["修改", "Changed"] },
  },
} satisfies Pairs;
