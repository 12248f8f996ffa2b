import type { Pairs } from "../define";

export const following = {
  following: {
    lead: ["收藏按自己的次序摆放；关注的内容有变化时发消息；检索可以保存下来反复使用", "Favourites in your own order, what you follow, and the searches you keep"],
    favourites: ["我的收藏", "Favourites"], subscriptions: ["我的关注", "Following"], searches: ["我的检索", "Kept searches"], search: ["检索", "Search"], whole: ["全部 {n} 条", "All {n}"],
    drag: ["拖动调整次序", "Drag to reorder"], up: ["上移“{name}”", "Move “{name}” up"], down: ["下移“{name}”", "Move “{name}” down"],
    noFavourites: ["打开任一职责、数据目录、系统或库表，点右上角的星形即可收藏", "Open a duty, data entry, system or table and press the star at its top right"],
    subscriptionsLead: ["关注的目录发布、变更、上下线、移交或撤销时，消息（右上角铃形）会告知您。", "When what you follow is published, changed, taken offline, transferred or withdrawn, you get a notice (the bell at the top right)."],
    pickDepartment: ["选择要关注的部门", "Choose a department"], followDepartment: ["关注该部门", "Follow this department"], departmentOn: ["已关注“{name}”的全部目录", "Following everything of “{name}”"], again: ["已重新关注“{name}”", "Following “{name}” again"], since: ["关注时间", "Since"],
    noSubscriptions: ["在目录页点右上角的铃形关注一条，或在上方选择一个部门", "Press the bell of a node to follow it, or choose a department above"],
    searchesLead: ["“新增提醒”：有新的结果时告知（每小时检查）；“变化提醒”：查到的数据目录发布、变更或撤销时告知。", "New: told of new results, checked hourly. Changes: told when a data entry that it finds is published, changed or withdrawn."],
    terms: ["检索条件", "Conditions"], fresh: ["新增提醒", "New"], changes: ["变化提醒", "Changes"], changesHint: ["查到的目录有变化时告知", "Told of changes of what it finds"], checked: ["上次检查", "Last check"],
    rename: ["改名", "Rename"], delete: ["删除", "Delete"], newName: ["新的名称", "New name"], nameRule: ["1 至 100 个字", "1 to 100 characters"], renamed: ["已改名为“{name}”", "Renamed to “{name}”"],
    notifyOn: ["“{name}”有新的结果时会告知您", "You will be told of new results of “{name}”"], notifyOff: ["“{name}”的新增不再提醒", "No more notices of new results of “{name}”"],
    changesOn: ["“{name}”查到的目录有变化时会告知您", "You will be told of changes of what “{name}” finds"], changesOff: ["“{name}”的变化不再提醒", "No more notices of changes of what “{name}” finds"], dropped: ["检索“{name}”已删除", "Search “{name}” removed"],
    noSearches: ["在“检索”页查到结果后，点“保存此检索”", "Search, then press “Keep this search”"],
  },
  first: {
    title: ["还没有目录，从这里开始", "Nothing in the directory yet: start here"], done: ["已完成", "done"],
    departments: ["建立部门", "Make the departments"], departmentsHint: ["目录都属于部门；导入清单时也可自动新建", "Every node belongs to one; an import of a listing can open them too"], departmentsWho: ["由系统管理员办理；导入清单时也可自动新建", "by the system administrator; an import of a listing can open them too"],
    users: ["建立用户并授予角色", "Make users and give them roles"], usersHint: ["每个部门至少一名数据专员、一名审核人（两人不得相同）", "At least a data officer and a reviewer for each department, two persons"], usersWho: ["由系统管理员办理：每个部门至少一名数据专员、一名审核人", "by the system administrator: a data officer and a reviewer for each department"],
    import: ["批量导入", "Import workbooks"], importHint: ["下载模板，填好后上传；已有清单可直接导入", "Download the template, fill it in and upload it; a listing that you have can be imported as it is"], importWho: ["由数据专员办理", "by data officers"],
    create: ["逐条新建：先职责，再数据目录、系统、库表", "Make nodes one by one: duties, then data entries, systems, tables"], createHint: ["在“四级目录”点“新建”", "Press “New” in the directory"], createWho: ["由数据专员办理", "by data officers"],
    codes: ["导入分类表", "Load the table of classes"], codesHint: ["有正式分类表的，先导入再填写前段码", "Load the official table before class codes are filled in"], codesWho: ["由数据局业务管理员办理", "by the bureau's administrator"],
  },
  notice: {
    tab: ["消息", "Notices"], bell: ["消息，{n} 条未读", "Notices, {n} unread"], unread: ["未读", "Unread"], unreadOnly: ["只看未读", "Unread only"], readAll: ["全部标为已读", "Mark all as read"], marked: ["{n} 条已标为已读", "{n} marked as read"],
    none: ["关注的目录有变化、检索有新结果、讨论中提到您时，消息会出现在这里", "Changes of what you follow, new results of kept searches and mentions of you appear here"],
  },
} satisfies Pairs;
