"""Export → edit ten cells in a spreadsheet program → import shows exactly ten changes; .ods and .xls read alike."""

import zipfile
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalog.imports import clashes, jobs, queries, reader, samples, service
from catalog.imports.export import export
from catalog.imports.models import ImportBatch
from catalog.imports.profile import profile
from catalog.nodes.models import DataEntry, DataItem
from kernel.db import Database
from tests.catalog import spreadsheet
from tests.catalog.conftest import Town, make_town
from tests.catalog.test_imports import samples_folder

# sheet, field, row (None: the first row that does not say so already), text
EDITS = (
    ("数据目录", "abstract", 2, "改过的摘要"), ("数据目录", "name", 3, "改过的名称"),
    ("数据目录", "share_type", 4, "不予共享"), ("数据目录", "no_share_basis", 4, "=法律依据（以等号开头的文字）"),
    ("数据目录", "data_updated_at", 5, "2026-03-01"), ("数据目录", "record_count", 6, "12345"),
    ("数据项", "name", 7, "改过的数据项"), ("数据项", "sensitive", None, "是"),
    ("系统目录", "live_on", 2, "2019年5月"), ("库表目录", "row_count", 3, "'1000"),
)
EXPECTED = {
    ("abstract", "改过的摘要"), ("name", "改过的名称"), ("share_type", "不予共享"),
    ("no_share_basis", "=法律依据（以等号开头的文字）"), ("data_updated_at", "2026-03-01 00:00:00"),
    ("record_count", "12345"), ("name", "改过的数据项"), ("sensitive", "是"), ("live_on", "2019-05-01"),
    ("row_count", "1000"),
}


@pytest.fixture
def district(sqlite_database: Database) -> tuple[Database, Town]:
    """The sample district, imported."""
    town = make_town(sqlite_database)
    data = samples.four_level_workbook(samples_folder())
    batch = check(sqlite_database, town.bureau, data, "book.xlsx", create_departments=True)
    jobs.run_apply(sqlite_database, town.bureau, batch.id, accept_partial=False)
    return sqlite_database, town


def check(database: Database, actor: Any, data: bytes, filename: str, **options: Any) -> ImportBatch:
    batch = database.run(lambda s: service.upload(
        s, actor, filename=filename, data=data, profile="four-level", **options
    ))
    return jobs.run_check(database, actor, batch.id)


def cells(database: Database, batch: ImportBatch) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = clashes.described(session, batch, list(session.scalars(queries.changed_rows(batch.id))))
    return [(cell["field"], cell["new"]) for row in rows for cell in row["cells"]]


def placed(path: Path) -> list[tuple[str, int, int, str]]:
    """The edits with their places, as the program takes them: sheet, column, row, text."""
    rows = {sheet.name: sheet.rows for sheet in reader.read(path)}
    labels = {str(sheet.name): sheet.labels for sheet in profile("four-level").sheets}

    def one(sheet: str, field: str, row: int | None, text: str) -> tuple[str, int, int, str]:
        column = [str(cell).strip("*") for cell in rows[sheet][0]].index(labels[sheet][field])
        if row is None:
            row = next(at for at in range(1, len(rows[sheet])) if rows[sheet][at][column] != text)
        # a text that begins with "=" is typed with an apostrophe, or the program would take it for a formula
        return sheet, column, row, f"'{text}" if text.startswith("=") else text

    return list(starmap(one, EDITS))


@pytest.mark.engine("libreoffice")
@pytest.mark.requirement("S4-01")
def test_ten_cells_edited_in_a_spreadsheet_program(district: tuple[Database, Town], tmp_path: Path) -> None:
    spreadsheet.program()
    database, town = district
    source = tmp_path / "export.xlsx"
    with database.read() as session:
        source.write_bytes(export(session, town.bureau, department_id=None))
    targets = {kind: tmp_path / f"edited.{kind}" for kind in ("xlsx", "ods", "xls")}
    spreadsheet.edit(source, placed(source), targets)
    for kind, path in targets.items():
        batch = check(database, town.bureau, path.read_bytes(), path.name)
        assert batch.counts["findings"]["error"] == batch.counts["findings"]["row_error"] == 0, kind
        found = cells(database, batch)
        assert len(found) == 10 and set(found) == EXPECTED, kind
        assert "create" not in batch.counts["actions"] and batch.counts["merged"] is True
    jobs.run_apply(database, town.bureau, batch.id, accept_partial=False)
    with database.read() as session:
        assert session.scalar(select(DataEntry.name).where(DataEntry.name == "改过的名称")) is not None
        assert session.scalar(select(DataItem.name).where(DataItem.name == "改过的数据项")) is not None
    again = check(database, town.bureau, targets["ods"].read_bytes(), "edited.ods")
    assert set(again.counts["actions"]) == {"same"}, "what was imported once changes nothing again"


@pytest.mark.engine("libreoffice")
def test_the_template_of_a_department_opens_and_comes_back(district: tuple[Database, Town], tmp_path: Path) -> None:
    spreadsheet.program()
    database, town = district
    with database.read() as session:
        entry = session.scalars(select(DataEntry).order_by(DataEntry.code)).first()
        assert entry is not None
        home = entry.department_id
        source = tmp_path / "template.xlsx"
        source.write_bytes(export(session, town.bureau, department_id=home, template=True))
    saved = tmp_path / "saved.xlsx"
    spreadsheet.edit(source, [], {"xlsx": saved})
    sheets = {sheet.name: sheet.rows for sheet in reader.read(saved)}
    assert {"填写说明", "数据目录", "关联", "可选项"} <= set(sheets)
    assert sheets["数据目录"][1][0] == "示例"
    assert any(str(cell).startswith(entry.code) for row in sheets["可选项"] for cell in row)


    with zipfile.ZipFile(saved) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert sum(part.count("<dataValidation ") for part in parts) >= 20, "the drop-downs survive the program"
    batch = check(database, town.bureau, saved.read_bytes(), "saved.xlsx", department_id=home)
    assert set(batch.counts["actions"]) == {"same"}, "neither the example nor the program changed anything"
