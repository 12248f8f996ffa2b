"""Imports on both databases: findings by cell, all or nothing, partial on request, undo, round trip."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from catalog.codes import profiles
from catalog.imports import jobs, mapping, queries, reader, samples, service
from catalog.imports.export import export
from catalog.imports.marked import marked
from catalog.imports.models import ImportBatch, ImportRow
from catalog.imports.undo import undo
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DataItem, ItemColumn, SystemTable
from catalog.review import queries as reviews
from catalog.review import service as review
from catalog.search.models import SearchDoc
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.models import Department
from tests.catalog import books
from tests.catalog.conftest import SHARED, Town
from tests.support.scale import Scale

Check = Callable[..., ImportBatch]
GOOD = ["区民政局", "婚姻登记信息", "社会保障", "csv,xlsx", "2026年3月", "包括姓名、日期", "u:1"]
ROWS = [
    GOOD, ["民政局", "婚姻登记信息", " 社会保障", "", 46000, "", "u:2"], ["没有的部门", "甲", "", "csv", "", "", "u:3"],
    ["区民政局", "", "社会保章", "csv", "昨天", "", "u:4"], ["区民政局", "乙", "", "csv", "2026.3", "", "u:1"],
]


def count(database: Database, model: Any, *where: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def found(database: Database, batch: ImportBatch) -> list[tuple[Any, ...]]:
    with database.read() as session:
        rows = session.scalars(queries.findings(batch.id))
        return [(f.row_no, f.column, f.value, f.severity, f.code) for f in rows]


def apply(database: Database, actor: Any, batch: ImportBatch, partial: bool = False) -> dict[str, int]:
    return jobs.run_apply(database, actor, batch.id, accept_partial=partial)


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


def test_findings_name_their_cells_and_bad_rows_stay_out(database: Database, town: Town, checked: Check) -> None:
    batch = checked(town.bureau, books.listing(*ROWS), create_departments=False)
    assert found(database, batch) == [
        (3, "B", "婚姻登记信息", "warning", "duplicate_name"), (3, "C", " 社会保障", "warning", "theme_spelling"),
        (3, "D", "", "warning", "empty_format"), (4, "A", "没有的部门", "row_error", "department_unknown"),
        (5, "B", "", "row_error", "empty_required"), (5, "C", "社会保章", "warning", "theme_unknown"),
        (5, "E", "昨天", "row_error", "date"), (6, "G", "u:1", "row_error", "duplicate_key"),
    ] or sorted(map(str, found(database, batch)))
    assert code(lambda: apply(database, town.bureau, batch)) == "catalog.import.row_errors"
    assert count(database, DataEntry) == 0
    assert apply(database, town.bureau, batch, partial=True)["data_entry_created"] == 2
    assert apply(database, town.bureau, batch, partial=True)["data_entry_created"] == 2, "a job that runs again"
    with database.read() as session:
        rows = session.scalars(select(DataEntry).order_by(DataEntry.code)).all()
        assert [row.department_id for row in rows] == [town.civil] * 2
        assert rows[0].data_updated_at is not None and rows[0].data_updated_at.isoformat().startswith(
            "2026-02-28T16:00"
        )
        assert rows[1].theme == "welfare" and rows[1].formats == []
        assert count(database, SearchDoc) == 2


def test_an_error_stops_everything(database: Database, town: Town, checked: Check) -> None:
    batch = checked(town.bureau, books.listing(GOOD[1:], header=books.HEADER[1:]))
    assert [f[4] for f in found(database, batch)] == ["column_missing"]
    assert code(lambda: apply(database, town.bureau, batch, partial=True)) == "catalog.import.errors"
    twice = checked(town.bureau, books.listing([*GOOD, "x"], header=[*books.HEADER, "数据集名称"]))
    assert [f[4] for f in found(database, twice)] == ["column_twice"]
    nothing = checked(town.bureau, books.book({"Sheet1": [["只是", "说明"]]}))
    assert [f[3] for f in found(database, nothing)] == ["error"]
    assert count(database, DataEntry) == 0


def test_nothing_of_a_secret_row_is_kept(database: Database, town: Town, checked: Check) -> None:
    data = books.listing([*GOOD, "否"], [*GOOD[:1], "机密名称", *GOOD[2:6], "u:9", "是"], header=[*books.HEADER, "是否涉密"])
    batch = checked(town.bureau, data)
    assert found(database, batch) == [(3, "H", "", "error", "secret")]
    assert count(database, ImportRow) == 0
    with database.read() as session:
        assert not service.file_of(session, batch.id).exists()


def test_an_officer_imports_for_the_own_department_only(database: Database, town: Town, checked: Check) -> None:
    batch = checked(town.officer, books.listing(GOOD, ["区卫生健康委", "乙", "", "csv", "", "", "u:2"], ["新部门", "丙"]))
    assert {f[4] for f in found(database, batch)} >= {"department_foreign", "department_unknown"}
    assert code(lambda: service_found(database, town.stranger, batch.id)) == "catalog.import.unknown"
    with database.read() as session:
        again = service.uploader(session, batch.id)
    assert (again.scope, again.department_id, again.kind) == ("own", town.civil, "user"), "a job reaches no further"


def service_found(database: Database, actor: Any, batch_id: uuid.UUID) -> ImportBatch:
    with database.read() as session:
        return service.found(session, actor, batch_id)


def test_same_change_and_undo(database: Database, town: Town, checked: Check) -> None:
    first = checked(town.bureau, books.listing(GOOD, ["区民政局", "乙", "", "csv", "", "", "u:2"]))
    apply(database, town.bureau, first)
    again = checked(town.bureau, books.listing(GOOD, ["区民政局", "乙改", "", "csv", "", "", "u:2"]))
    assert again.counts["actions"] == {"same": 1, "update": 1}
    apply(database, town.bureau, again)
    assert count(database, DataEntry, DataEntry.name == "乙改") == 1
    done = database.run(lambda s: undo(s, town.bureau, service.found(s, town.bureau, again.id)))
    assert (done["removed"], done["restored"], done["left"]) == (0, 1, [])
    assert count(database, DataEntry, DataEntry.name == "乙") == 1
    # the second entry was edited since the first batch, so undoing that leaves it and says so
    done = database.run(lambda s: undo(s, town.bureau, service.found(s, town.bureau, first.id)))
    assert done["removed"] == 1 and len(done["left"]) == 1
    assert count(database, DataEntry) == count(database, SearchDoc) == 1
    undone = lambda: database.run(lambda s: undo(s, town.bureau, service.found(s, town.bureau, first.id)))  # noqa: E731
    assert code(undone) == "catalog.import.state"
    with database.read() as session:
        kept = session.scalar(select(DataEntry.code)) or ""
    assert kept.endswith("-000002"), "numbers are not given again"
    apply(database, town.bureau, checked(town.bureau, books.listing(GOOD)))
    assert count(database, DataEntry, DataEntry.code.endswith("-000003")) == 1


def test_rows_changed_between_check_and_apply_are_not_overwritten(
    database: Database, town: Town, checked: Check
) -> None:
    apply(database, town.bureau, checked(town.bureau, books.listing(GOOD)))
    batch = checked(town.bureau, books.listing(["区民政局", "新名", *GOOD[2:]]))
    with database.write() as session:
        node = session.scalars(select(DataEntry)).one()
        node_service.edit(session, town.officer, "data_entry", node, {"office": "二科"})
    assert code(lambda: apply(database, town.bureau, batch)) == "catalog.import.stale"


def test_four_levels_round_trip_without_loss(database: Database, town: Town, checked: Check) -> None:
    folder = samples_folder()
    names = [row["name"] for row in samples.departments(folder)]
    batch = checked(town.bureau, samples.four_level_workbook(folder), profile="four-level", create_departments=True)
    assert batch.counts["findings"]["error"] == batch.counts["findings"]["row_error"] == 0, found(database, batch)[:5]
    counts = apply(database, town.bureau, batch)
    sizes = sample_sizes()
    assert {kind: counts[f"{kind}_created"] for kind in sizes} == sizes
    assert count(database, SystemTable) == sizes["db_table"]
    assert 160 < count(database, ItemColumn) <= count(database, DataItem)
    assert count(database, Department, Department.name.in_(names), Department.uscc.is_(None)) == len(names)
    with database.read() as session:
        data = export(session, town.bureau, department_id=None)
    same = checked(town.bureau, data, profile="four-level")
    assert [f for f in found(database, same) if f[3] != "warning"] == []
    assert set(same.counts["actions"]) == {"same"}, "an export changes nothing"
    assert sum(row.kind == "link" for row in _rows(database, same)) > 160
    assert apply(database, town.bureau, same).get("link_created", 0) == 0
    done = database.run(lambda s: undo(s, town.bureau, service.found(s, town.bureau, batch.id)))
    assert done["left"] == [] and count(database, DataEntry) == count(database, DataItem) == 0


def _rows(database: Database, batch: ImportBatch) -> list[ImportRow]:
    with database.read() as session:
        return list(session.scalars(select(ImportRow).where(ImportRow.batch_id == batch.id).order_by(ImportRow.seq)))


def sample_sizes() -> dict[str, int]:
    """Level → rows in the demo's data files."""
    files = {"duty": "duties", "data_entry": "entries", "system": "systems", "db_table": "tables"}
    return {
        kind: len(json.loads((samples_folder() / f"{name}.json").read_text("utf-8"))[name])
        for kind, name in files.items()
    }


