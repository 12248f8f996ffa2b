"""One column of a table; run as a child process, of the first sheet of a workbook on standard input.

A few bytes can name cells so far apart that the reader's memory ends its process: it ends this one, under limits set
before the workbook is touched. Values go through pipes, never into a file. Imports only the standard library and
python-calamine, so that it starts in milliseconds and nothing of the application is within reach.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator, Sequence
from typing import Any

_MEMORY = 2 << 30
_SECONDS = 120


class Unfit(Exception):
    """There is no such column: "empty" (no row at all) or "column" (not one of this name)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def picked(rows: Iterator[Sequence[Any]], column: str, *, header: bool) -> list[Any]:
    """Return a column's cells, "" where a row is too short; raise :class:`Unfit`.

    ``column`` is its number from 1, or its title where there is a header.
    """
    titles = next(rows, None) if header else None
    if header and titles is None:
        raise Unfit("empty")
    if column.isascii() and column.isdigit() and int(column) >= 1:
        at = int(column) - 1
    else:
        found = [at for at, title in enumerate(titles or ()) if str(title).strip() == column.strip()]
        if len(found) != 1:
            raise Unfit("column")
        at = found[0]
    return [row[at] if at < len(row) else "" for row in rows]


def _rows(data: bytes) -> Iterator[list[Any]]:
    """Rows from column A on; the reader's own begin at the first used one."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    left = [""] * (sheet.start[1] if sheet.start else 0)
    return (left + row for row in sheet.iter_rows())


def main() -> None:
    """Entry point of the child: COLUMN, and "header" where the first row holds titles."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, Any] = {
            "cells": picked(_rows(sys.stdin.buffer.read()), sys.argv[1], header="header" in sys.argv[2:])
        }
    except Unfit as unfit:
        answer = {"unfit": unfit.code}
    json.dump(answer, sys.stdout, default=str)


if __name__ == "__main__":
    main()
