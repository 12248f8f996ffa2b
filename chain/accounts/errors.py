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
    "chain.account.rotation_waits", 409, zh="账户「{purpose}」的更换在等待：{reason}", en="The change of {purpose} waits: {reason}",
    fix_zh="条件满足后自动继续", fix_en="It goes on by itself",
)
