"""Property: a random district goes out and comes back unchanged; random edits come back as exactly those edits."""

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.codes.lists import code_list
from catalog.imports import clashes, jobs, queries, service
from catalog.imports.export import export
from catalog.imports.mapping import FLAGS
from catalog.imports.models import ImportBatch
from catalog.imports.profile import profile
from catalog.imports.undo import undo
from catalog.imports.values import text_of
from catalog.links import service as links
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, Duty, ItemColumn, System
from catalog.nodes.rules import LISTED
from catalog.registry.service import create_table
from kernel import clock
from kernel.db import Database
from tests.catalog import books
from tests.catalog.conftest import Town
from tests.catalog.test_merge import returned
from tests.support.scale import Scale

Check = Callable[..., ImportBatch]
TEXTS = (
    "姓名", "=1+1", "'=引号", "''＝二", "＋86", "@某", "-3", "\t制表", "多行\n文字", "逗号，、;", "𠮷野家", "0012", "1e5", "2026-03",
    "是", "null", "<b>&amp;", "  前后空格  ", "长" * 300,
)
WORDS = ("甲", "乙丙", "GB/T", "0012", "x-y")


def value(chance: random.Random, kind: str, field: str) -> Any:
    """A value that the field may hold."""
    listed = LISTED.get(kind, {}).get(field)
    if listed is not None:
        return chance.choice(sorted(code_list(listed).values))
    if field in FLAGS:
        return chance.random() < 0.5
    if field == "level":
        return chance.randint(1, 4)
    if field in ("length", "precision", "record_count", "row_count"):
        return chance.choice((None, 0, 7, 2_000_000_000))
    if field == "mlps_level":
        return chance.choice((None, 1, 5))
    if field in ("keywords", "formats", "project_numbers", "related_codes"):
        return chance.sample(WORDS, chance.randint(0, 3))
    if field in ("effective_on", "live_on", "retired_on", "published_on"):
        return chance.choice((None, "2019-05-01", "2026-12-31"))
    if field in ("data_updated_at", "last_update_at"):
        return chance.choice((None, clock.from_micros(1_700_000_000_123_456), clock.from_micros(0)))
    if field == "class_code":
        return None
    if field in ("name", "table_name", "data_type"):
        return chance.choice(TEXTS).strip()[:60]
    if field == "region":
        return chance.choice((None, "110102", "110102001"))
    return _short(chance, field)


def _short(chance: random.Random, field: str) -> str | None:
    if field == "abstract":
        return chance.choice(TEXTS)
    text = chance.choice((None, *TEXTS))
    return None if text is None else text[:10]


SKIPPED = ("parent_id", "theme_text")


def values(chance: random.Random, kind: str, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: value(chance, kind, field) for field in fields if field not in SKIPPED}


def district(session: Any, town: Town, chance: random.Random, size: int) -> None:
    """Random nodes of all levels with leaves, superiors and links."""
    duties: list[Any] = []
    for _ in range(size):
        made = values(chance, "duty", KINDS["duty"].fields)
        if duties and chance.random() < 0.5:
            made["parent_id"] = chance.choice(duties).id
        duties.append(node_service.create(session, town.officer, "duty", made, department_id=town.civil))
    entries, systems, tables = [], [], []
    for _ in range(size):
        made = values(chance, "data_entry", KINDS["data_entry"].fields) | {"level": 4}
        if chance.random() < 0.2:
            made |= {"theme": None, "theme_text": "自拟主题"}
        # an item may only be stricter than its entry
        strict = {"share_type": "none", "open_type": "none"}
        items = [
            values(chance, "data_item", KINDS["data_entry"].child.fields) | strict  # type: ignore[union-attr]
            for _ in range(chance.randint(0, 3))
        ]
        entries.append(node_service.create(
            session, town.officer, "data_entry", made, department_id=town.civil, children=items
        ))
        systems.append(node_service.create(
            session, town.officer, "system", values(chance, "system", KINDS["system"].fields), department_id=town.civil
        ))
    for _ in range(size):
        columns = [
            values(chance, "db_column", KINDS["db_table"].child.fields)  # type: ignore[union-attr]
            for _ in range(chance.randint(0, 3))
        ]
        made = values(chance, "db_table", KINDS["db_table"].fields) | {"columns": columns}
        tables.append(create_table(session, town.officer, made, system_id=chance.choice(systems).id))
    _link(session, town, chance, duties, entries, systems)


