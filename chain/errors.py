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
COMMAND_USER = define(
    "chain.command.user_unknown", 404, zh="没有可用的用户「{username}」", en="No active user {username}",
)
