import type { Pairs } from "../define";

export const quality = {
  quality: {
    at: ["六性按单元计算，点任一数字查看不合格单元；计算时间 {at}", "Six properties counted by cell; click a figure for the cells that fail. Computed {at}"], notYet: ["编入目录后点“立即计算”，或等每晚自动计算", "Fill the directory, then compute, or wait for the night"], never: ["尚未计算", "Not computed yet"],
    refresh: ["立即计算", "Compute now"], started: ["已开始计算", "Computing"], byRule: ["按规则", "By rule"], byDepartment: ["按部门", "By department"], trend: ["近 90 天变化", "Last 90 days"],
    rule: ["规则", "Rule"], failing: ["不合格", "Failing"], rate: ["合格率", "Rate"], cells: ["不合格单元", "Cells that fail"], cell: ["单元", "Cell"], none: ["没有不合格单元", "No cell fails"],
    dimension: { norm: ["规范性", "Conformity"], complete: ["完整性", "Completeness"], accurate: ["准确性", "Accuracy"], consistent: ["一致性", "Consistency"], timely: ["时效性", "Timeliness"], accessible: ["可访问性", "Accessibility"] },
    tab: ["质量", "Quality"], fine: ["没有不合格的内容", "Nothing fails"],
  },
  unchanged: {
    lead: ["本周期既无更新、也未确认无变化的已发布数据目录；核对过确无变化的，可一次确认多条", "Published data entries with neither update nor answer in their present period; several that were checked and did not change are confirmed at once"],
    cycle: ["更新周期", "Update cycle"], period: ["周期", "Period"], lastDay: ["周期最后一天", "Last day"], updatedAt: ["上次更新", "Last update"], none: ["没有待更新或确认的数据目录", "Nothing waits for an update or an answer"],
    many: ["确认所选 {n} 条无变化", "Confirm {n} as unchanged"], manyTitle: ["确认 {n} 条本周期无变化", "Confirm {n} entries as unchanged"], doneMany: ["{n} 条已确认本周期无变化", "{n} confirmed as unchanged"],
    button: ["本周期无变化", "Nothing changed"], hint: ["数据已核对，本周期没有变化：计为按期更新", "The data was checked and did not change in this period: counts as updated in time"], title: ["确认{period}无变化", "Nothing changed in {period}"], ask: ["核对情况（可不填）", "How it was checked (optional)"],
    done: ["“{name}”已确认本周期无变化", "“{name}” is confirmed as unchanged"], said: ["本周期已确认无变化", "Confirmed as unchanged"], by: ["{name} {at} 确认，点击撤销", "By {name}, {at}; press to take it back"], revoke: ["撤销确认", "Take the confirmation back"], why: ["撤销原因", "Reason"], revoked: ["“{name}”的确认已撤销", "The confirmation of “{name}” was taken back"],
  },
  comment: {
    tab: ["讨论", "Comments"], say: ["发表", "Post"], reply: ["回复", "Reply"], drop: ["删除", "Delete"], dropText: ["删除后他人看不到内容，记录仍保留。", "Others no longer see it; the record stays."], deleted: ["已删除", "Deleted"], edited: ["已编辑", "edited"],
    none: ["还没有讨论", "No comments yet"], mentionHint: ["写下问题或说明；用 {at}姓名 提醒同事", "Write a question or remark; {at}name tells a colleague"],
  },
  usage: {
    tab: ["使用情况", "Usage"], title: ["使用情况", "Usage"], days: ["近 {n} 天", "{n} days"], views: ["查看", "Views"], downloads: ["下载", "Downloads"], calls: ["接口调用", "Calls"], favourites: ["收藏", "Favourites"],
    followers: ["关注", "Followers"], comments: ["讨论", "Comments"], demands: ["数据应用申请", "Requests for data"],
  },
  follow: {
    star: ["收藏", "Add to favourites"], unstar: ["取消收藏", "Remove from favourites"], starred: ["已收藏“{name}”", "“{name}” is a favourite"], unstarred: ["已取消收藏“{name}”", "“{name}” is no favourite any more"],
    follow: ["关注变更", "Follow changes"], unfollow: ["取消关注", "Stop following"], followed: ["“{name}”变更时会通知您", "You will be told when “{name}” changes"], unfollowed: ["不再关注“{name}”", "No longer following “{name}”"],
  },
} satisfies Pairs;
