"""Cells corrected beside an uploaded workbook: the next check reads them, the file stays, nothing stale is applied."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.imports import corrections, jobs, queries, reader, service
from catalog.imports.choices import choices
from catalog.imports.corrected import Corrected, over
from catalog.imports.findings import index_of, letter
from catalog.imports.marked import marked
from catalog.imports.models import ImportBatch, ImportCorrection, ImportFinding
from catalog.imports.profile import profile
from catalog.nodes.models import DataEntry
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.digest import sm3_hex
from tests.catalog import books
from tests.catalog.conftest import Town
from tests.catalog.test_imports import ROWS, Check, apply, code, count, found


def correct(database: Database, actor: Any, batch: ImportBatch, cell: str, value: str | None) -> int:
    column, row = cell[0], int(cell[1:])
    return database.run(lambda s: corrections.correct(
        s, actor, service.found(s, actor, batch.id), sheet="Sheet1", row_no=row, column=column, value=value
    ).number)


def again(database: Database, actor: Any, batch: ImportBatch) -> ImportBatch:
    return jobs.run_check(database, actor, batch.id)


def test_corrected_cells_are_read_by_the_next_check(
    database: Database, town: Town, checked: Check, tmp_path: Path
) -> None:
    data = books.listing(*ROWS)
    batch = checked(town.bureau, data, create_departments=False)
    bad = {(row, column) for row, column, _, severity, _ in found(database, batch) if severity == "row_error"}
    assert bad == {(4, "A"), (5, "B"), (5, "E"), (6, "G")}
    for cell, value in (("A4", "区民政局"), ("B5", "丙"), ("E5", "2026年3月"), ("G6", "u:5"), ("B5", "丙丙")):
        correct(database, town.bureau, batch, cell, value)
    assert code(lambda: apply(database, town.bureau, batch, partial=True)) == "catalog.import.unchecked"
    batch = again(database, town.bureau, batch)
    assert not [f for f in found(database, batch) if f[3] == "row_error"] and batch.counts["actions"] == {"create": 5}
    with database.read() as session:
        path = service.file_of(session, batch.id)
        assert path.read_bytes() == data and batch.sm3 == sm3_hex(data), "what was uploaded stays as it was"
        held = queries.corrections(session, batch.id)
        with reader.open_book(path, "a.xlsx") as sheets:
            shown = marked(over(sheets, held), list(session.scalars(queries.findings(batch.id))), held)
    (tmp_path / "m.xlsx").write_bytes(shown)
    cells = {sheet.name: sheet.rows for sheet in reader.read(tmp_path / "m.xlsx")}
    assert cells["Sheet1"][4][1] == "丙丙" and cells["Sheet1"][5][6] == "u:5" and cells["Sheet1"][1] == ROWS[0]
    assert [row[3:5] for row in cells["更正记录"][1:]] == [["没有的部门", "区民政局"], ["", "丙丙"], ["昨天", "2026年3月"], ["u:1", "u:5"]]
    # the marked workbook can be uploaded again, and again: its lists are no data and are written anew
    for _ in range(2):
        second = checked(town.bureau, shown, create_departments=False)
        assert not [f for f in found(database, second) if f[3] == "row_error"]
        assert second.counts["actions"] == {"create": 5} and not second.counts["findings"]["error"]
        with database.read() as session:
            findings = list(session.scalars(queries.findings(second.id)))
            with reader.open_book(service.file_of(session, second.id), "b.xlsx") as sheets:
                shown = marked(sheets, findings)
        (tmp_path / "m.xlsx").write_bytes(shown)
        assert [sheet.name for sheet in reader.read(tmp_path / "m.xlsx")] == ["问题清单", "Sheet1"]
    # one that is taken back is what the file says again, and that too has to be checked first
    correct(database, town.bureau, batch, "G6", None)
    assert code(lambda: correct(database, town.bureau, batch, "G6", None)) == "catalog.import.not_corrected"
    assert code(lambda: apply(database, town.bureau, batch)) == "catalog.import.unchecked"
    batch = again(database, town.bureau, batch)
    assert (6, "G", "u:1", "row_error", "duplicate_key") in found(database, batch)
    assert apply(database, town.bureau, batch, partial=True)["data_entry_created"] == 4
    assert count(database, DataEntry, DataEntry.name == "丙丙") == 1
    assert code(lambda: correct(database, town.bureau, batch, "G6", "u:6")) == "catalog.import.state"
    with database.read() as session:
        told = session.scalars(select(AuditLog.detail).where(AuditLog.action == "catalog.import.correct")).all()
        applied = session.scalars(select(AuditLog.detail).where(AuditLog.action == "catalog.import.apply")).one()
    assert len(told) == 6 and told[-1]["value_sm3"] is None and "丙" not in str(told) and applied["corrections_sm3"]


def test_only_cells_of_findings_by_those_who_see_the_batch(
    database: Database, town: Town, checked: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(town.officer, books.listing(*ROWS))
    assert code(lambda: correct(database, town.officer, batch, "F2", "x")) == "catalog.import.cell_unknown"
    assert code(lambda: correct(database, town.stranger, batch, "A4", "x")) == "catalog.import.unknown"
    assert code(lambda: correct(database, town.officer, batch, "A4", None)) == "catalog.import.not_corrected"
    assert count(database, ImportCorrection) == 0
    monkeypatch.setattr(corrections, "MOST", 1)
    correct(database, town.officer, batch, "A4", "x")
    assert code(lambda: correct(database, town.officer, batch, "A4", "y")) == "catalog.import.cells_many"
    # a heading that stands twice is a cell like any other
    twice = checked(town.officer, books.listing([*ROWS[0], "x"], header=[*books.HEADER, "数据集名称"]))
    assert [f[:2] + f[4:] for f in found(database, twice)] == [(1, "H", "column_twice")]
    correct(database, town.officer, twice, "H1", "备注")
    twice = again(database, town.officer, twice)
    assert [f[3:] for f in found(database, twice)] == [("warning", "column_unused")]
    assert apply(database, town.officer, twice)["data_entry_created"] == 1


def test_a_correction_that_says_secret_leaves_nothing(database: Database, town: Town, checked: Check) -> None:
    header = [*books.HEADER, "是否涉密"]
    batch = checked(town.officer, books.listing([*ROWS[0], "也许"], header=header))
    assert [f[:2] for f in found(database, batch)] == [(2, "H")]
    correct(database, town.officer, batch, "H2", "是")
    again(database, town.officer, batch)
    assert found(database, batch) == [(2, "H", "", "error", "secret")] and count(database, ImportCorrection) == 0
    with database.read() as session:
        assert not service.file_of(session, batch.id).exists()
    assert code(lambda: correct(database, town.officer, batch, "H2", "否")) == "catalog.import.file_gone"


CELLS = st.lists(st.lists(st.one_of(st.none(), st.text("甲乙1", max_size=2)), max_size=4), max_size=4)
TEXTS = st.one_of(st.none(), st.text("丙2", max_size=2))
PLACES = st.dictionaries(st.tuples(st.integers(1, 5), st.integers(0, 5)), TEXTS)


@given(CELLS, PLACES)
def test_a_corrected_sheet_has_those_cells(rows: list[list[Any]], places: dict[tuple[int, int], Any]) -> None:
    """Whatever the rows hold: corrected cells say what was written, all others what the file says."""
    held = {("甲", row, letter(at)): Mock(value=value) for (row, at), value in places.items()}
    assert all(index_of(letter(at)) == at for _, at in places)
    sheet = reader.Sheet("甲", [list(row) for row in rows])
    (made,) = over([sheet], held)  # type: ignore[list-item, arg-type]
    assert isinstance(made, Corrected) and made.name == "甲"
    for number, (row, before) in enumerate(zip(list(made), rows, strict=True), start=1):
        new = {at: value for (of, at), value in places.items() if of == number and value is not None}
        assert [new.get(at, before[at] if at < len(before) else None) for at in range(len(row))] == row
        assert len(row) == max([len(before), *(at + 1 for at in new)])


@pytest.mark.pure
@pytest.mark.parametrize(("place", "value", "first", "most"), [
    (("数据目录", "共享类型", "label_unknown"), "有条件", "有条件共享", 3),
    (("数据目录", "*共享类型（必填）", "bare_number"), "2", "无条件共享", 3),
    (("数据目录", "数据级别", "label_unknown"), "9", "一般1级", 6),
    (("", "所属主题", "theme_unknown"), "医疗健", "医疗健康", 20),
    (("关联", "关联类型", "label_unknown"), "数据", "职责-数据", 6),
    (("数据目录", "目录名称", "empty_required"), "", None, 0),
    (("数据目录", "别的列", "label_unknown"), "甲", None, 0),
])
def test_a_finding_offers_what_its_cell_may_say(
    place: tuple[str, str, str], value: str, first: str | None, most: int
) -> None:
    """All labels of the list that rules the cell, whatever the file calls sheet and column; else nothing."""
    sheet, header, code = place
    offered = choices(profile("four-level"), ImportFinding(sheet=sheet, header=header, code=code, value=value))
    assert (offered[0] if offered else None, len(offered)) == (first, most)