def _link(session: Any, town: Town, chance: random.Random, duties: Any, entries: Any, systems: Any) -> None:
    wanted = [links.Wanted("duty_data", chance.choice(duties).id, entry.id) for entry in entries]
    wanted += [links.Wanted("data_system", entry.id, chance.choice(systems).id) for entry in entries]
    wanted += [
        links.Wanted("data_data", first.id, second.id, chance.choice(("related", "derived", "source")))
        for first, second in zip(entries, entries[1:], strict=False)
    ]
    items, columns = session.scalars(select(DataItem.id)).all(), session.scalars(select(DbColumn.id)).all()
    wanted += [links.Wanted("item_column", item, column) for item, column in zip(items, columns, strict=False)]
    links.add_many(session, town.officer, wanted)


MODELS = {"duty": Duty, "data_entry": DataEntry, "data_item": DataItem, "system": System, "db_table": DbTable,
          "db_column": DbColumn}


def snapshot(database: Database) -> dict[tuple[str, str], dict[str, Any]]:
    """Every editable field of every row."""
    with database.read() as session:
        return {
            (kind, row["code"]): {field: row[field] for field in row if field not in ("id", "audit_id")}
            for kind in MODELS
            for row in (dict(one) for one in session.execute(queries.select_working(kind)).mappings())
        }


@pytest.mark.requirement("S4-01")
@pytest.mark.parametrize("seed", range(2))
def test_out_and_back(
    database: Database, town: Town, checked: Check, tmp_path: Path, scale: Scale, seed: int
) -> None:
    chance = random.Random(20261121 + seed)
    database.run(lambda session: district(session, town, chance, scale.of(4, 40)))
    before = snapshot(database)
    with database.read() as session:
        data = export(session, town.officer, department_id=town.civil, template=seed % 2 == 1)
        others = {form: export(session, town.officer, department_id=town.civil, format=form) for form in ("json",)}
        assert session.scalar(select(func.count()).select_from(ItemColumn)) or seed
    for form, content in {"xlsx": data, **others}.items():
        batch = checked(town.officer, content, profile="four-level", filename=f"x.{form}")
        assert set(batch.counts["actions"]) == {"same"}, (form, changed(database, batch))
        assert batch.counts["findings"]["error"] == batch.counts["findings"]["row_error"] == 0
    wanted: set[tuple[str, str, str]] = set()
    edited = returned(data, tmp_path, lambda sheet, record: edit(chance, sheet, record, wanted))
    batch = checked(town.officer, edited, profile="four-level")
    assert batch.counts["findings"]["row_error"] == 0
    assert {(kind, name, new) for kind, name, _, new in changed(database, batch)} == wanted
    jobs.run_apply(database, town.officer, batch.id, accept_partial=False)
    after = snapshot(database)
    differing = {
        (kind, field, text_of(kind, field, row[field]))
        for (kind, code), row in after.items() for field in row
        if field in (*_fields(kind), "parent_id") and row[field] != before[kind, code][field]
    }
    assert differing == wanted, "exactly the edits, nothing else, stand in the directory"


def changed(database: Database, batch: ImportBatch) -> set[tuple[str, str, str, str]]:
    """(kind, field, old, new) of every changed cell."""
    with database.read() as session:
        rows = clashes.described(session, batch, list(session.scalars(queries.changed_rows(batch.id))))
    return {(row["kind"], cell["field"], cell["old"], cell["new"]) for row in rows for cell in row["cells"]}


