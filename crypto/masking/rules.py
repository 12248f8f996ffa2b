"""Masks by kind, pure. A mask never shows more of a short or malformed value than of a regular one.

The table for officers is docs/officers/masking.md; a test holds it to what is computed here.
"""

import re
import unicodedata
from collections.abc import Callable

_FULL = "******"
_GROUPING = re.compile(r"[\s\-‐-―]")
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}|[A-Za-z]{3}[0-9]{12}")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_PHONE = re.compile(r"[0-9+\-() ]{7,30}")
_BANK_CARD = re.compile(r"[0-9]{12,19}")
_PERMIT = re.compile(r"[A-Za-z][0-9]{8}(?:[0-9]{2})?|[0-9]{8}|[0-9]{10}[A-Za-z]?")
_PASSPORT = re.compile(r"(?=.*[0-9].*[0-9])[A-Za-z0-9]{6,9}")
# A division as the start of an address. Without a gazetteer some true ones are not recognised, which shows less;
# what is none must not pass for one: a street or house is no name, 小区 and 幸福东区 are no districts, 红旗大街 has
# no banner, 超市 is no city.
_N = "(?:(?![路街巷弄号院楼栋幢园厦室])[一-鿿])"
_PROVINCE, _CITY = f"{_N}{{2,5}}(?:省|自治区)", f"(?:{_N}城|{_N}{{1,4}}(?<![超菜夜集城]))市"
_STATE, _LEAGUE = f"{_N}{{2,9}}(?:州|地区)", f"{_N}{{2,5}}盟"
_DISTRICT = f"(?:(?:{_N}{{1,2}}|{_N}{{2,3}}(?![东西南北]){_N})(?<!自治)(?<![小社校厂矿片景营库居住])|{_N}{{1,8}}?族)区"
_COUNTY = f"(?:{_N}{{1,4}}?|{_N}{{1,8}}?族自治)县"
_DIVISION = re.compile(
    f"(?:{_PROVINCE}(?:{_CITY}|{_STATE})?|{_CITY}|{_STATE})(?:{_DISTRICT}|{_COUNTY})"
    f"|(?:内蒙古(?:自治区)?(?:{_CITY}|{_LEAGUE})?|{_LEAGUE})(?:{_DISTRICT}|{_COUNTY}|{_N}{{1,6}}?(?<!红)旗)"
)


def mask(kind: str, text: str) -> str:
    """Return the masked form of ``text``; for the kinds see :func:`kinds`.

    Full width, blanks around and invisible characters change nothing. Raises ValueError for an unknown kind: a
    policy that names none must not pass a value through.
    """
    rule = _RULES.get(kind)
    if rule is None:
        raise ValueError(f"unknown mask {kind!r}")
    return rule(_clean(text)) or _FULL if text else ""


def kinds() -> list[str]:
    """Return the kinds that a field policy may name."""
    return sorted(_RULES)


def _clean(text: str) -> str:
    normal = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if normal.isprintable():  # no character of the categories C
        return normal.strip()
    return "".join(character for character in normal if unicodedata.category(character)[0] != "C").strip()


def _compact(text: str) -> str:
    """Drop the blanks and hyphens by which people group digits."""
    return text if text.isalnum() else _GROUPING.sub("", text)


def _ends(text: str, first: int, last: int) -> str:
    """Show ``first`` characters at the start and ``last`` at the end."""
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last:]


def _name(text: str) -> str:
    """张三 → 张*, 欧阳娜娜 → 欧***: the first character and as many stars as characters follow (at most 3)."""
    return text[:1] + "*" * min(max(len(text) - 1, 1), 3) if text else ""


def _id_number(text: str) -> str:
    """18 or 15 characters: first 3 (province and first digit of the city) and last 2; else nothing is shown."""
    number = _compact(text)
    return _ends(number, 3, 2) if _ID_NUMBER.fullmatch(number) else _FULL


def _phone(text: str) -> str:
    """A mobile number, also with 86 before it: 138****8000; other numbers: last 2; else nothing is shown."""
    mobile = _MOBILE.fullmatch(_compact(text))
    if mobile:
        return _ends(mobile[1], 3, 4)
    return _ends(text, 0, 2) if _PHONE.fullmatch(text) and text[-2:].isdigit() else _FULL


def _address(text: str) -> str:
    """Up to 区, 县 or 旗 below a province or city within the first 12 characters, else the first 3, then stars."""
    found = _DIVISION.match(text)
    if found and found.end() <= min(12, len(text) - 1):
        return found[0] + _FULL
    return text[:min(3, len(text) // 2)] + _FULL


def _bank_card(text: str) -> str:
    """12 to 19 digits: the last 4; else nothing is shown."""
    number = _compact(text)
    return _ends(number, 0, 4) if _BANK_CARD.fullmatch(number) else _FULL


def _permit(text: str) -> str:
    """Permits of Hong Kong, Macao and Taiwan: the letter before the digits and the last 2 digits."""
    number = _compact(text)
    if not _PERMIT.fullmatch(number):
        return _FULL
    return _ends(number, 1 if number[0].isalpha() else 0, 2)


def _passport(text: str) -> str:
    """6 to 9 letters and digits: the first character from 8 on, and the last 2; else nothing is shown."""
    number = _compact(text)
    return _ends(number, 1 if len(number) >= 8 else 0, 2) if _PASSPORT.fullmatch(number) else _FULL


def _document(text: str) -> str:
    """Columns with papers of several sorts: the rule that the form of the number asks for."""
    for rule in (_id_number, _permit, _passport):
        shown = rule(text)
        if shown != _FULL:
            return shown
    return _FULL


def _all(_: str) -> str:
    return _FULL


_RULES: dict[str, Callable[[str], str]] = {
    "name": _name, "id_number": _id_number, "phone": _phone, "address": _address, "bank_card": _bank_card,
    "hmt_permit": _permit, "passport": _passport, "document": _document, "all": _all,
}
