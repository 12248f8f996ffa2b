"""L4 tables from the column headers of files, pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_WIDEST: Final = 200
_UNNAMED: Final = re.compile(r"^(?:unnamed:? ?\d*|column ?\d*|列 ?\d*|f?\d+|[-_.:：]*)$", re.IGNORECASE)
UNKNOWN_TYPE: Final = "待补"
"""A header says nothing about the type of its column; a person fills it in."""


@dataclass(frozen=True)
class File:
    """A file's name, its headers and its number of rows where that is known."""

    name: str
    columns: list[str]
    rows: int | None = None


def file_of(record: Mapping[str, Any]) -> File | None:
    """A record {"name", "columns", "rows"?}; None when it has not that form."""
    name, columns, rows = record.get("name"), record.get("columns"), record.get("rows")
    if not isinstance(name, str) or not name.strip() or not isinstance(columns, list):
        return None
    count = rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None
    return File(name.strip()[:400], [str(column) for column in columns], count)


def columns(headers: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of a table, or nothing where the first line of the file is no header.

    Empty and repeated headers are left out; when more than a third goes, the line was data or a title.
    """
    seen: dict[str, str] = {}
    for header in headers:
        name = " ".join(unicodedata.normalize("NFKC", header).replace("\ufeff", "").split()).strip("\"' ")
        if name and not _UNNAMED.match(name) and len(name) <= 128:
            seen.setdefault(name.casefold(), name)
    if not 2 <= len(seen) <= _WIDEST or len(seen) * 3 < len(headers) * 2:
        return []
    return [
        {
            "name": name, "name_zh": name if re.search(r"[一-鿿]", name) else None, "data_type": UNKNOWN_TYPE,
            "nullable": True,
        }
        for name in seen.values()
    ]


def same_name(text: str) -> str:
    """A name as two are compared: NFKC, without spaces, punctuation and the file's ending."""
    plain = re.sub(r"\.?(?:xlsx?|csv)$", "", unicodedata.normalize("NFKC", text).strip().casefold())
    return re.sub(r"[\W_]+", "", plain)