def _fields(kind: str) -> tuple[str, ...]:
    if kind in KINDS:
        return KINDS[kind].fields
    child = KINDS["data_entry" if kind == "data_item" else "db_table"].child
    assert child is not None
    return child.fields


EDITS: dict[str, tuple[str, ...]] = {
    "duty": ("office", "basis_doc"), "data_entry": ("abstract", "storage", "keywords", "use_scene"),
    "data_item": ("code_set",), "system": ("builder", "hosting"), "db_table": ("schema_name",),
    "db_column": ("name_zh",),
}


def edit(chance: random.Random, sheet: str, record: dict[str, str], wanted: set[tuple[str, str, str]]) -> None:
    """Perhaps write a new text into one cell of a row; what was written is noted."""
    layout = next((one for one in profile("four-level").sheets if one.name == sheet), None)
    if layout is None or layout.kind not in EDITS or chance.random() < 0.4 or record.get("行键") == "示例":
        return
    field = chance.choice(EDITS[layout.kind])
    text = f"改{uuid.UUID(int=chance.getrandbits(128)).hex[:8]}"
    record[layout.labels[field]] = text
    wanted.add((layout.kind, field, text))


def test_a_csv_of_one_level_comes_back(database: Database, town: Town, checked: Check) -> None:
    database.run(lambda session: district(session, town, random.Random(7), 3))
    for encoding in ("utf-8-sig", "gb18030"):
        for kind in ("data_entry", "data_item", "duty", "link"):
            with database.read() as session:
                data = export(
                    session, town.officer, department_id=town.civil, format="csv", kind=kind, encoding=encoding
                )
            batch = checked(town.officer, data, profile="four-level", filename=f"{kind}.csv")
            assert set(batch.counts["actions"]) == {"same"}, (kind, changed(database, batch))


def taken_back(database: Database, town: Town, batch_id: uuid.UUID) -> dict[str, Any]:
    return database.run(lambda session: undo(session, town.officer, service.found(session, town.officer, batch_id)))


def test_undo_gives_back_what_stood_there(database: Database, town: Town, checked: Check, tmp_path: Path) -> None:
    """A batch of new duties under each other and of edits is taken back; the directory is as before."""
    database.run(lambda session: district(session, town, random.Random(11), 3))
    before = snapshot(database)
    with database.read() as session:
        data = export(session, town.officer, department_id=town.civil)
    chance, wanted = random.Random(12), set[tuple[str, str, str]]()
    edited = checked(town.officer, returned(data, tmp_path, lambda sheet, record: edit(chance, sheet, record, wanted)),
                     profile="four-level")
    jobs.run_apply(database, town.officer, edited.id, accept_partial=False)
    assert wanted and snapshot(database) != before
    new = checked(town.officer, books.book({"职责目录": [
        ["行键", "职责名称", "上级职责"], ["D2", "下级", "D1"], ["D1", "上级", ""], ["D3", "再下级", "D2"],
    ]}), profile="four-level")
    jobs.run_apply(database, town.officer, new.id, accept_partial=False)
    with database.read() as session:
        names = {one.id: one.name for one in session.scalars(select(Duty))}
        above = {one.name: names.get(one.parent_id) for one in session.scalars(select(Duty)) if one.parent_id}
    assert above["下级"] == "上级" and above["再下级"] == "下级"
    for batch_id, removed in ((new.id, 3), (edited.id, 0)):
        done = taken_back(database, town, batch_id)
        assert (done["removed"], done["left"]) == (removed, [])
    after = snapshot(database)
    for key, row in before.items():
        assert {name: after[key][name] for name in (*_fields(key[0]), "number") if name in row} == {
            name: row[name] for name in (*_fields(key[0]), "number") if name in row
        }
    assert set(after) == set(before)
