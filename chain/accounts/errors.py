"""Errors of accounts. Append only: a code never changes."""

from kernel.errors import define

ACCOUNT_UNKNOWN = define("chain.account.unknown", 404, zh="没有账户「{purpose}」", en="There is no account {purpose}")
ROTATION_OPEN = define(
    "chain.account.rotation_open", 409, zh="账户「{purpose}」的更换尚未办结", en="A change of {purpose} is under way",
)
ROTATION_STATE = define(
    "chain.account.rotation_state", 409, zh="更换当前状态（{state}）不能进行此操作", en="The change is {state}: not possible now",
    fix_zh="启用新账户之后不能撤销，只能继续", fix_en="Once the new account is in force a change goes on to its end",
)
ROTATION_WAITS = define(
    "chain.account.rotation_waits", 409, zh="账户「{purpose}」的更换在等待：{reason}",
    en="The change of {purpose} waits: {reason}",
    fix_zh="条件满足后自动继续", fix_en="It goes on by itself",
)
ACCOUNTS_MISSING = define(
    "chain.account.missing", 409, zh="NodeRegistry 的名单缺少平台账户：{accounts}",
    en="The NodeRegistry does not list these accounts of the platform: {accounts}",
    fix_zh="先把它们列入名单（部署账户还须有部署权），否则平台将无法写链", fix_en="List them first (deployers with the right to deploy)",
)
