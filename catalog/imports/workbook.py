"""The four-level workbook on the way out: one sheet a level, drop-downs, a guide, an example where asked.

Everything is written as text by ``write_string``; what a spreadsheet could take for a formula gets an apostrophe
that the import takes off again, so export → import loses nothing. Rows are streamed: XlsxWriter keeps one row in
memory and the finished sheets in temporary files.
"""

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import IO, Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalog.codes.lists import code_list
from catalog.imports.base import MARK
from catalog.imports.cells import exported
from catalog.imports.mapping import EXAMPLE, FLAGS, LINK_LABELS
from catalog.imports.profile import SheetProfile, profile
from catalog.imports.values import text_of
from catalog.nodes.rules import LISTED

OPTIONS: Final[dict[str, Any]] = {
    "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}
CHOICES: Final = "可选项"
GUIDE: Final = "填写说明"
CHOICES_KEPT: Final = 5_000
"""Longer lists are cut in the drop-down; typing the code always works."""

_SPARE_ROWS: Final = 5_000
_GUIDE: Final = (
    "本工作簿按贵部门现有目录生成。请在各表中修改或在末尾新增，然后到「批量导入」上传检查。",
    "可以移动列、排序、隐藏列，也可以只保留要改的行；没有出现的行不会被删除。请勿改表名和列名。",
    "带 * 的列为必填。编码列由系统给出：修改已有内容时保留原编码，新增时留空。",
    "新增行可在「行键」列自定一个短名（如 D1），供「所属目录」「所属系统」「关联」等列引用。",
    "行键为「示例」的行只作示范，不会导入。",
    "请从下拉框选择代码，不要只写数字：同一数字在各系统含义不同。上级列可写编码，也可保留「编码 名称」。",
    "超过 15 位的代码须为文本格式，否则会丢失精度。日期写成 2026-03-01。",
    "请勿修改「行版本」和下面的导出编号：几周后交回时，系统据此逐格合并，只有他人也改过的格才会问您。",
    "涉密数据不得编入本目录。本系统不得存储、处理、传输国家秘密。",
    "检查结果分三种：错误（整批不能导入）、行错误（该行不能导入）、提醒（可以导入）。",
)
_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "duty": {"name": "办理婚姻登记", "duty_type": "permit", "basis_doc": "《婚姻登记条例》", "basis_text": "第二条"},
    "data_entry": {
        "name": "婚姻登记信息", "abstract": "本区婚姻登记办理结果", "keywords": ["婚姻", "登记"], "formats": ["csv"],
        "share_type": "conditional", "share_condition": "用于办理不动产登记等业务时核验", "open_type": "none",
        "update_cycle": "daily", "level": 3,
    },
    "data_item": {"parent": "（所属目录的编码或行键）", "name": "登记日期", "data_type": "date", "level": 3},
    "system": {"name": "婚姻登记管理系统", "short_name": "婚登系统", "phase": "in_use", "network": "gov_extranet"},
    "db_table": {"parent": "（所属系统的编码或行键）", "name": "登记记录", "table_name": "t_register", "kind": "business"},
    "db_column": {
        "parent": "（所属库表的编码或行键）", "name": "reg_date", "name_zh": "登记日期", "data_type": "DATE", "nullable": False,
    },
}
_REFERENCES: Final = {
    ("duty", "superior"): "duty", ("data_item", "parent"): "data_entry", ("db_table", "parent"): "system",
    ("db_column", "parent"): "db_table",
}
"""Columns that name a node, and of which kind."""


def write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """A cell of text, never a formula."""
    sheet.write_string(row, column, exported(text), style)



