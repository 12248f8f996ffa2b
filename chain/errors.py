"""Errors of the chain package. Append only: a code never changes."""

from kernel.errors import define

GENESIS_MISMATCH = define(
    "chain.genesis.mismatch", 409,
    zh="链的创世文件与数据不一致：{path}", en="The chain's genesis file and data do not belong together: {path}",
    fix_zh="请从同一份备份恢复整个链目录与封块密钥", fix_en="Restore the whole chain folder and the sealer key from one backup",
)
SEALER_KEY = define(
    "chain.sealer_key.unusable", 500,
    zh="封块密钥不可用：{path}（{reason}）", en="The sealer key cannot be used: {path} ({reason})",
    fix_zh="请恢复密钥文件并将权限设为 0600", fix_en="Restore the key file and set its mode to 0600",
)
LEDGER_UNREACHABLE = define(
    "chain.ledger.unreachable", 503,
    zh="无法连接区块链节点：{url}", en="The ledger node cannot be reached: {url}",
    fix_zh="请检查链进程与 MULIAN_RPC_URL", fix_en="Check the chain process and MULIAN_RPC_URL",
)
LEDGER_REFUSED = define(
    "chain.ledger.refused", 502,
    zh="区块链节点拒绝了请求：{reason}", en="The ledger node refused the request: {reason}",
)
LEDGER_TIMEOUT = define(
    "chain.ledger.timeout", 504,
    zh="等待交易 {hash} 的回执超时", en="No receipt for {hash} in time",
    fix_zh="交易未丢失；恢复后会继续", fix_en="Nothing is lost; it goes on when the node is back",
)
REVERTED = define(
    "chain.ledger.reverted", 409,
    zh="合约拒绝了调用：{reason}", en="The contract refused the call: {reason}",
)
BLOCK_NOT_FOUND = define("chain.block.not_found", 404, zh="没有区块 {number}", en="There is no block {number}")
TRANSACTION_NOT_FOUND = define(
    "chain.transaction.not_found", 404, zh="没有交易 {hash}", en="There is no transaction {hash}"
)
CONTRACT_UNKNOWN = define(
    "chain.contract.unknown", 404, zh="没有登记合约 {name}", en="Contract {name} is not registered"
)
CODE_MISMATCH = define(
    "chain.contract.code_mismatch", 409,
    zh="地址 {address} 上的运行代码与合约 {name} 的构建结果不一致",
    en="The runtime code at {address} is not the build of {name}",
    fix_zh="请核对环境与构建版本，不要继续使用该地址", fix_en="Check environment and build; do not go on using this address",
)
PORT_IN_USE = define(
    "chain.server.port_in_use", 409,
    zh="链服务无法监听 {host}:{port}：{reason}", en="The chain cannot listen on {host}:{port}: {reason}",
    fix_zh="请停止占用该端口的程序，或换一个端口", fix_en="Stop the program that has the port, or choose another port",
)
ANCHOR_STREAM_NAME = define(
    "chain.anchor.stream_name", 422,
    zh="存证流名称不合规：{stream}", en="Not a valid stream name: {stream}",
    fix_zh="小写字母开头，可含数字和 . _ -，至多 28 个字符", fix_en="Lower-case letter first, then letters, digits, . _ -, at most 28",
)
ANCHOR_ALREADY = define(
    "chain.anchor.already_appended", 409,
    zh="{object_type} {object_id} 的版本 {version} 已提交上链",
    en="Version {version} of {object_type} {object_id} was appended before",
)
ANCHOR_NOT_FOUND = define("chain.anchor.not_found", 404, zh="没有该对象版本的存证", en="This version was never anchored")
ANCHOR_NOT_FINAL = define(
    "chain.anchor.not_final", 409, zh="存证尚未在链上确认", en="Not final on the chain yet",
    fix_zh="通常数秒内完成，请稍后再取", fix_en="It usually takes seconds; fetch it again later",
)
ANCHOR_HALTED = define(
    "chain.anchor.halted", 409,
    zh="存证流「{stream}」已停止封存：{reason}", en="Stream {stream} is halted: {reason}",
    fix_zh="请运维人员核对链与数据库的备份，再执行 mulian anchor resume",
    fix_en="An operator compares the backups of chain and database, then runs mulian anchor resume",
)
ANCHOR_EVIDENCE = define(
    "chain.anchor.evidence_wrong", 502,
    zh="节点返回的区块与存证批次 {tx_hash} 不符：{reason}", en="What the node says about {tx_hash} does not fit the batch: {reason}",
    fix_zh="请检查所连节点是否正确、是否被替换", fix_en="Check that this is the right node and that it was not replaced",
)
ANCHOR_OTHER_CHAIN = define(
    "chain.anchor.other_chain", 409,
    zh="所连的链不是本系统的链：记录为 {expected}，现为 {found}", en="This is another chain: {expected} is on record, {found} answers",
    fix_zh="请检查 MULIAN_RPC_URL 与链数据目录", fix_en="Check MULIAN_RPC_URL and the chain folder",
)
TRUST_UNKNOWN = define(
    "chain.trust.unknown", 409, zh="尚未与链建立联系，没有信任文件",
    en="There is no trust file before the first contact with the chain",
    fix_zh="请启动链后执行 mulian anchor flush", fix_en="Start the chain, then run mulian anchor flush",
)
METRICS_RANGE = define(
    "chain.metrics.range", 422,
    zh="时间范围须为正，且至多 {limit} 个点", en="The span must be positive and have at most {limit} points",
    fix_zh="请缩短时间范围或加大每点秒数", fix_en="Shorten the span or make the points wider",
)
NODE_NOT_FOUND = define("chain.node.not_found", 404, zh="没有该区块链节点", en="There is no such chain node")
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
