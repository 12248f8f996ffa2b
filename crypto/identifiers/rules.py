"""Pure rules: forms of identifiers, kinds of fields, one spelling of a value, recognition before any query."""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from crypto.identifiers import codec
from crypto.scopes.rules import check_digit, normalise_id_number, normalise_text

_CHECKS = "10X98765432"
_SHIFT = 5  # check characters of identifiers are this many places from the right one: never right
PHONE_MARK = "7"  # in 11 digits no number plan of China begins with it: 1 mobile, 0 area code, 9 services
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_MOBILE = re.compile(r"1[0-9]{10}")
MAX_BYTES = 400


class Form(StrEnum):
    """What an identifier looks like: 29 characters, or the shape of the old column."""

    NATIVE = "native"
    ID18 = "id18"
    PHONE11 = "phone11"


class Kind(StrEnum):
    """What a field holds: how its values are brought into one spelling, which form fits."""

    ID_NUMBER = "id_number"
    PHONE = "phone"
    TEXT = "text"


FORM_OF = {Kind.ID_NUMBER: Form.ID18, Kind.PHONE: Form.PHONE11}
FORM_NUMBERS = {Form.NATIVE: 0, Form.ID18: 18, Form.PHONE11: 11}


def normalise(kind: Kind, text: str) -> str:
    """Return a value in one spelling (``NORMALISER_VERSION`` of ``crypto.scopes.rules``): what is stored and found."""
    try:
        return _NORMALISERS[kind](text)
    except UnicodeEncodeError:  # half of a surrogate pair is no text; fault() says so
        return text


def fault(kind: Kind, value: str) -> str | None:
    """Return why a normalised value gets no identifier: "empty", "too_long", "control", "identifier", else None."""
    if not value:
        return "empty"
    if len(value.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return "too_long"
    if not value.isprintable() and any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        return "control"
    form = recognise(value)
    return "identifier" if form is Form.NATIVE or (form is not None and form is FORM_OF.get(kind)) else None


def fits(form: Form, value: str) -> bool:
    """Tell whether a normalised value has an identifier of a form.

    An ID number needs its right check digit: two numbers that differ in it alone would get one identifier.
    """
    if form is Form.ID18:
        return bool(_ID_NUMBER.fullmatch(value)) and check_digit(value[:17]) == value[17]
    return form is Form.NATIVE or bool(_MOBILE.fullmatch(value))


def recognise(text: str) -> Form | None:
    """Return the form of what looks like an identifier, else None; needs no key and no query.

    A native one is certain to one in 2^45; one dirty ID number in eleven has the check character of a format form.
    """
    if len(text) == codec.LENGTH:
        return Form.NATIVE if codec.is_native(text) else None
    if len(text) == 18:
        return Form.ID18 if _ID_NUMBER.fullmatch(text) and wrong_digit(text[:17]) == text[17] else None
    return Form.PHONE11 if len(text) == 11 and text.isascii() and text.isdigit() and text[0] == PHONE_MARK else None


def body(form: Form, text: str) -> str:
    """Return the digits of a value, or of an identifier, that FF1 works on."""
    return text[:17] if form is Form.ID18 else text[1:]


def disguise(form: Form, digits: str) -> str:
    """Return the identifier around encrypted digits."""
    return digits + wrong_digit(digits) if form is Form.ID18 else PHONE_MARK + digits


def restore(form: Form, digits: str) -> str:
    """Return the value around decrypted digits."""
    return digits + check_digit(digits) if form is Form.ID18 else "1" + digits


def wrong_digit(first17: str) -> str:
    """Return the check character of an identifier: one of an ID number's, always another than the right one.

    By a constant distance, so that it still shows every changed or exchanged digit.
    """
    return _CHECKS[(_CHECKS.index(check_digit(first17)) + _SHIFT) % len(_CHECKS)]


def _phone(text: str) -> str:
    value = text
    while (again := re.sub(r"[\s\-‐-―()]", "", unicodedata.normalize("NFKC", value))) != value:
        value = again  # letters on both sides of a separator may join anew
    found = re.fullmatch(r"(?:\+86|0086|86)?(1[0-9]{10})", value)
    return found[1] if found and value.isascii() else value


def _plain(text: str) -> str:
    return normalise_text(text)[1:].decode()


def _id_number(text: str) -> str:
    return normalise_id_number(text)[1:].decode()


_NORMALISERS: dict[Kind, Callable[[str], str]] = {
    Kind.ID_NUMBER: _id_number, Kind.PHONE: _phone, Kind.TEXT: _plain,
}
