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
BESU_FOLDER = define(
    "chain.besu.folder", 409, zh="文件夹不为空：{path}", en="The folder is not empty: {path}",
    fix_zh="密钥从不覆盖；请换一个空文件夹", fix_en="Keys are never overwritten; give an empty folder",
)
