"""The uploaded workbook with its findings: coloured cells with notes, and the list of all of them in front."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalog.imports.cells import shown
from catalog.imports.findings import index_of
from catalog.imports.mapping import CORRECTIONS_SHEET, FINDINGS_SHEET, LISTS
from catalog.imports.models import ImportCorrection, ImportFinding
from catalog.imports.profile import fold
from catalog.imports.reader import Rows
from catalog.imports.workbook import OPTIONS, Styles, write_text
from kernel.clock import BEIJING
from kernel.documents.text import printable
from kernel.identity.names import Names

NOBODY: Final = Names({}, {})
"""Whoever is noted is shown by the user name."""

_NOTES: Final = 5_000
"""Notes of cells; a workbook with more is slow to open, and the list has them all."""


def marked(
    sheets: Sequence[Rows], findings: Sequence[ImportFinding],
    corrections: Mapping[tuple[str, int, str], ImportCorrection] | None = None, names: Names = NOBODY,
) -> bytes:
    """The workbook; ``findings`` in their order, ``sheets`` already with the corrected values."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {**OPTIONS, "in_memory": True})
    styles = Styles(book)
    _findings_sheet(book, styles, findings)
    held = [one for one in (corrections or {}).values() if one.value is not None]
    if held:
        _corrections_sheet(book, styles, held, names)
    by_cell: dict[tuple[str, int, int], list[ImportFinding]] = {}
    for finding in findings:
        if finding.row_no is not None and finding.column is not None:
            key = (finding.sheet, finding.row_no - 1, index_of(finding.column))
            by_cell.setdefault(key, []).append(finding)
    corrected = {(one.sheet, one.row_no - 1, index_of(one.column)): one for one in held}
    for source in sheets:
        # a marked workbook that is uploaded again brings the lists of its last check; they are written anew
        if fold(source.name) in LISTS:
            continue
        _copy(book, styles, source, by_cell, corrected, names)
    book.close()
    return out.getvalue()


def _findings_sheet(book: xlsxwriter.Workbook, styles: Styles, findings: Sequence[ImportFinding]) -> None:
    sheet = book.add_worksheet(FINDINGS_SHEET)
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


def _corrections_sheet(
    book: xlsxwriter.Workbook, styles: Styles, held: Sequence[ImportCorrection], names: Names
) -> None:
    sheet = book.add_worksheet(CORRECTIONS_SHEET)
    sheet.freeze_panes(1, 0)
    for column, (title, width) in enumerate(
        (("工作表", 14), ("行号", 8), ("列", 18), ("原值", 30), ("更正为", 30), ("更正人", 12), ("时间", 20))
    ):
        write_text(sheet, 0, column, title, styles.header)
        sheet.set_column(column, column, width)
    for number, one in enumerate(held, start=1):
        place = f"{one.column} {one.header or ''}".strip()
        at = one.created_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        who = names.of(one.created_by, one.created_name)
        values = (one.sheet, str(one.row_no), place, one.original, one.value or "", who, at)
        for column, value in enumerate(values):
            write_text(sheet, number, column, value)


def _write(sheet: Worksheet, row: int, column: int, cell: Any, style: Format) -> None:
    """Numbers stay numbers: serials stay dates, and what has lost its last digits is not taken for a code."""
    number = cell["n"] if isinstance(cell, dict) and "n" in cell else cell
    if number is not cell or (isinstance(cell, int) and not isinstance(cell, bool)):
        sheet.write_number(row, column, float(number), style)
    else:
        write_text(sheet, row, column, shown(cell), style)


def _copy(
    book: xlsxwriter.Workbook, styles: Styles, source: Rows,
    by_cell: Mapping[tuple[str, int, int], Sequence[ImportFinding]],
    corrected: Mapping[tuple[str, int, int], ImportCorrection], names: Names,
) -> None:
    sheet = book.add_worksheet((source.name or "数据")[:31])
    notes = 0
    for row, cells in enumerate(source):
        for column, cell in enumerate(cells):
            place = (source.name[:64], row, column)
            found, correction = by_cell.get(place, ()), corrected.get(place)
            bad = any(one.severity != "warning" for one in found)
            usual = styles.corrected if correction else styles.text
            style = styles.error if bad else styles.warning if found else usual
            if found or correction or cell not in ("", None):
                _write(sheet, row, column, cell, style)
            if (found or correction) and notes < _NOTES:
                notes += 1
                lines = [f"{one.zh}。{one.fix_zh}" for one in found]
                if correction:
                    who = names.of(correction.created_by, correction.created_name)
                    lines.append(f"已由{who}更正；原值：{correction.original or '空'}")
                note = "\n".join(lines)
                sheet.write_comment(row, column, printable(note)[:2000])