def samples_folder() -> Path:
    """The demo's data files."""
    return Path(__file__).resolve().parents[2] / "mulian" / "demo" / "data"


def test_four_level_faults(database: Database, town: Town, checked: Check) -> None:
    data = books.book({
        "数据目录": [
            ["行键", "资源代码", "数据目录名称", "共享类型", "数据级别", "行版本"],
            ["E1", "", "甲", "1", "", ""], ["E2", 123456789012345678, "乙", "无条件共享", "一般2级", ""],
            ["E3", "P-X-000009", "丙", "无条件共享", "", ""], ["E4", "", "丁", "有条件", "9", ""],
        ],
        "数据项": [["所属目录", "数据项名称"], ["E9", "x"], ["E1", "y"]],
        "关联": [["关联类型", "上级", "下级"], ["职责-数据", "D1", "E4"], ["乱写", "a", "b"]],
        "别的": [["x"]],
    })
    batch = checked(town.officer, data, profile="four-level")
    assert {(f[0], f[1], f[4]) for f in found(database, batch) if f[3] == "row_error"} == {
        (2, "D", "bare_number"), (3, "B", "precision_lost"), (4, "B", "code_unknown"), (5, "E", "label_unknown"),
        (2, "A", "reference_unknown"), (3, "A", "reference_unknown"), (2, "B", "reference_unknown"),
        (2, "C", "reference_unknown"), (3, "A", "label_unknown"),
    }
    read = checked(town.officer, data, profile="four-level", numbers="unconditional-first")
    assert "bare_number" not in {f[4] for f in found(database, read)}
    body = {"lists": {"share_type": {"1": "conditional"}}}
    database.run(lambda s: profiles.save(
        s, system_actor("test"), kind="numbers", key="old-system", zh="旧系统", en="", source="旧系统说明", body=body
    ))
    loaded = checked(town.officer, data, profile="four-level", numbers="old-system")
    assert "bare_number" not in {f[4] for f in found(database, loaded)}, "a profile that the district added"
    assert code(lambda: checked(town.officer, data, numbers="no-such")) == "catalog.codes.profile_unknown"
    assert code(lambda: checked(town.officer, data, profile="nope")) == "catalog.import.profile_unknown"


