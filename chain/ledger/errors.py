"""Errors of the ledger: its port, the embedded chain and the engines."""

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
RPC_ACCESS = define(
    "chain.rpc.access_file", 409,
    zh="链接口的访问名单无法读取：{reason}", en="The access list of the chain's RPC cannot be read: {reason}",
    fix_zh="请改正或删除该文件；mulian chain access 可重新生成", fix_en="Correct or remove the file; mulian chain access writes it",
)
ENGINE_UNSUPPORTED = define(
    "chain.engine.unsupported", 409,
    zh="该链的引擎（{engine}）没有此操作：{operation}", en="The engine {engine} has no such operation: {operation}",
    fix_zh="请核对节点的引擎与其启用的接口模块", fix_en="Check the node's engine and the RPC modules that it was started with",
)
ENGINE_ANSWER = define(
    "chain.engine.answer", 502, zh="节点对 {method} 的回答无法识别", en="The node's answer to {method} is not of the known form",
)
BESU_FOLDER = define(
    "chain.besu.folder", 409, zh="文件夹不为空：{path}", en="The folder is not empty: {path}",
    fix_zh="密钥从不覆盖；请换一个空文件夹", fix_en="Keys are never overwritten; give an empty folder",
)
