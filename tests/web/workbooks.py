"""Four-level workbooks as an officer sends them, good and bad."""

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

ENTRY_COLUMNS = ("行键", "所属部门", "数据目录名称", "摘要", "格式类型", "共享类型", "开放类型", "更新周期")
ITEM_COLUMNS = ("所属目录", "数据项名称", "数据类型", "敏感", "个人信息")
OTHERS = ("职责目录", "系统目录", "库表目录", "字段", "关联")


def entry(key: str, department: str, name: str, *, share: str = "无条件共享", open_: str = "不予开放") -> tuple[str, ...]:
    """A row of 数据目录."""
    return (key, department, name, f"{name}的摘要", "数据库", share, open_, "每日")


def write(path: Path, entries: Sequence[tuple[str, ...]], items: Sequence[tuple[str, ...]] = ()) -> Path:
    """Write a workbook with these entries and items; the other sheets stay empty."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, columns, rows in (("数据目录", ENTRY_COLUMNS, entries), ("数据项", ITEM_COLUMNS, items)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate((columns, *rows)):
                sheet.write_row(number, 0, row)
    return path
