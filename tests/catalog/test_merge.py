"""A workbook comes back weeks later: sorted, columns moved, others at work meanwhile. Merged cell by cell."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from catalog.imports import base, clashes, exporting, jobs, queries, reader, service
from catalog.imports.export import export
from catalog.imports.models import ImportBatch
from catalog.nodes import service as node_service
from catalog.nodes.models import DataEntry, DataItem
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.conftest import Town

Check = Callable[..., ImportBatch]
ENTRIES = [
    {"name": "甲", "abstract": "甲的摘要", "share_type": "none", "no_share_basis": "依据", "office": "一科"},
    {"name": "乙", "abstract": "乙的摘要", "open_type": "none", "keywords": ["一", "二"]},
    {"name": "丙", "abstract": "丙的摘要", "theme_text": "自拟主题"},
]


def made(database: Database, town: Town) -> dict[str, Any]:
    """Three entries of the civil affairs office, the first with two items; name → id."""
    found: dict[str, Any] = {}
    for values in ENTRIES:
        items = [{"name": "姓名"}, {"name": "日期", "data_type": "date"}] if values["name"] == "甲" else []

        def unit(session: Any, values: Any = values, items: Any = items) -> Any:
            made = node_service.create(
                session, town.officer, "data_entry", values, department_id=town.civil, children=items
            )
            return made.id

        found[str(values["name"])] = database.run(unit)
    return found


def exported(database: Database, town: Town, **wish: Any) -> bytes:
    with database.read() as session:
        return export(session, town.officer, department_id=town.civil, **wish)


def returned(data: bytes, tmp_path: Path, edit: Callable[[str, dict[str, str]], None]) -> bytes:
    """The workbook as an officer sends it back: columns reversed, rows reversed, cells edited by ``edit``."""
    path = tmp_path / "out.xlsx"
    path.write_bytes(data)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "in_memory": True})
    for sheet in reader.read(path):
        target = book.add_worksheet(sheet.name)
        rows = [[str(cell or "") for cell in row] for row in sheet.rows]
        if sheet.name not in ("填写说明", "可选项") and rows:
            records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
            for record in records:
                edit(sheet.name, record)
            header = list(reversed(rows[0]))
            rows = [header, *([record[name] for name in header] for record in reversed(records))]
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                target.write_string(number, column, text)
    book.close()
    return out.getvalue()


def edit_entry(database: Database, town: Town, entry_id: Any, **values: Any) -> None:
    def unit(session: Any) -> None:
        node_service.edit(session, town.officer, "data_entry", session.get_one(DataEntry, entry_id), values)

    database.run(unit)


def changes(database: Database, batch: ImportBatch) -> set[tuple[str, str, str, str]]:
    with database.read() as session:
        rows = clashes.described(session, batch, list(session.scalars(queries.changed_rows(batch.id))))
    return {(row["name"], cell["field"], cell["old"], cell["new"]) for row in rows for cell in row["cells"]}


def test_only_true_clashes_are_asked(database: Database, town: Town, checked: Check, tmp_path: Path) -> None:
    entries = made(database, town)
    data = exported(database, town)
    # meanwhile: another cell of 甲, the same cell of 乙 to the same value, the same cell of 丙 to another value
    edit_entry(database, town, entries["甲"], office="二科")
    edit_entry(database, town, entries["乙"], abstract="新摘要")
    edit_entry(database, town, entries["丙"], abstract="他人的摘要")

    def mine(sheet: str, record: dict[str, str]) -> None:
        if sheet == "数据目录":
            record["摘要"] = {"甲": "我的摘要", "乙": "新摘要", "丙": "我的丙"}[record["数据目录名称*"]]

    batch = checked(town.officer, returned(data, tmp_path, mine), profile="four-level")
    assert batch.counts["merged"] is True and batch.counts["findings"]["row_error"] == 0
    assert batch.counts["actions"] == {"update": 2, "same": 3}
    assert changes(database, batch) == {("甲", "abstract", "甲的摘要", "我的摘要")}
    with database.read() as session:
        (clash,) = session.scalars(queries.clashes(batch.id))
        assert (clash.name, clash.label, clash.base, clash.current, clash.mine) == (
            "丙", "摘要", "丙的摘要", "他人的摘要", "我的丙"
        )
    with pytest.raises(MulianError) as caught:
        jobs.run_apply(database, town.officer, batch.id, accept_partial=False)
    assert caught.value.code == "catalog.import.clashes"
    database.run(lambda s: clashes.choose(s, town.officer, service.found(s, town.officer, batch.id), "mine"))
    assert changes(database, batch) == {
        ("甲", "abstract", "甲的摘要", "我的摘要"), ("丙", "abstract", "他人的摘要", "我的丙")
    }
    # a second check keeps what was decided about the same three values
    again = jobs.run_check(database, town.officer, batch.id)
    with database.read() as session:
        assert queries.undecided(session, again.id) == 0
    jobs.run_apply(database, town.officer, batch.id, accept_partial=False)
    with database.read() as session:
        rows = {row.name: row for row in session.scalars(select(DataEntry))}
        assert [rows[name].abstract for name in "甲乙丙"] == ["我的摘要", "新摘要", "我的丙"]
        assert rows["甲"].office == "二科", "what others did stays"
        assert rows["丙"].theme_text == "自拟主题"


@pytest.mark.parametrize("choice", ["current", "mine"])
def test_items_merge_like_their_entries(
    database: Database, town: Town, checked: Check, tmp_path: Path, choice: str
) -> None:
    entries = made(database, town)
    data = exported(database, town)

    def others(session: Any) -> None:
        held = session.scalars(select(DataItem).order_by(DataItem.number)).all()
        items = [{"id": str(one.id), "name": one.name, "data_type": one.data_type} for one in held]
        items[0]["data_type"], items[1]["code_set"] = "string", "GB/T 7408"
        node_service.edit(session, town.officer, "data_entry", session.get_one(DataEntry, entries["甲"]), {}, items)

    database.run(others)

    def mine(sheet: str, record: dict[str, str]) -> None:
        if sheet == "数据项":
            record["数据类型"] = "数值型" if record["数据项名称*"] == "姓名" else record["数据类型"]
            record["长度"] = "10" if record["数据项名称*"] == "日期" else ""

    batch = checked(town.officer, returned(data, tmp_path, mine), profile="four-level")
    assert batch.counts["clashes"] == 1, batch.counts
    database.run(lambda s: clashes.choose(s, town.officer, service.found(s, town.officer, batch.id), choice, [1]))
    jobs.run_apply(database, town.officer, batch.id, accept_partial=False)
    with database.read() as session:
        first, second = session.scalars(select(DataItem).order_by(DataItem.number)).all()
        assert first.data_type == ("string" if choice == "current" else "decimal")
        assert (second.code_set, second.length) == ("GB/T 7408", 10), "both people's cells are there"


def test_a_code_that_changed_since_is_found_by_its_node(
    database: Database, town: Town, checked: Check, tmp_path: Path
) -> None:
    entries = made(database, town)
    data = exported(database, town)
    edit_entry(database, town, entries["甲"], class_code="306001")

    def mine(sheet: str, record: dict[str, str]) -> None:
        if sheet == "数据目录" and record["数据目录名称*"] == "甲":
            record["处室"] = "三科"

    batch = checked(town.officer, returned(data, tmp_path, mine), profile="four-level")
    assert changes(database, batch) == {("甲", "office", "一科", "三科")}
    assert batch.counts["findings"]["row_error"] == 0


def test_without_its_base_a_stale_row_stays_out(
    database: Database, town: Town, checked: Check, tmp_path: Path
) -> None:
    entries = made(database, town)
    data = exported(database, town)
    edit_entry(database, town, entries["甲"], office="二科")
    with database.read() as session:
        folder = service.base_folder(session)
    assert exporting.forget(folder, now=4e9)["bases"] == 1 and not list(folder.iterdir())

    def mine(sheet: str, record: dict[str, str]) -> None:
        if sheet == "数据目录":
            record["摘要"] = "我的" + record["摘要"]

    batch = checked(town.officer, returned(data, tmp_path, mine), profile="four-level")
    assert batch.counts["merged"] is False and batch.counts["codes"]["stale"] == 1
    assert batch.counts["actions"] == {"skip": 1, "update": 2, "same": 2}


def test_a_damaged_base_is_no_base(tmp_path: Path) -> None:
    path = tmp_path / "x.base.gz"
    path.write_bytes(b"\x1f\x8b broken")
    assert base.Base.read(path).found is False
    assert base.Base.read(None).found is False
    assert base.export_id_in([["导出编号：../../etc/passwd"]]) is None
