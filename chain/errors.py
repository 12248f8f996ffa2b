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
