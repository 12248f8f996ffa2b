"""Passwords: argon2id hashes and the policy profiles of the contracts (S2-19 … S2-22)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import MulianError
from kernel.identity.errors import PASSWORD_WEAK

_hasher = PasswordHasher()
_PHONE = re.compile(r"1[3-9]\d{9}")
_BIRTHDAY = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_BLOCK = re.compile(r"(.{3,})\1\1")


@dataclass(frozen=True)
class Profile:
    """A policy: least length, least number of character classes, days of validity, remembered hashes."""

    length: int
    classes: int
    days: int
    history: int = 24


OPERATOR = Profile(length=18, classes=4, days=30)
OFFICER = Profile(length=10, classes=3, days=90)


def hash_password(password: str) -> str:
    """Return the argon2id hash in PHC string format."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether the password fits, in about the same time for an unknown user (hash None)."""
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobody() -> str:
    """A hash to verify against when the user is unknown, so that both cases take the same time."""
    return _hasher.hash("nobody holds this password")


def check_policy(password: str, profile: Profile, *, forbidden: Sequence[str] = ()) -> None:
    """Raise ``identity.password.weak`` naming the first rule that fails.

    ``forbidden`` are texts that a guess would start from: user name, display name, department.
    """
    if len(password) < profile.length:
        raise _weak(f"至少 {profile.length} 位", f"at least {profile.length} characters")
    if character_classes(password) < profile.classes:
        raise _weak(
            f"大写、小写、数字、符号中至少含 {profile.classes} 类", f"at least {profile.classes} of upper, lower, digit, symbol"
        )
    if _PHONE.search(password) or _BIRTHDAY.search(password):
        raise _weak("不得含手机号或生日", "no phone number or birthday")
    if _BLOCK.search(password) or _has_run(password):
        raise _weak("不得含重复片段或连续字符", "no repeated block or running sequence")
    lowered = password.lower()
    if any(len(word) >= 3 and word.lower() in lowered for word in forbidden):
        raise _weak("不得含用户名或姓名", "must not contain the user or display name")


def check_history(password: str, history: Sequence[str], profile: Profile) -> None:
    """Raise when one of the last ``profile.history`` hashes fits."""
    if any(matches(old, password) for old in history[-profile.history :]):
        raise _weak(f"不得与最近 {profile.history} 次口令相同", f"must differ from the last {profile.history}")


def expired(changed_at: datetime, now: datetime, profile: Profile) -> bool:
    """Tell whether the password is past its days: changed 10-21 00:00 with 30 days is valid to 11-20 00:00."""
    return now >= changed_at + timedelta(days=profile.days)


def character_classes(password: str) -> int:
    """Count the classes present among upper, lower, digit and other."""
    found = {
        "upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdigit() else "other" for c in password
    }
    return len(found)


def _has_run(password: str, length: int = 5) -> bool:
    """Tell whether ``length`` neighbours step by +1, −1 or 0 (12345, edcba, aaaaa)."""
    codes = [ord(c) for c in password]
    for step in (-1, 0, 1):
        run = 1
        for before, after in zip(codes, codes[1:], strict=False):
            run = run + 1 if after - before == step else 1
            if run >= length:
                return True
    return False


def _weak(zh: str, en: str) -> MulianError:
    return PASSWORD_WEAK(reason_zh=zh, reason_en=en)
