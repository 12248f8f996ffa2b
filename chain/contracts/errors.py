"""Errors of contracts that are used below ``chain/contracts``. Append only: a code never changes."""

from kernel.errors import define

ACCOUNT_HELD = define(
    "chain.account.held", 409, zh="账户「{purpose}」正在更换密钥，暂不签名", en="{purpose} is changing its key and signs nothing now",
    fix_zh="稍后重试；更换完成后自动继续", fix_en="Try again later; what waits goes on when the change is done",
)
