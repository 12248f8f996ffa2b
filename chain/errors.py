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
