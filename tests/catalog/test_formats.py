"""What can be read: csv in UTF-8 and GB18030, json, title rows, merged cells, codes that lost their last digits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalog.imports import jobs, queries, reader, service
from catalog.imports.export import export
from catalog.imports.mapping import FINDINGS_SHEET
from catalog.imports.marked import marked
from catalog.imports.models import ImportBatch
from catalog.nodes import service as node_service
from catalog.nodes.models import DataEntry
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog import books
from tests.catalog.conftest import Town

Check = Callable[..., ImportBatch]
ROWS = [["区民政局", "婚姻登记𠮷", "社会保障", "csv", "2026.3", "含逗号,引号\"和\n换行", "u:1"], ["区民政局", "乙", "", "", "", "", "u:2"]]


def csv_text(separator: str = ",") -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n\t;') else text

    return "\r\n".join(separator.join(map(cell, row)) for row in [books.HEADER, *ROWS]) + "\r\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (csv_text().encode(), "a.csv"), (csv_text().encode("utf-8-sig"), "a.csv"),
        (csv_text().encode("gb18030"), "a.CSV"), (csv_text("\t").encode("utf-16"), "a.txt"),
        (csv_text(";").encode("gb18030"), "a.csv"),
        (json.dumps([dict(zip(books.HEADER, row, strict=True)) for row in ROWS]).encode(), "a.json"),
        (books.listing(*ROWS), "a.xlsx"),
        (books.book({"表": [["数据清单"] + [None] * 6, [], books.HEADER, *ROWS]}), "a.xlsx"),
    ],
)
def test_every_form_says_the_same(
    sqlite_database: Database, data: bytes, name: str, tmp_path: Path
) -> None:
    from tests.catalog.conftest import make_town

    town = make_town(sqlite_database)
    batch = sqlite_database.run(lambda s: service.upload(s, town.bureau, filename=name, data=data, profile="listing"))
    batch = jobs.run_check(sqlite_database, town.bureau, batch.id)
    assert batch.counts["actions"] == {"create": 2}, batch.counts
    jobs.run_apply(sqlite_database, town.bureau, batch.id, accept_partial=False)
    with sqlite_database.read() as session:
        first, second = session.scalars(select(DataEntry).order_by(DataEntry.code)).all()
    assert (first.name, first.theme, first.formats) == ("婚姻登记𠮷", "welfare", ["csv"])
    assert first.abstract == "含逗号,引号\"和\n换行" and second.name == "乙"


def test_merged_cells_give_their_value_to_every_row(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    path.write_bytes(books.book(
        {"表": [["部门", "名称"], ["", "甲"], ["", "乙"], ["", "丙"]]}, merge=[("表", "A2:A4", "区民政局")]
    ))
    with reader.open_book(path) as (sheet,):
        assert [row[0] for row in sheet] == ["部门", "区民政局", "区民政局", "区民政局"]
        first, second = iter(sheet), iter(sheet)
        assert next(first) == next(second), "a sheet may be read in turns"


def test_the_marked_workbook_has_every_finding_at_its_cell(
    sqlite_database: Database, tmp_path: Path
) -> None:
    from tests.catalog.conftest import make_town

    town = make_town(sqlite_database)
    data = books.book({"数据目录": [
        ["数据目录名称", "资源代码", "数据更新时间", "共享类型"], ["甲", 123456789012345678, "昨天", "1"],
    ]})
    batch = sqlite_database.run(lambda s: service.upload(s, town.officer, filename="a.xlsx", data=data,
                                                         profile="four-level"))
    batch = jobs.run_check(sqlite_database, town.officer, batch.id)
    assert set(batch.counts["codes"]) == {"precision_lost", "date", "bare_number"}
    with sqlite_database.read() as session:
        findings = list(session.scalars(queries.findings(batch.id)))
        path = service.file_of(session, batch.id)
    with reader.open_book(path, "a.xlsx") as sheets:
        out = tmp_path / "marked.xlsx"
        out.write_bytes(marked(sheets, findings))
    listed = {sheet.name: sheet.rows for sheet in reader.read(out)}
    assert list(listed) == [FINDINGS_SHEET, "数据目录"]
    assert [row[:4] for row in listed[FINDINGS_SHEET]] == [
        ["工作表", "行号", "列", "原值"], ["数据目录", "2", "B 资源代码", "1.234567890123457e+17"],
        ["数据目录", "2", "C 数据更新时间", "昨天"], ["数据目录", "2", "D 共享类型", "1"],
    ]
    import zipfile

    with zipfile.ZipFile(out) as archive:
        notes = b"".join(archive.read(name) for name in archive.namelist() if "comments" in name).decode()
    assert all(f'ref="{cell}"' in notes for cell in ("B2", "C2", "D2")) and "已丢失精度" in notes


def test_important_data_leave_by_no_export(database: Database, town: Town, checked: Check) -> None:
    for name, level in (("一般", 2), ("重要", 5)):
        values = {"name": name, "abstract": "x", "level": level}
        database.run(lambda s, v=values: node_service.create(  # type: ignore[misc]
            s, town.officer, "data_entry", v, department_id=town.civil, children=[{"name": "项"}]
        ))
    with database.read() as session:
        data = export(session, town.officer, department_id=town.civil)
        text = export(session, town.officer, department_id=town.civil, format="json").decode()
    assert "一般" in text and "重要" not in text
    batch = checked(town.officer, data, profile="four-level")
    assert batch.counts["actions"] == {"same": 2}, "what was held back is not touched by coming back"


def test_a_foreign_department_is_not_exported(database: Database, town: Town) -> None:
    with database.read() as session, pytest.raises(MulianError) as caught:
        export(session, town.officer, department_id=town.health)
    assert caught.value.code == "catalog.node.unknown"
    with database.read() as session, pytest.raises(MulianError) as caught:
        export(session, town.officer, department_id=None, format="csv")
    assert caught.value.code == "catalog.export.kind"


def test_an_item_under_a_foreign_entry_stays_out(database: Database, town: Town, checked: Check) -> None:
    code = database.run(lambda s: node_service.create(
        s, town.stranger, "data_entry", {"name": "卫生"}, department_id=town.health
    ).code)
    data: dict[str, Any] = {"数据项": [["所属目录", "数据项名称"], [f"{code} 卫生", "混入"]]}
    batch = checked(town.officer, books.book(data), profile="four-level")
    assert batch.counts["codes"] == {"department_foreign": 1} and batch.counts["actions"] == {"skip": 1}