class Styles:
    """The formats of a workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.plain = book.add_format({"text_wrap": True})
        self.text = book.add_format({"num_format": "@"})
        self.example = book.add_format({"num_format": "@", "italic": True, "font_color": "#7A7A7A"})
        self.header = book.add_format({"bold": True, "bg_color": "#DCE6F4", "border": 1, "text_wrap": True})
        self.error = book.add_format({"bg_color": "#F4C7C3", "num_format": "@"})
        self.corrected = book.add_format({"bg_color": "#CFE8CF", "num_format": "@"})
        self.warning = book.add_format({"bg_color": "#FFE7B3", "num_format": "@"})


class FourLevelBook:
    """Writes the workbook sheet by sheet; ``choices`` maps a kind to "code name" texts for drop-downs."""

    def __init__(
        self, target: str | IO[bytes], department: str, *, export_id: uuid.UUID | None = None,
        notes: Sequence[str] = (), choices: Mapping[str, Sequence[str]] | None = None, example: bool = False,
    ) -> None:
        self._book = xlsxwriter.Workbook(target, {**OPTIONS, "constant_memory": True})
        self._book.set_properties({"title": f"四级目录 {department}", "created": datetime(2026, 1, 1)})
        self._styles, self._example = Styles(self._book), example
        self._choices = {kind: list(texts)[:CHOICES_KEPT] for kind, texts in (choices or {}).items()}
        self._guide(department, export_id, notes)

    def _guide(self, department: str, export_id: uuid.UUID | None, notes: Sequence[str]) -> None:
        sheet = self._book.add_worksheet(GUIDE)
        sheet.set_column(0, 0, 110)
        write_text(sheet, 0, 0, f"四级目录填写说明 · {department}", self._styles.title)
        lines = [f"{number}. {line}" for number, line in enumerate((*_GUIDE, *notes), start=1)]
        if export_id is not None:
            lines.append(f"{MARK}：{export_id}")
        for number, line in enumerate(lines, start=1):
            write_text(sheet, number, 0, line, self._styles.plain)

    def sheet(self, layout: SheetProfile, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write one level; returns how many rows it has."""
        sheet = self._book.add_worksheet(str(layout.name))
        sheet.freeze_panes(1, 0)
        fields, at = list(layout.labels), 0
        for column, field in enumerate(fields):
            sheet.set_column(column, column, 14 if field in FLAGS else 22, self._styles.text)
            label = layout.labels[field] + ("*" if field in layout.required else "")
            write_text(sheet, 0, column, label, self._styles.header)
        if self._example and layout.kind in _EXAMPLES:
            at += 1
            self._row(sheet, layout.kind, fields, at, {**_EXAMPLES[layout.kind], "key": EXAMPLE}, self._styles.example)
        count = 0
        for count, row in enumerate(rows, start=1):
            self._row(sheet, layout.kind, fields, at + count, row, self._styles.text)
        for column, field in enumerate(fields):
            self._drop_down(sheet, layout.kind, field, column, at + count + _SPARE_ROWS)
        return count

    def _row(
        self, sheet: Worksheet, kind: str, fields: Sequence[str], at: int, row: Mapping[str, Any], style: Format
    ) -> None:
        for column, field in enumerate(fields):
            value = row.get(field)
            if value is not None:
                text = exported(text_of(kind, field, value))
                if text:
                    sheet.write_string(at, column, text, style)

    def _drop_down(self, sheet: Worksheet, kind: str, field: str, column: int, last: int) -> None:
        source = self._source(kind, field, column)
        if source:
            sheet.data_validation(1, column, min(last, 1_048_575), column, {
                "validate": "list", "source": source, "show_error": False,
            })

    def _source(self, kind: str, field: str, column: int) -> Any:
        referred = _REFERENCES.get((kind, field))
        if referred:
            return self._range(referred)
        if kind == "link" and field in ("upper", "lower"):
            # which list it is depends on the kind of link in column A
            upper = field == "upper"
            duty, entry, system = (self._range(one) for one in ("duty", "data_entry", "system"))
            if not (duty and entry and system):
                return None
            first, second = (duty, entry) if upper else (entry, system)
            return f'=IF($A2="职责-数据",{first[1:]},{second[1:]})' if upper else (
                f'=IF($A2="数据-系统",{second[1:]},{first[1:]})'
            )
        labels = _labels(kind, field)
        return labels if labels and sum(len(label) + 1 for label in labels) <= 255 else None

    def _range(self, kind: str) -> str | None:
        held = self._choices.get(kind)
        if not held:
            return None
        letter = chr(65 + list(self._choices).index(kind))
        return f"='{CHOICES}'!${letter}$2:${letter}${len(held) + 1}"

    def close(self) -> None:
        """Write the lists behind the drop-downs and finish."""
        if self._choices:
            sheet = self._book.add_worksheet(CHOICES)
            for column, kind in enumerate(self._choices):
                write_text(sheet, 0, column, profile("four-level").sheet(kind).name or kind, self._styles.header)
            for at, texts in enumerate(zip_longest(*self._choices.values(), fillvalue=""), start=1):
                for column, text in enumerate(texts):
                    if text:
                        write_text(sheet, at, column, text)
            sheet.hide()
        self._book.close()


def _labels(kind: str, field: str) -> list[str]:
    listed = LISTED.get(kind, {}).get(field)
    if field in FLAGS:
        return ["是", "否"]
    if field == "level":
        return [token.zh for token in code_list("data_level").tokens]
    if field == "link":
        return list(LINK_LABELS.values())
    return [token.zh for token in code_list(listed).tokens] if listed is not None else []


def four_level(rows: Mapping[str, Sequence[Mapping[str, Any]]], department: str) -> bytes:
    """The four-level workbook; ``rows`` maps a kind to rows of field → stored value."""
    out = io.BytesIO()
    book = FourLevelBook(out, department)
    for layout in profile("four-level").sheets:
        book.sheet(layout, rows.get(layout.kind, ()))
    book.close()
    return out.getvalue()
