"""Workbooks on the way out: the department's template, the export, the marked upload.

Everything is written as text by ``write_string``; what a spreadsheet could take for a formula gets an apostrophe
that the import takes off again, so export → import loses nothing.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalog.codes.lists import code_list
from catalog.imports.cells import exported, shown
from catalog.imports.mapping import FLAGS, LINK_LABELS
from catalog.imports.models import ImportFinding
from catalog.imports.profile import SheetProfile, profile
from catalog.imports.reader import Rows
from catalog.imports.values import text_of
from catalog.nodes.rules import LISTED
from kernel.documents.text import printable

_OPTIONS: Final[dict[str, Any]] = {
    "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True,
}
_GUIDE: Final = (
    "本工作簿按贵部门现有目录生成。请在各表中修改或在末尾新增，然后到「批量导入」上传检查。",
    "带 * 的列为必填。编码列由系统给出：修改已有内容时保留原编码，新增时留空。",
    "新增行可在「行键」列自定一个短名（如 D1），供「所属目录」「所属系统」「关联」等列引用。",
    "请从下拉框选择代码，不要只写数字：同一数字在各系统含义不同。",
    "超过 15 位的代码须为文本格式，否则会丢失精度。日期写成 2026-03-01。",
    "「行版本」请勿修改：他人在此期间改过的行会被指出，不会被覆盖。",
    "涉密数据不得编入本目录。本系统不得存储、处理、传输国家秘密。",
    "检查结果分三种：错误（整批不能导入）、行错误（该行不能导入）、提醒（可以导入）。",
)


def write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """A cell of text, never a formula."""
    sheet.write_string(row, column, exported(text), style)


def four_level(rows: Mapping[str, Sequence[Mapping[str, Any]]], department: str) -> bytes:
    """The four-level workbook; ``rows`` maps a kind to rows of field → stored value."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties({"title": f"四级目录 {department}", "created": datetime(2026, 1, 1)})
    styles = _Styles(book)
    guide = book.add_worksheet("填写说明")
    guide.set_column(0, 0, 100)
    write_text(guide, 0, 0, f"四级目录填写说明 · {department}", styles.title)
    for number, line in enumerate(_GUIDE, start=1):
        write_text(guide, number, 0, f"{number}. {line}", styles.plain)
    for sheet in profile("four-level").sheets:
        _sheet(book, styles, sheet, rows.get(sheet.kind, ()))
    book.close()
    return out.getvalue()


class _Styles:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.plain = book.add_format({"text_wrap": True})
        self.text = book.add_format({"num_format": "@"})
        self.header = book.add_format({"bold": True, "bg_color": "#DCE6F4", "border": 1, "text_wrap": True})
        self.error = book.add_format({"bg_color": "#F4C7C3", "num_format": "@"})
        self.warning = book.add_format({"bg_color": "#FFE7B3", "num_format": "@"})


def _sheet(
    book: xlsxwriter.Workbook, styles: _Styles, layout: SheetProfile, rows: Sequence[Mapping[str, Any]]
) -> None:
    sheet = book.add_worksheet(str(layout.name))
    sheet.freeze_panes(1, 0)
    fields = list(layout.labels)
    for column, field in enumerate(fields):
        label = layout.labels[field] + ("*" if field in layout.required else "")
        write_text(sheet, 0, column, label, styles.header)
        sheet.set_column(column, column, 14 if field in FLAGS else 22, styles.text)
        _drop_down(sheet, layout.kind, field, column)
    for number, row in enumerate(rows, start=1):
        for column, field in enumerate(fields):
            text = text_of(layout.kind, field, row.get(field))
            if text:
                write_text(sheet, number, column, text, styles.text)


def _drop_down(sheet: Worksheet, kind: str, field: str, column: int) -> None:
    listed = LISTED.get(kind, {}).get(field)
    if field in FLAGS:
        choices = ["是", "否"]
    elif field == "level":
        choices = [token.zh for token in code_list("data_level").tokens]
    elif field == "link":
        choices = list(LINK_LABELS.values())
    elif listed is not None:
        choices = [token.zh for token in code_list(listed).tokens]
    else:
        return
    if sum(len(choice) + 1 for choice in choices) <= 255:
        sheet.data_validation(1, column, 10_000, column, {"validate": "list", "source": choices})


def marked(sheets: Sequence[Rows], findings: Sequence[ImportFinding]) -> bytes:
    """The uploaded workbook with its findings: coloured cells with notes, and the list of all of them in front."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    styles = _Styles(book)
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


def _findings_sheet(book: xlsxwriter.Workbook, styles: _Styles, findings: Sequence[ImportFinding]) -> None:
    sheet = book.add_worksheet("检查结果")
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
    book: xlsxwriter.Workbook, styles: _Styles, source: Rows,
    by_cell: Mapping[tuple[str, int, int], Sequence[ImportFinding]],
) -> None:
    name = "原表 检查结果" if source.name == "检查结果" else source.name
    sheet = book.add_worksheet(name[:31])
    for row, cells in enumerate(source):
        for column, cell in enumerate(cells):
            found = by_cell.get((source.name[:64], row, column), ())
            bad = any(one.severity != "warning" for one in found)
            style = (styles.error if bad else styles.warning) if found else styles.text
            if found or cell not in ("", None):
                write_text(sheet, row, column, shown(cell), style)
            if found:
                note = "\n".join(f"{one.zh}。{one.fix_zh}" for one in found)
                sheet.write_comment(row, column, printable(note)[:2000])
