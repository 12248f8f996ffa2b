"""Which headers an uploaded file has: a JSON list of them, or the first rows of a CSV file or workbook."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

from catalog.imports.cells import shown
from catalog.imports.reader import FILE_LIMIT, open_book, refused
from catalog.proposals.errors import NO_HEADERS
from catalog.proposals.headers import File, file_of


def files_in(path: Path, filename: str) -> list[File]:
    """The headers; raises ``catalog.proposal.no_headers`` or what reading a workbook raises."""
    found = _listed(path) if filename.lower().endswith(".json") else list(_of_book(path, filename))
    if not found:
        raise NO_HEADERS()
    return found


def _listed(path: Path) -> list[File]:
    if path.stat().st_size > FILE_LIMIT:
        raise refused("too_large")
    try:
        loaded = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise NO_HEADERS() from error
    records = loaded if isinstance(loaded, list) else []
    return [file for record in records if isinstance(record, dict) and (file := file_of(record)) is not None]


def _of_book(path: Path, filename: str) -> Iterator[File]:
    """One file a sheet; the header is the first row that is two thirds full."""
    stem = filename.rsplit(".", 1)[0]
    with open_book(path, filename) as sheets:
        for sheet in sheets:
            head = [[shown(cell) for cell in row] for row in islice(sheet, 10)]
            widest = max((len(row) for row in head), default=0)
            row = next((row for row in head if widest and sum(map(bool, row)) * 3 >= widest * 2), None)
            if row is not None:
                name = stem if len(sheets) == 1 or not sheet.name else f"{stem}-{sheet.name}"
                yield File(name[:400], row, max(0, sheet.count - 1))
