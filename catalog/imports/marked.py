"""The uploaded workbook with its findings: coloured cells with notes, and the list of all of them in front."""

import io
from collections.abc import Mapping, Sequence
from typing import Final

import xlsxwriter

from catalog.imports.cells import shown
from catalog.imports.models import ImportFinding
from catalog.imports.reader import Rows
from catalog.imports.workbook import OPTIONS, Styles, write_text
from kernel.documents.text import printable

LIST: Final = "问题清单"
_NOTES: Final = 5_000
"""Notes of cells; a workbook with more is slow to open, and the list has them all."""


def marked(sheets: Sequence[Rows], findings: Sequence[ImportFinding]) -> bytes:
    """The workbook; ``findings`` in their order."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {**OPTIONS, "in_memory": True})
    styles = Styles(book)
    _findings_sheet(book, styles, findings)
    by_cell: dict[tuple[str, int, int], list[ImportFinding]] = {}
    for finding in findings:
        if finding.row_no is not None and finding.column is not None:
            key = (finding.sheet, finding.row_no - 1, _column(finding.column))
            by_cell.setdefault(key, []).append(finding)
    for source in sheets:
        _copy(book, styles, source, by_cell)
    book.close()
    return out.getvalue()


def _column(letters: str) -> int:
    number = 0
    for char in letters:
        number = number * 26 + ord(char) - 64
    return number - 1


def _findings_sheet(book: xlsxwriter.Workbook, styles: Styles, findings: Sequence[ImportFinding]) -> None:
    sheet = book.add_worksheet(LIST)
    sheet.freeze_panes(1, 0)
    severities = {"error": "错误", "row_error": "行错误", "warning": "提醒"}
    for column, (title, width) in enumerate(
        (("工作表", 14), ("行号", 8), ("列", 18), ("原值", 30), ("问题", 40), ("建议", 40), ("程度", 10))
    ):
        write_text(sheet, 0, column, title, styles.header)
        sheet.set_column(column, column, width)
    for number, one in enumerate(findings, start=1):
        place = f"{one.column or ''} {one.header or ''}".strip()
        values = (one.sheet, str(one.row_no or ""), place, one.value, one.zh, one.fix_zh, severities[one.severity])
        for column, value in enumerate(values):
            write_text(sheet, number, column, value)


def _copy(
    book: xlsxwriter.Workbook, styles: Styles, source: Rows,
    by_cell: Mapping[tuple[str, int, int], Sequence[ImportFinding]],
) -> None:
    name = f"原{LIST}" if source.name == LIST else source.name or "数据"
    sheet = book.add_worksheet(name[:31])
    notes = 0
    for row, cells in enumerate(source):
        for column, cell in enumerate(cells):
            found = by_cell.get((source.name[:64], row, column), ())
            bad = any(one.severity != "warning" for one in found)
            style = (styles.error if bad else styles.warning) if found else styles.text
            if found or cell not in ("", None):
                write_text(sheet, row, column, shown(cell), style)
            if found and notes < _NOTES:
                notes += 1
                note = "\n".join(f"{one.zh}。{one.fix_zh}" for one in found)
                sheet.write_comment(row, column, printable(note)[:2000])
