"""Errors of applications on the chain and their evidence."""

from kernel.errors import define

CHAIN_APP_CODE = define(
    "chain.app.code", 422, zh="应用代码不合规：{code}", en="Not a valid application code: {code}",
    fix_zh="3 至 20 个字符：小写字母开头，可含数字和 -，不以 - 结尾",
    fix_en="3 to 20 characters: a lower-case letter first, then letters, digits and -, not - at the end",
)
CHAIN_APP_TAKEN = define("chain.app.taken", 409, zh="应用代码 {code} 已登记", en="Application code {code} is registered")
CHAIN_APP_ACCOUNT = define(
    "chain.app.account", 422, zh="链上账户地址不合规：{address}", en="Not an account's address: {address}",
    fix_zh="0x 加 40 位十六进制", fix_en="0x and 40 hexadecimal digits",
)
CHAIN_APP_PLACE = define(
    "chain.app.place", 409, zh="应用「{name}」尚未开通{environment}", en="{name} has no place in {environment_en} yet",
    fix_zh="提交测试报告并申请转入正式环境，批准后自动开通",
    fix_en="Make the test report and apply for production; it opens with the approval",
)
CHAIN_APP_STATE = define(
    "chain.app.state", 409, zh="应用「{name}」当前状态（{life}）不能进行此操作（{wanted}）",
    en="{name} is {life}: {wanted} is not possible now",
)
CHAIN_APP_TEST = define(
    "chain.app.test", 409, zh="应用「{name}」联调未完成：{failing}", en="{name} has not finished its test: {failing}",
    fix_zh="stored 存入、anchored 全部已上链、repeated 重复提交一次、proof 取一份证明、callback 回调送达且无失败",
    fix_en="Store, wait until all is anchored, send one call twice, fetch one proof, receive a callback if set",
)
CHAIN_APP_QUOTA = define(
    "chain.app.quota", 422, zh="每日额度须为 1 至 {limit}", en="The daily quota is 1 to {limit}",
)
CALLBACK_NONE = define(
    "chain.app.no_callback", 409, zh="应用「{name}」没有登记回调地址", en="{name} has no callback address"
)
CALLBACK_REFUSED = define(
    "chain.app.callback_refused", 502, zh="回调地址应答 {status}", en="The callback address answered {status}",
)
EVIDENCE_NO_APP = define(
    "chain.evidence.no_app", 403, zh="「{name}」不是链上应用的凭证", en="{name} is no credential of an application on the chain",
    fix_zh="在 区块链 › 应用对接 登记应用并领取凭证", fix_en="Register the application and take its credential",
)
EVIDENCE_SUSPENDED = define(
    "chain.evidence.suspended", 403, zh="应用「{name}」已暂停：{reason}", en="{name} is suspended: {reason}",
)
EVIDENCE_STREAM = define(
    "chain.evidence.stream", 403, zh="此凭证只能写入存证流 {own}，不能写入 {stream}",
    en="This credential writes to {own}, not to {stream}",
    fix_zh="测试凭证只用于测试流，正式凭证只用于正式流", fix_en="Test credentials write to the test stream only, and so on",
)
EVIDENCE_ITEM = define(
    "chain.evidence.item", 422,
    zh="第 {number} 条（从 0 起）不合规：{reason}", en="Item {number} (from 0) is not acceptable: {reason}",
    fix_zh="digest 为 sm3: 或 sha256: 加 64 位小写十六进制；salt 为 16 至 64 字节十六进制；meta 至多 16 项、1 KiB；"
    "不得含身份证号、手机号（personal）",
    fix_en="digest: sm3: or sha256: and 64 hex digits; salt: 16 to 64 bytes in hex; meta: 16 entries, 1 KiB; no id or "
    "mobile numbers (personal)",
)
EVIDENCE_CONFLICT = define(
    "chain.evidence.conflict", 409, zh="第 {number} 条的编号 {client_id} 已用于另一份存证，整批未写入",
    en="Item {number}: {client_id} names other evidence already; nothing of the batch was written",
    fix_zh="存证不能修改；内容变了请用新的 client_id", fix_en="Evidence never changes: use another client_id",
)
EVIDENCE_QUOTA = define(
    "chain.evidence.quota", 429, zh="超过每日额度 {quota} 条（已用 {used}，本次 {asked}），整批未写入",
    en="Over the daily quota of {quota} ({used} used, {asked} asked); nothing of the batch was written",
    fix_zh="{until} 之后重试，或申请调整额度", fix_en="Try again after {until}, or apply for another quota",
)
