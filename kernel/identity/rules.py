"""Pure decisions of identity: credit codes, lock-out, session life."""

from datetime import datetime, timedelta

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
ADDRESS_WINDOW = timedelta(minutes=10)
ADDRESS_LIMIT = 50
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def uscc_valid(code: str) -> bool:
    """Tell whether an 18-character 统一社会信用代码 passes GB 32100-2015 (weights 3^i mod 31, check mod 31)."""
    if len(code) != 18 or any(c not in _USCC_ALPHABET for c in code):
        return False
    return uscc_check(code[:17]) == code[17]


def uscc_check(body: str) -> str:
    """Return the check character of the first 17 characters."""
    total = sum(_USCC_ALPHABET.index(c) * weight for c, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def lock_until(failures: int, now: datetime) -> datetime | None:
    """Return until when an account is locked after its n-th failure in a row; None below the limit."""
    return now + LOCK_FOR if failures >= LOCK_AFTER else None


def session_alive(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Tell whether a browser session still holds: idle at most 30 minutes, at most 12 hours in all."""
    return now - seen_at < IDLE and now - created_at < LONGEST
