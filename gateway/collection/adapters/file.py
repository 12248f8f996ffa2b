"""Rows of an uploaded workbook or CSV file: the first row has the titles. Nothing of it is on a disk in clear."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.imports.reader import FileSheet, open_bytes
from gateway.collection.errors import READ_FAILED
from gateway.collection.port import Page

PAGE = 5_000


class FileSource:
    """``source``: sheet (its name; the first by default), header (the row of the titles, from 1).

    Raises ``catalog.import.workbook`` for a file that is none or is hostile, ``gateway.collection.read_failed`` for
    one without the sheet or without titles.
    """

    def __init__(self, data: bytes, filename: str, source: Mapping[str, Any]) -> None:
        self._data, self._filename = data, filename
        self._sheet, self._header = str(source.get("sheet") or ""), int(source.get("header") or 1)

    def pages(self, position: dict[str, Any] | None) -> Iterator[Page]:
        """Yield pages from the row after a position on; rows that are empty are none."""
        done = int(position["row"]) if position else 0
        with open_bytes(self._data, self._filename) as sheets:
            sheet = self._chosen(sheets)
            total = max(sheet.count - self._header, 0)
            rows: list[Mapping[str, Any]] = []
            at, titles = 0, list[str]()
            for at, cells in enumerate(sheet, 1 - self._header):
                if at <= 0:
                    titles = _titles(cells) if at == 0 else []
                elif at > done and any(cell not in ("", None) for cell in cells):
                    rows.append(dict(zip(titles, cells, strict=False)))
                if len(rows) >= PAGE:
                    yield Page(rows, {"row": at}, None, total)
                    rows = []
            if rows:
                yield Page(rows, {"row": at}, None, total)

    def close(self) -> None:
        """Forget the bytes."""
        self._data = b""

    def _chosen(self, sheets: list[FileSheet]) -> FileSheet:
        for sheet in sheets:
            if not self._sheet or sheet.name == self._sheet:
                return sheet
        raise READ_FAILED(reason="no such sheet")


def _titles(cells: list[Any]) -> list[str]:
    titles = [str(cell).strip() if cell is not None else "" for cell in cells]
    named = [title for title in titles if title]
    if not named or len(set(named)) != len(named):
        raise READ_FAILED(reason="no titles, or one twice")
    return titles
