"""Sample workbooks for demonstrations and tests, written by this project and labelled 样例.

The listing is generated (no file is committed); the four-level workbook is made from JSON files whose folder the
caller names. Both go in through the ordinary import, so the demo shows the real thing.
"""

import io
import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from catalog.codes.lists import code_list
from catalog.imports.workbook import four_level, write_text

LISTING_ROWS: Final = 300
_SEED: Final = 20261121
_HEADERS: Final = (
    "序号", "所属部门", "数据集名称", "所属主题", "格式类型", "下载次数", "调用次数", "更新日期", "摘要", "文章访问路径",
)
_SUBJECTS: Final = (
    "便民服务网点", "行政许可事项", "双公示", "办事指南", "公共设施", "检查计划", "检查结果", "年度统计", "投诉办理",
    "资金公开", "培训活动", "志愿服务", "应急物资", "停车泊位", "无障碍设施", "文化活动", "体育赛事", "健康讲座",
    "养老驿站", "社区菜市场", "垃圾投放点", "古建筑", "历史文化街区", "公园绿地", "政府采购", "招聘岗位",
)
_SUFFIXES: Final = ("信息", "名录", "统计表", "分布", "清单", "公示")
_FIELDS: Final = (
    "名称", "地址", "联系电话", "开放时间", "责任单位", "统一社会信用代码", "经度", "纬度", "更新时间", "类别", "面积",
    "数量", "状态", "备注", "街道", "社区", "编号", "负责部门",
)
_FORMATS: Final = ("xlsx,csv", "csv,xlsx", "xls,csv", "xlsx", "csv", "xlsx,csv,rdf", "pdf")


def departments(folder: Path) -> list[dict[str, Any]]:
    """Departments of the demo district: name, short_name, kind, region, uscc (None: 待补), aliases, sort."""
    loaded: list[dict[str, Any]] = _load(folder, "departments")
    return loaded


def _load(folder: Path, name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))[name]
    return loaded


def listing_rows(names: Sequence[str], rows: int = LISTING_ROWS) -> list[tuple[str, ...]]:
    """Rows of the sample listing for departments of these names; the same names give the same rows."""
    chance = random.Random(_SEED)
    themes = [token.zh for token in code_list("theme").tokens]
    start = datetime(2026, 1, 5, 9, 0, 0)
    found: list[tuple[str, ...]] = []
    for number in range(1, rows + 1):
        department = names[number % len(names)]
        subject = f"{chance.choice(_SUBJECTS)}{chance.choice(_SUFFIXES)}"
        fields = "、".join(chance.sample(_FIELDS, chance.randint(4, 9)))
        updated = start + timedelta(minutes=chance.randrange(60 * 24 * 300))
        found.append((
            str(number), department, f"{subject}（样例{number:03d}）", chance.choice(themes), chance.choice(_FORMATS),
            "0", "0", updated.strftime("%Y-%m-%d %H:%M:%S"),
            f"样例数据，演示用：{department}{subject}，包括{fields}等字段信息", f"sample://xicheng/{number:05d}",
        ))
    return found


def listing(names: Sequence[str], rows: int = LISTING_ROWS) -> bytes:
    """The sample listing as a workbook in the open-data platform's form (profile ``listing``)."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    book.set_properties({"title": "数据清单（样例）", "created": datetime(2026, 1, 1)})
    sheet = book.add_worksheet("数据清单")
    for column, header in enumerate(_HEADERS):
        write_text(sheet, 0, column, header)
    for number, row in enumerate(listing_rows(names, rows), start=1):
        for column, value in enumerate(row):
            if column in (0, 5, 6):
                sheet.write_number(number, column, int(value))
            else:
                write_text(sheet, number, column, value)
    book.close()
    return out.getvalue()


def four_level_workbook(folder: Path) -> bytes:
    """The four levels with items, columns and links, from duties, entries, systems and tables in ``folder``."""
    duties, entries = _load(folder, "duties"), _load(folder, "entries")
    systems, tables = _load(folder, "systems"), _load(folder, "tables")
    items = [
        {**item, "parent": entry["key"], "key": f"{entry['key']}#{number}"}
        for entry in entries for number, item in enumerate(entry["items"], start=1)
    ]
    columns = [
        {**column, "parent": table["key"], "key": f"{table['key']}.{number}"}
        for table in tables for number, column in enumerate(table["columns"], start=1)
    ]
    rows = {
        "duty": duties, "data_entry": entries, "data_item": items, "system": systems,
        "db_table": [{**table, "parent": table["system"]} for table in tables], "db_column": columns,
        "link": _links(entries, tables),
    }
    return four_level(rows, "样例")


def _links(entries: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for entry in entries:
        found += [{"link": "duty_data", "upper": key, "lower": entry["key"]} for key in entry["duties"]]
        found += [{"link": "data_system", "upper": entry["key"], "lower": key} for key in entry["systems"]]
    numbers = {entry["key"]: len(entry["items"]) for entry in entries}
    for table in tables:
        found += [
            {"link": "item_column", "upper": f"{table['entry']}#{number}", "lower": f"{table['key']}.{number}"}
            for number in range(1, min(numbers[table["entry"]], len(table["columns"])) + 1)
        ]
    return found
