"""Masks by kind, pure. A mask never shows more of a short or malformed value than of a regular one."""

from collections.abc import Callable

_FULL = "******"


def mask(kind: str, text: str) -> str:
    """Return the masked form of ``text``; ``kind``: name, id_number, phone, address, all.

    Raises ValueError for an unknown kind: a policy that names none must not pass a value through.
    """
    rule = _RULES.get(kind)
    if rule is None:
        raise ValueError(f"unknown mask {kind!r}")
    return rule(text)


def kinds() -> list[str]:
    """Return the kinds that a field policy may name."""
    return sorted(_RULES)


def _name(text: str) -> str:
    """张三 → 张*, 欧阳娜娜 → 欧***: the first character and as many stars as characters follow (at most 3)."""
    return text[:1] + "*" * min(max(len(text) - 1, 1), 3) if text else ""


def _id_number(text: str) -> str:
    """18 or 15 characters: first 3 (province and first digit of the city) and last 2; else nothing is shown."""
    if len(text) not in (15, 18):
        return _FULL if text else ""
    return text[:3] + "*" * (len(text) - 5) + text[-2:]


def _phone(text: str) -> str:
    """11 digits: 138****8000; other numbers of 7 and more: last 2; else nothing is shown."""
    if len(text) == 11 and text.isdigit():
        return text[:3] + "****" + text[-4:]
    if len(text) >= 7:
        return "*" * (len(text) - 2) + text[-2:]
    return _FULL if text else ""


def _address(text: str) -> str:
    """Up to 区, 县 or 旗 within the first 12 characters, else the first 3 characters, then stars."""
    head = text[:12]
    end = max((head.find(mark) for mark in "区县旗"), default=-1)
    shown = text[:end + 1] if end > 0 else text[:min(3, len(text) // 2)]
    return shown + _FULL if text else ""


def _all(text: str) -> str:
    return _FULL if text else ""


_RULES: dict[str, Callable[[str], str]] = {
    "name": _name, "id_number": _id_number, "phone": _phone, "address": _address, "all": _all,
}
