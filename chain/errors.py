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
RPC_ACCESS = define(
    "chain.rpc.access_file", 409,
    zh="链接口的访问名单无法读取：{reason}", en="The access list of the chain's RPC cannot be read: {reason}",
    fix_zh="请改正或删除该文件；mulian chain access 可重新生成", fix_en="Correct or remove the file; mulian chain access writes it",
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
ANCHOR_UNPROVEN = define(
    "chain.anchor.unproven", 409,
    zh="存证按当前信任文件尚不能认证：{reason}", en="Not authenticated by the present trust file: {reason}",
    fix_zh="多为见证方尚未签名，请稍后再试", fix_en="Usually the witnesses have not signed yet; try again later",
)
CHECKPOINT_UNKNOWN = define(
    "chain.checkpoint.unknown", 404,
    zh="存证流 {stream} 没有大小为 {size} 的检查点", en="Stream {stream} has no checkpoint at size {size}",
)
CONSISTENCY_RANGE = define(
    "chain.consistency.range", 422,
    zh="一致性证明的范围不合规：{old} 到 {size}（存证流 {stream} 已确认 {known} 条）",
    en="No consistency proof from {old} to {size}: stream {stream} has {known} final records",
    fix_zh="两个大小须满足 1 ≤ 旧 ≤ 新 ≤ 已确认数", fix_en="Both sizes are within 1 ≤ old ≤ new ≤ final records",
)
WITNESS_NOT_FOUND = define("chain.witness.not_found", 404, zh="没有该见证方", en="There is no such witness")
WITNESS_KEY = define(
    "chain.witness.key", 422, zh="见证方公钥不可用：{reason}", en="The witness's public key cannot be used: {reason}",
    fix_zh="填写 mulian witness init 显示的 130 位十六进制公钥；每个公钥、每个名称只能登记一次",
    fix_en="Give the 130 hex digits that mulian witness init shows; a key and a name are registered once",
)
WITNESS_QUORUM = define(
    "chain.witness.quorum", 409,
    zh="要求 {quorum} 个见证方，但只有 {active} 个在用", en="{quorum} witnesses are asked for, {active} are active",
    fix_zh="请先登记足够的见证方", fix_en="Register enough witnesses first",
)
WITNESS_ANSWER = define(
    "chain.witness.answer_wrong", 422, zh="见证签名不成立：{reason}", en="The cosignature does not hold: {reason}",
)
WITNESS_REQUEST = define(
    "chain.witness.request", 400, zh="联合签名请求无法识别：{reason}", en="Not a request for a cosignature: {reason}",
)
WITNESS_FOREIGN = define(
    "chain.witness.foreign", 403,
    zh="检查点不是本见证方所见证的平台签发的：{reason}", en="Not a checkpoint of the platform this witness knows: {reason}",
    fix_zh="请核对信任文件；平台更换检查点密钥后须重新运行 mulian witness init --trust",
    fix_en="Compare the trust file; after a change of the checkpoint key run mulian witness init --trust again",
)
WITNESS_SIZE = define(
    "chain.witness.size", 409,
    zh="见证方已见到 {stream} 的大小 {size}，请求却从 {old} 起", en="The witness knows {stream} at size {size}, not {old}",
    fix_zh="请从见证方已见到的大小起重新请求", fix_en="Ask again from the size that the witness knows",
)
WITNESS_INCONSISTENT = define(
    "chain.witness.inconsistent", 422,
    zh="拒绝签名：{stream} 大小 {size} 的检查点与已见到的历史不一致，证据已保存",
    en="Refused: {stream} at {size} contradicts what was seen; evidence is kept",
    fix_zh="存证历史可能被改写：请保全证据并通知审计", fix_en="History may have been rewritten: keep the evidence and tell the auditors",
)
WITNESS_HOME = define(
    "chain.witness.home", 409, zh="{home} 不是可用的见证方目录：{reason}", en="{home} cannot be a witness's home: {reason}",
    fix_zh="请先运行 mulian witness init --home", fix_en="Run mulian witness init --home first",
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
ENGINE_UNSUPPORTED = define(
    "chain.engine.unsupported", 409,
    zh="该链的引擎（{engine}）没有此操作：{operation}", en="The engine {engine} has no such operation: {operation}",
    fix_zh="请核对节点的引擎与其启用的接口模块", fix_en="Check the node's engine and the RPC modules that it was started with",
)
ENGINE_ANSWER = define(
    "chain.engine.answer", 502, zh="节点对 {method} 的回答无法识别", en="The node's answer to {method} is not of the known form",
)
NODE_URL_TAKEN = define("chain.node.url_taken", 409, zh="该地址已登记：{url}", en="This address is registered: {url}")
NODE_ENODE_INVALID = define(
    "chain.node.enode_invalid", 422, zh="enode 不合规：{reason}", en="Not a valid enode: {reason}",
    fix_zh="形如 enode://128 位十六进制@主机:端口", fix_en="It reads enode://<128 hex digits>@host:port",
)
NODE_OWN = define(
    "chain.node.own", 409, zh="平台链节点由系统自动登记，不能在此修改", en="The platform's own node is registered by itself",
    fix_zh="请修改 MULIAN_RPC_URL", fix_en="Change MULIAN_RPC_URL",
)
VOTE_UNSUPPORTED = define(
    "chain.vote.unsupported", 409, zh="所连网络不由验证节点投票增减成员", en="This network has no votes on validators",
)
VOTE_NO_SIGNER = define(
    "chain.vote.no_signer", 409, zh="节点「{name}」没有出块账户", en="Node {name} has no account that seals",
    fix_zh="请先核对节点并登记其出块账户", fix_en="Check the node and register the account that it seals with",
)
VOTE_OPEN = define(
    "chain.vote.open", 409, zh="已有进行中的表决：{address}", en="A vote is under way: {address}",
    fix_zh="一次只进行一项表决，请等待其结束", fix_en="There is one vote at a time; wait for its end",
)
VOTE_MEMBER = define("chain.vote.member", 409, zh="{address} 已是验证节点", en="{address} is a validator already")
VOTE_NOT_MEMBER = define("chain.vote.not_member", 409, zh="{address} 不是验证节点", en="{address} is no validator")
VOTE_LAST = define("chain.vote.last", 409, zh="不能移除最后一个验证节点", en="The last validator cannot be removed")
VOTE_BELOW_SAFE = define(
    "chain.vote.below_safe", 409,
    zh="移除后剩 {left} 个验证节点，少于安全数 {safe}：再停一个就不能出块",
    en="{left} validators would be left, below the safe number {safe}: one more loss would stop the chain",
    fix_zh="请先增加一个验证节点", fix_en="Add a validator first",
)
VOTE_NO_QUORUM = define(
    "chain.vote.no_quorum", 409,
    zh="表决后需 {needed} 个验证节点运行，现只有 {running} 个可用：网络会停止出块",
    en="{needed} validators would have to run and {running} do: the network would stop",
    fix_zh="请先恢复停止的验证节点", fix_en="Bring the stopped validators back first",
)
VOTE_NOT_READY = define(
    "chain.vote.not_ready", 409, zh="节点「{name}」当前为{state}，未与网络同步",
    en="Node {name} is {state}, not in step with the network",
    fix_zh="请待其同步后再提出", fix_en="Propose it when it has caught up",
)
VOTE_UNSEEN = define(
    "chain.vote.unseen", 409, zh="尚未取得网络的验证节点名单", en="The network's validators were not read yet",
    fix_zh="请待下一次采集后再试", fix_en="Try again after the next look at the nodes",
)
ACCOUNT_LISTED = define("chain.account.listed", 409, zh="账户已在名单中：{address}", en="The account is listed: {address}")
INDEX_OTHER_CHAIN = define(
    "chain.index.other_chain", 409,
    zh="所连的链与已索引的不是同一条：创世块记录为 {expected}，现为 {found}",
    en="This is another chain than the indexed one: block 0 is {expected} on record, {found} answers",
    fix_zh="请检查 MULIAN_RPC_URL；确已更换链时执行 mulian chain index rebuild",
    fix_en="Check MULIAN_RPC_URL; if the chain was replaced on purpose, run mulian chain index rebuild",
)
INDEX_BUSY = define(
    "chain.index.busy", 409, zh="另一个进程正在更新链索引", en="Another process is writing the index of the chain",
    fix_zh="请稍后再试", fix_en="Try again in a moment",
)
EXPORT_UNKNOWN = define(
    "chain.export.unknown", 404, zh="没有该导出，或文件已过期", en="There is no such export, or its file expired",
    fix_zh="请重新导出", fix_en="Export again",
)
PACKAGE_INVALID = define(
    "chain.contract.package", 422,
    zh="合约文件不能采用（{what}）：{detail}", en="The contract's file cannot be used ({what}): {detail}",
    fix_zh="格式与上限见《智能合约》运维手册", fix_en="Formats and limits: docs/operators/contracts.md",
)
REHEARSAL_STOPPED = define(
    "chain.contract.rehearsal_stopped", 409,
    zh="试运行超出上限被终止（{reason}）", en="The rehearsal was stopped at a limit ({reason})",
    fix_zh="请减少测试步骤或拆分用例", fix_en="Use fewer or smaller test steps",
)
VERSION_EXISTS = define(
    "chain.contract.version_exists", 409, zh="合约 {name} 已有版本 {version}", en="{name} already has a version {version}",
)
VERSION_STATE = define(
    "chain.contract.version_state", 409,
    zh="合约 {name} {version} 处于“{state}”，不能这样办理", en="{name} {version} is {state}: this cannot be done",
    fix_zh="只有试运行通过的版本可以部署；失败的请改正后登记新版本", fix_en="Only a version whose rehearsal passed can be deployed",
)
DEPLOYMENT_OPEN = define(
    "chain.contract.deployment_open", 409,
    zh="合约 {name} 在该环境有一张未办结的部署单", en="A deployment of {name} in this environment is not finished",
    fix_zh="请先办结、撤回或继续该部署单", fix_en="Finish, withdraw or resume it first",
)
DEPLOYMENT_ORDER = define(
    "chain.contract.deployment_order", 409,
    zh="不能这样部署 {name}：{reason}", en="{name} cannot be deployed this way: {reason}",
)
DEPLOYMENT_CHANGED = define(
    "chain.contract.deployment_changed", 409,
    zh="获批内容与现在的不一致：{what}", en="What was approved differs from now: {what}",
    fix_zh="请重新提出部署", fix_en="Propose the deployment again",
)
CONTRACT_FROZEN = define(
    "chain.contract.frozen", 409, zh="合约 {name} 已冻结", en="{name} is frozen",
    fix_zh="解冻须两人办理", fix_en="Two people unfreeze it",
)
CALL_REFUSED = define(
    "chain.contract.call_refused", 403,
    zh="您的角色不能经平台调用 {name} 的 {method}", en="Your role may not call {method} of {name}",
    fix_zh="请由安全管理员授予该方法", fix_en="A security administrator grants methods to roles",
)
CALL_ARGUMENT = define(
    "chain.contract.call_argument", 422, zh="参数 {where} 不符：{why}", en="Argument {where} does not fit: {why}",
)
METHOD_UNKNOWN = define(
    "chain.contract.method_unknown", 404, zh="合约 {name} 没有方法 {method}", en="{name} has no method {method}",
)
COMPILER_MISSING = define(
    "chain.contract.compiler_missing", 409,
    zh="本机没有 solc，不能由源码构建", en="There is no solc on this machine to build from source",
    fix_zh="请上传编译器的 standard-JSON 输入与输出", fix_en="Upload the compiler's standard-JSON input and output",
)
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
BESU_FOLDER = define(
    "chain.besu.folder", 409, zh="文件夹不为空：{path}", en="The folder is not empty: {path}",
    fix_zh="密钥从不覆盖；请换一个空文件夹", fix_en="Keys are never overwritten; give an empty folder",
)
COMMAND_USER = define(
    "chain.command.user_unknown", 404, zh="没有可用的用户「{username}」", en="No active user {username}",
)
EXPORT_UNKNOWN = define(
    "chain.export.unknown", 404, zh="没有该导出，或文件已过期", en="There is no such export, or its file expired",
    fix_zh="请重新导出", fix_en="Export again",
)
