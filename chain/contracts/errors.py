"""Errors of contracts."""

from kernel.errors import define

CONTRACT_UNKNOWN = define(
    "chain.contract.unknown", 404, zh="没有登记合约 {name}", en="Contract {name} is not registered"
)
CODE_MISMATCH = define(
    "chain.contract.code_mismatch", 409,
    zh="地址 {address} 上的运行代码与合约 {name} 的构建结果不一致",
    en="The runtime code at {address} is not the build of {name}",
    fix_zh="请核对环境与构建版本，不要继续使用该地址", fix_en="Check environment and build; do not go on using this address",
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
ACCOUNT_HELD = define(
    "chain.account.held", 409, zh="账户「{purpose}」正在更换密钥，暂不签名", en="{purpose} is changing its key and signs nothing now",
    fix_zh="稍后重试；更换完成后自动继续", fix_en="Try again later; what waits goes on when the change is done",
)
