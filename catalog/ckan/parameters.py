"""Reading the parameters of an action; what is not valid is CKAN's own error, naming the parameter."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from catalog.ckan.errors import Invalid

ROWS = 1000
"""Datasets in one answer at most, as CKAN's own default."""

_FAR = 10**9
_TRUE, _FALSE = ("true", "1", "yes", "t", "y", "on"), ("false", "0", "no", "f", "n", "off", "")


@dataclass(frozen=True)
class Parameters:
    """The parameters of one call, from a query string (texts, or lists when repeated) or a JSON object."""

    values: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """A text; a number is taken as one."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Invalid(name, "Must be a string")
        # U+0000 cannot be stored or compared in PostgreSQL
        if "\0" in str(value) or not _utf8(str(value)):
            raise Invalid(name, "Must be valid text")
        return str(value)

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name).strip()
        if not value:
            raise Invalid(name, "Missing value")
        return value

    def number(self, name: str, default: int, *, most: int = _FAR) -> int:
        """A natural number; one beyond ``most`` is taken as ``most``, as CKAN does with rows."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise Invalid(name, "Invalid integer")
        if isinstance(value, str):
            digits = value.strip()
            if not digits.removeprefix("-").isdecimal() or len(digits) > 18:
                raise Invalid(name, "Invalid integer")
            value = int(digits)
        if value < 0:
            raise Invalid(name, "Must be a natural number")
        return min(value, most)

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value in any of CKAN's spellings."""
        value = self.values.get(name)
        if value is None:
            return default
        word = str(value).strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise Invalid(name, "Must be true or false")

    def words(self, name: str) -> list[str]:
        """A list of texts: repeated, a JSON array, or one text."""
        value = self.values.get(name)
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                raise Invalid(name, "Not a valid JSON array") from error
        if value is None or value == "":
            return []
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) and "\0" not in one for one in found) or len(found) > 100:
            raise Invalid(name, "Must be a list of at most 100 strings")
        return found

    def has(self, name: str) -> bool:
        """Whether a parameter was given."""
        return name in self.values


def _utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text spells."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