def test_the_marked_workbook_and_formulas(database: Database, town: Town, checked: Check, tmp_path: Any) -> None:
    evil = "=HYPERLINK(\"http://x\",\"点我\")"
    batch = checked(town.bureau, books.listing(["区民政局", evil, "", "", "", "＋1", "u:1"]))
    apply(database, town.bureau, batch)
    with database.read() as session:
        rows = list(session.scalars(queries.findings(batch.id)))
        data = marked(reader.read(service.file_of(session, batch.id), "a.xlsx"), rows)
        out = export(session, town.officer, department_id=town.civil)
    for name, content in (("m.xlsx", data), ("o.xlsx", out)):
        path = tmp_path / name
        path.write_bytes(content)
        cells = [cell for sheet in reader.read(path) for row in sheet.rows for cell in row if isinstance(cell, str)]
        assert "'" + evil in cells and not any(cell.startswith(("=", "＋")) for cell in cells)
    back = checked(town.officer, out, profile="four-level")
    assert back.counts["actions"] == {"same": 1}, "the apostrophe comes off again"


@pytest.mark.parametrize(
    "text",
    ["2026.3", "2026年3月", "2026-03-01", "2026/3/1", "2026年3月1日 00:00", 46082, {"d": "2026-03-01T00:00:00"}],
)
def test_dates_as_people_write_them(text: Any) -> None:
    assert mapping.cells.day(text) == "2026-03-01"


