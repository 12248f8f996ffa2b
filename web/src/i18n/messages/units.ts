import type { Pairs } from "../define";

export const units = {
  unit: {
    lead: ["各单位接入了多少数据、密钥状况如何、本月谁在查询；数字都由库中记录数得，不解密", "What each department protects, how its keys stand and who looked things up this month; counted from records, nothing is decrypted"],
    department: ["接入单位", "Department"], hint: ["单位名称、简称或代码", "Name, short name or code"], empty: ["还没有单位接入。为部门的表声明加密范围，或登记标识字段后，这里会列出该部门。", "No department is connected yet. It is listed once it has an encryption scope or an identified field."],
    departments: ["机构接入", "Departments"], departmentsHint: ["有在用密钥的单位", "With a key in use"], access: ["数据接入", "Protected data"], accessHint: ["{tables} 张表，{fields} 个加密字段", "{tables} tables, {fields} encrypted columns"],
    persons: ["人员记录", "Records of persons"], personsHint: ["另有 {n} 个值已签发标识", "and {n} values with identifiers"], updates: ["数据更新（本月）", "Re-keyed (this month)"], updatesHint: ["历次共 {n} 行换过密钥", "{n} rows re-keyed in all"], looks: ["数据使用（本月）", "Look-ups (this month)"], looksHint: ["{n} 条；未予查询 {refused} 次", "{n} items; {refused} refused"],
    tables: ["表", "Tables"], fields: ["加密字段", "Columns"], identifiers: ["已签发标识", "Identifiers"], identifiersShort: ["标识", "Identifiers"], rowsChanged: ["换密钥 / 替换的行", "Rows re-keyed / replaced"], keys: ["密钥状况", "Keys"], unkeyed: ["{n} 个字段无在用密钥", "{n} without a key"], overdue: ["{n} 个已逾期", "{n} overdue"], keysGood: ["正常", "Good"], nextDue: ["最早应更换", "Next due"], rekeyed: ["换过密钥的行", "Rows re-keyed"], replaced: ["业务库替换的行", "Rows replaced"], grants: ["查询授权", "Grants"], looksMonth: ["本月查询次数", "Look-ups this month"], refusedMonth: ["未予查询", "Refused"],
    use: ["{month} 数据使用（按途径与用途）", "Look-ups of {month} by door and purpose"], noUse: ["本月还没有人查询过", "Nobody looked anything up this month"], items: ["{n} 条", "{n} items"], times: ["{n} 次", "{n} times"], result: ["查得 {found}，查无 {unknown}", "{found} found, {unknown} unknown"], refusedWhy: ["未予查询：{why}", "Refused: {why}"],
    age: ["已用 {n} 天", "{n} days in use"], noKey: ["无在用密钥", "No key in use"], keyOf: ["字段与密钥", "Columns and keys"], identified: ["标识字段", "Identified fields"], granted: ["有效授权", "Grants in force"], noGranted: ["没有有效的查询授权", "No grant is in force"], until: ["至 {day}", "until {day}"], more: ["共 {n} 个，其余见“标识查询”", "{n} in all; see Look-ups for the others"], unknownDoor: ["人工查询的事由见“查询日志”（审计员）", "Reasons of persons are in the log (auditor)"],
  },
} satisfies Pairs;
