"""Texts that people give: without control characters, which XML has no place for and PostgreSQL does not take."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Everything that XML 1.0 cannot hold; tab and line breaks are text."""


def _plain(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("含有不可见的控制字符 / contains control characters")
    return value


Plain = Annotated[str, AfterValidator(_plain)]
"""A text of the wire: control characters are 422."""