@pytest.mark.skipif(not SHARED.exists(), reason="the real listing lies beside the checkout")
@pytest.mark.requirement("S4-01")
def test_the_real_listing(database: Database, town: Town, checked: Check, scale: Scale) -> None:
    """All rows on SQLite; on PostgreSQL the whole only in ``make prove``."""
    rows = reader.read(SHARED)[0].rows
    size = 4432 if database.dialect == "sqlite" else scale.of(400, 4432)
    data = SHARED.read_bytes() if size == 4432 else books.book({"Sheet1": rows[: size + 1]})
    batch = checked(town.bureau, data, filename=SHARED.name)
    assert batch.counts["rows"] == batch.counts["actions"]["create"] == size
    if size == 4432:
        codes = batch.counts["codes"]
        assert (codes["duplicate_name"], codes["empty_format"]) == (205, 3)
        assert codes["theme_spelling"] + codes["theme_unknown"] == 4
    assert apply(database, town.bureau, batch)["data_entry_created"] == size

    def submit(session: Any) -> int:
        kind = KINDS["data_entry"]
        return len(review.submit(session, town.bureau, "data_entry", nodes.ids_where(session, kind)))

    assert database.run(submit) == size
    decided = database.run(lambda s: review.decide_cases(
        s, town.bureau_too, reviews.open_cases_of_batch(s, town.bureau_too, "data_entry", batch.id), "approve",
        secrecy=review.Secrecy("pass", "市公共数据开放平台已公开"),
    ))
    assert decided.published == size
    with database.read() as session:
        assert nodes.verify_chains(session) == (size, [])


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60),
    st.sampled_from(["", "=", "'=", "\t", "＋", "'"]),
)
def test_an_exported_text_reads_as_unchanged(text: str, start: str) -> None:
    stored = start + text
    assert mapping.cells.unchanged(stored, mapping.cells.text(mapping.cells.exported(stored)))
    assert not mapping.cells.exported(stored).startswith(("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"))


def test_long_and_odd_texts_survive_the_round_trip(database: Database, town: Town, checked: Check) -> None:
    texts = ["=1+1", "制表\t符", "换\r\n行", "  空格  ", "'=引号", "长" * 40_000, "𠮷\u202e反"]
    for number, text in enumerate(texts):
        values = {"name": f"甲{number}", "abstract": text, "share_type": "none", "no_share_basis": text[:50]}
        database.run(
            lambda s, v=values: node_service.create(s, town.officer, "data_entry", v, department_id=town.civil)
        )  # type: ignore[misc]
    with database.read() as session:
        data = export(session, town.officer, department_id=None)
    batch = checked(town.officer, data, profile="four-level")
    assert batch.counts["actions"] == {"same": len(texts)}, [
        r.data for r in _rows(database, batch) if r.action != "same"
    ]
