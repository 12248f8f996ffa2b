"""xlsx through XlsxWriter: the tables and annex sheets of a document, with every cell inert."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kernel.documents.model import Cell, Column, Document, Sheet, Table
from kernel.documents.text import neutral_cell, one_line, printable

MAX_ROWS = 1_048_576 - 2  # a sheet's rows less note and header
_MAX_TEXT = 32_767
_EXACT = 10**15  # a spreadsheet keeps 15 digits; longer integers go out as text
_CUT = "…（已截断）"
_FORBIDDEN = str.maketrans("[]:*?/\\", "（）：＊？／＼")
_OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}


def render(document: Document) -> bytes:
    """Return the workbook: one sheet a table of the document, then the annex sheets. Stable bytes."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, dict(_OPTIONS))
    created = document.issued_on or datetime(2000, 1, 1, tzinfo=UTC).date()
    workbook.set_properties(
        {
            "title": one_line(document.plain_title), "author": one_line(document.issuer),
            "created": datetime.combine(created, time()),
        }
    )
    head = workbook.add_format(
        {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E8EEF6", "valign": "vcenter"}
    )
    body = workbook.add_format({"border": 1, "valign": "top"})
    decimals = workbook.add_format({"border": 1, "valign": "top", "num_format": "0.00"})
    used: set[str] = set()
    for sheet in _sheets(document):
        worksheet = workbook.add_worksheet(_sheet_name(sheet.name, used))
        _write(worksheet, sheet, {"head": head, "body": body, "decimal": decimals})
    workbook.close()
    return buffer.getvalue()


def _sheets(document: Document) -> Iterator[Sheet]:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    sheets = [
        Sheet(table.caption or f"表{number}", table.columns, table.rows, table.note)
        for number, table in enumerate(tables, 1)
    ]
    for sheet in [*sheets, *document.annex] or [Sheet("空", (Column("无数据"),), ())]:
        for part, start in enumerate(range(0, max(len(sheet.rows), 1), MAX_ROWS), 1):
            name = sheet.name if part == 1 else f"{sheet.name}（续{part}）"
            yield Sheet(name, sheet.columns, sheet.rows[start : start + MAX_ROWS], sheet.note)


def _sheet_name(name: str, used: set[str]) -> str:
    base = one_line(name).translate(_FORBIDDEN).strip("'")[:31] or "表"
    candidate, number = base, 1
    while candidate.casefold() in used:
        number += 1
        candidate = f"{base[: 31 - len(str(number)) - 1]}~{number}"
    used.add(candidate.casefold())
    return candidate


def _write(worksheet: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    worksheet.write_string(0, 0, neutral_cell(printable(sheet.note)[:_MAX_TEXT]))
    for index, column in enumerate(sheet.columns):
        worksheet.write_string(1, index, neutral_cell(one_line(column.title)), formats["head"])
        worksheet.set_column(index, index, min(60, 6 + 6 * column.weight))
    for number, row in enumerate(sheet.rows, 2):
        for index, cell in enumerate(row):
            _write_cell(worksheet, (number, index), cell, formats)
    worksheet.freeze_panes(2, 0)
    worksheet.repeat_rows(0, 1)
    worksheet.set_paper(9)
    worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)


def _write_cell(worksheet: Worksheet, place: tuple[int, int], cell: Cell, formats: dict[str, Format]) -> None:
    row, column = place
    if cell is None:
        worksheet.write_blank(row, column, None, formats["body"])
    elif isinstance(cell, bool):
        worksheet.write_string(row, column, "是" if cell else "否", formats["body"])
    elif not isinstance(cell, str) and -_EXACT < cell < _EXACT:
        # XlsxWriter prints Decimal and int alike as %.16G
        worksheet.write_number(row, column, cell, formats["decimal" if isinstance(cell, Decimal) else "body"])
    else:
        worksheet.write_string(row, column, _text(str(cell)), formats["body"])


def _text(text: str) -> str:
    text = neutral_cell(printable(text))
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - len(_CUT)] + _CUT
