"""The directory as of an instant and the difference between two, against replaying every version by brute force."""

import io
import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from catalog.history import difference, export, keeping, links, queries, service
from catalog.history.difference import Narrow
from catalog.history.queries import Filters
from catalog.history.rules import field_changes, instant, span
from catalog.links import service as link_service
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import HASH_PROFILE, KINDS
from catalog.nodes.models import NodeVersion
from kernel import canonical, clock
from kernel.db import Database
from kernel.digest import sm3_hex
from kernel.errors import MulianError
from kernel.identity.models import Department
from tests.catalog.conftest import Town, make_town
from tests.catalog.time_tools import ROOT, changed, published, withdrawn

KIND = st.sampled_from(["duty", "data_entry", "system"])
STEP = st.tuples(st.sampled_from(["new", "change", "move", "withdraw", "items"]), KIND, st.integers(0, 9))


class World:
    """Does random steps and remembers an instant after each."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town = database, town
        self.live: dict[str, list[uuid.UUID]] = {"duty": [], "data_entry": [], "system": []}
        self.instants: list[datetime] = [clock.now()]

    def step(self, what: str, kind: str, pick: int) -> None:
        """One publication, or nothing where there is no node to do it to."""
        ids = self.live[kind]
        if what == "new":
            items = [{"name": f"项{n}"} for n in range(pick % 3)] if kind == "data_entry" else ()
            home = self.town.health if pick % 2 else self.town.civil
            ids.append(published(self.database, kind, f"名称{pick}", home, children=items))
        elif ids:
            node_id = ids[pick % len(ids)]
            if what == "change":
                changed(self.database, kind, node_id, name=f"名称{pick % 4}", office=f"{pick}科")
            elif what == "move":
                home = self.town.civil if pick % 2 else self.town.health
                changed(self.database, kind, node_id, department_id=home)
            elif what == "items" and kind == "data_entry":
                changed(self.database, kind, node_id, children=[{"name": f"新{n}"} for n in range(pick % 4)])
            elif what == "withdraw":
                withdrawn(self.database, kind, ids.pop(pick % len(ids)))
        self.instants.append(clock.now())


def replay(session: Any, at: datetime) -> dict[uuid.UUID, NodeVersion]:
    """The directory at an instant by applying every version in the order of time."""
    held: dict[uuid.UUID, NodeVersion] = {}
    for row in session.scalars(select(NodeVersion).order_by(NodeVersion.valid_from, NodeVersion.version)):
        if row.valid_from <= at:
            if row.action == "withdraw":
                held.pop(row.node_id, None)
            else:
                held[row.node_id] = row
    return held


def expected_changes(old: NodeVersion | None, new: NodeVersion | None) -> tuple[str, ...]:
    if old is None or new is None:
        return ("added",) if old is None else ("withdrawn",)
    before, after = json.loads(old.content), json.loads(new.content)
    moved = old.department_id != new.department_id
    same = before["fields"] == after["fields"] and before["children"] == after["children"]
    return (*(() if same else ("changed",)), *(("moved",) if moved else ()))


@pytest.mark.requirement("S4-01")
def test_history_is_what_replaying_every_version_gives(database: Database, town: Town, scale: Any) -> None:
    @settings(max_examples=scale.of(3, 60), suppress_health_check=list(HealthCheck))
    @given(st.lists(STEP, min_size=4, max_size=10))
    def run(steps: list[tuple[str, str, int]]) -> None:
        world = World(database, town)
        for step in steps:
            world.step(*step)
        with database.read() as session:
            for first, second in zip(world.instants, world.instants[2:], strict=False):
                agree(session, first, second)
            agree(session, world.instants[0], world.instants[-1])

    def agree(session: Any, first: datetime, second: datetime) -> None:
        old, new = replay(session, first), replay(session, second)
        rows, total = service.listed(session, ROOT, second, Filters(), limit=None)
        valid = {(row.node_id, row.version) for row in new.values()}
        assert total == len(new) and {(row.node_id, row.version) for row in rows} == valid
        assert [row.code for row in rows] == sorted(row.code for row in rows)
        counts = service.counts(session, ROOT, second, Filters())
        for key in KINDS:
            got = {one.department_id: one.levels[key] for one in counts if one.levels[key]}
            want: dict[uuid.UUID, int] = {}
            for row in new.values():
                if row.node_kind == key:
                    want[row.department_id] = want.get(row.department_id, 0) + 1
            assert got == want
        expected = {
            node_id: changes for node_id in {*old, *new}
            if (changes := expected_changes(old.get(node_id), new.get(node_id)))
        }
        if first < second:
            found = difference.between(session, ROOT, first, second)
            assert {one.node_id: one.changes for one in found} == expected

    run()


def test_items_of_old_versions_are_shown_and_prove_themselves(database: Database, town: Town) -> None:
    entry = published(database, "data_entry", "婚姻登记", town.civil, children=[{"name": "姓名"}, {"name": "日期"}])
    first = clock.now()
    with database.read() as session:
        held = nodes.children(session, KINDS["data_entry"], [entry])[entry]
    changed(database, "data_entry", entry, children=[{**held[0], "name": "全名"}, {"name": "地点"}])
    second = clock.now()
    changed(database, "data_entry", entry, name="婚姻登记信息")
    third = clock.now()
    with database.read() as session:
        shown = [service.children_at(session, service.node_at(session, ROOT, "data_entry", entry, at))
                 for at in (first, second, third)]
        assert [[child["name"] for child in some or ()] for some in shown] == [
            ["姓名", "日期"], ["全名", "地点"], ["全名", "地点"]
        ]
        assert session.scalar(text("SELECT count(*) FROM version_children")) == 2, "unchanged children are not repeated"
        rows = difference.detailed(session, difference.between(session, ROOT, first, third))
        children = difference.children_between(session, rows)[entry]
        assert children is not None
        assert (children.added, children.removed, children.changed) == (("地点",), ("日期",), ("全名",))
        assert [field.field for field in rows[0].fields] == ["name", "children"]
    with pytest.raises(DBAPIError), database.write() as session:
        session.execute(text("UPDATE version_children SET content = '[]'"))


def test_versions_from_before_children_were_kept_stay_readable(database: Database, town: Town) -> None:
    entry = published(database, "data_entry", "甲", town.civil, children=[{"name": "姓名"}])
    with database.write() as session:
        drop = "DROP TRIGGER version_children_no_delete" if database.dialect == "sqlite" else (
            "DROP TRIGGER version_children_insert_only ON version_children"
        )
        session.execute(text(drop))
        session.execute(text("DELETE FROM version_children"))
    at = clock.now()
    with database.read() as session:
        node = service.node_at(session, ROOT, "data_entry", entry, at)
        kept = service.children_at(session, node)
        assert kept is not None and kept[0]["name"] == "姓名", "today's items hash to what the old version says"
    changed(database, "data_entry", entry, children=[{"name": "证件号"}])
    with database.read() as session:
        node = service.node_at(session, ROOT, "data_entry", entry, at)
        assert service.children_at(session, node) is None and len(node.child_hashes) == 1
        now = service.node_at(session, ROOT, "data_entry", entry, clock.now())
        assert [child["name"] for child in service.children_at(session, now) or ()] == ["证件号"]


def test_columns_from_before_they_had_a_level_are_shown(sqlite_database: Database) -> None:
    database, town = sqlite_database, make_town(sqlite_database)
    table = published(database, "db_table", "表", town.civil, children=[{"name": "id", "data_type": "int"}])
    with database.read() as session:
        node = service.node_at(session, ROOT, "db_table", table, clock.now())
        column = (service.children_at(session, node) or [{}])[0]
        old = {name: value for name, value in column.items() if name not in ("id", "level")}
        digest = sm3_hex(canonical.dumps({"fields": old, "profile": HASH_PROFILE}))
        found = keeping.children_of(session, "db_table", {(table, 1): (HASH_PROFILE, [digest])})[table, 1]
    assert column["level"] == 1 and found == [{**old, "id": column["id"]}]


def test_who_does_not_see_a_node_does_not_see_its_past(database: Database, town: Town) -> None:
    entry = published(database, "data_entry", "甲", town.civil)
    at = clock.now()
    withdrawn(database, "data_entry", entry)
    with database.read() as session:
        for actor, sees in ((town.officer, True), (town.bureau, True), (town.stranger, False)):
            assert service.listed(session, actor, at, Filters(), limit=10)[1] == int(sees)
            assert len(service.counts(session, actor, at, Filters())) == int(sees)
            assert len(difference.between(session, actor, at, clock.now())) == int(sees)
        with pytest.raises(MulianError) as caught:
            service.node_at(session, town.stranger, "data_entry", entry, at)
        assert caught.value.code == "catalog.node.unknown"
        with pytest.raises(MulianError) as caught:
            service.node_at(session, town.officer, "data_entry", entry, clock.now())
        assert caught.value.code == "catalog.history.not_valid"


def test_filters_use_the_department_and_the_name_of_that_time(database: Database, town: Town) -> None:
    entry = published(database, "data_entry", "婚姻50%登记", town.civil)
    published(database, "duty", "婚姻登记职责", town.civil)
    before = clock.now()
    changed(database, "data_entry", entry, department_id=town.health)
    changed(database, "data_entry", entry, name="出生登记")
    now = clock.now()
    with database.write() as session:
        session.get_one(Department, town.health).name = "区卫健委（改名）"
    renamed = published(database, "duty", "改名前后", town.health)
    at = clock.now()
    with database.write() as session:
        session.get_one(Department, town.health).name = "区卫健委"
    changed(database, "duty", renamed)
    with database.read() as session:
        only = difference.between(session, ROOT, at, clock.now())
        assert [(one.changes, difference.detailed(session, [one])[0].fields[0].field) for one in only] == [
            (("changed",), "org_name")
        ]
    with database.read() as session:
        def total(at: datetime, **filters: Any) -> int:
            return service.listed(session, ROOT, at, Filters(**filters), limit=1)[1]

        assert total(before, department_id=town.civil) == 2 and total(now, department_id=town.civil) == 1
        assert total(before, kind="data_entry") == 1 and total(before, q="50%登") == 1 and total(now, q="50%登") == 0
        assert total(now, q="出生") == 1 and total(now, q="Z-") == 1
        moved = difference.between(session, ROOT, before, now, Narrow(department_id=town.civil))
        assert [one.changes for one in moved] == [("changed", "moved")]
        counted = difference.summary(moved)
        assert counted[town.civil]["data_entry"]["moved_out"] == counted[town.health]["data_entry"]["moved_in"] == 1
        assert difference.between(session, ROOT, before, now, Narrow(change="added")) == []


def test_workbooks_hold_the_values_of_that_time(sqlite_database: Database) -> None:
    database, town = sqlite_database, make_town(sqlite_database)
    entry = published(database, "data_entry", "=1+1", town.civil, children=[{"name": "姓名"}])
    before = clock.now()
    changed(database, "data_entry", entry, name="新名", share_type="conditional", share_condition="凭授权")
    with database.read() as session:
        book = CalamineWorkbook.from_filelike(io.BytesIO(export.as_of(session, ROOT, before, Filters())))
        assert book.sheet_names == ["汇总", "职责目录", "数据目录", "系统目录", "库表目录", "关联"]
        row = book.get_sheet_by_name("数据目录").to_python()[2]
        assert str(row[1]).endswith("=1+1") and row[1] != "=1+1" and row[2] == "区民政局" and "无条件共享" in row
        data = export.diff(session, ROOT, before, clock.now(), Narrow())
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        lines = {line[4]: tuple(line[5:7]) for line in book.get_sheet_by_name("变更").to_python()[2:]}
        assert lines["共享类型"] == ("无条件共享", "有条件共享") and set(lines) == {"名称", "共享类型", "共享条件"}


@pytest.mark.pure
def test_a_new_hash_profile_is_no_change_of_the_children() -> None:
    old = {"profile": "mulian-node/1", "children": ["a"], "fields": {"name": "x"}, "org": "o", "org_name": "n"}
    new = {**old, "profile": "mulian-node/2", "children": ["b"]}
    assert field_changes(old, new) == []
    assert [one.field for one in field_changes(old, {**new, "children": ["b", "c"]})] == ["children"]
    assert [one.field for one in field_changes(old, {**old, "children": ["b"], "org_name": "m"})] == [
        "org_name", "children"
    ]


@pytest.mark.pure
def test_which_instant_a_text_means() -> None:
    now = clock.parse("2026-11-21T03:00:00Z")
    assert clock.iso(instant("2026-11-20", now)) == "2026-11-20T15:59:59.999999Z"
    assert instant("2026-11-21", now) == now
    assert clock.iso(instant("2026-11-01T09:30:00+08:00", now)) == "2026-11-01T01:30:00.000000Z"
    assert instant("2026-11-01T09:30:00 08:00", now) == instant("2026-11-01T09:30:00+08:00", now)
    for wrong, code in (
        ("2026-11-22", "future"), ("2026-11-21T03:00:01Z", "future"), ("2026-02-30", "when"), ("昨天", "when"),
        ("2026-11-01T09:30:00", "when"), ("0001-01-01T00:00:00+08:00", "when"), ("0001-01-01", "when"),
    ):
        with pytest.raises(MulianError) as caught:
            instant(wrong, now)
        assert caught.value.code == f"catalog.history.{code}", wrong
    with pytest.raises(MulianError):
        span("2026-11-02", "2026-11-01", now)


def test_the_page_and_the_counts_come_from_the_index(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        query = queries.valid_at(ROOT, clock.now(), Filters())
        sql = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert not [line for line in plan if "node_version" in line and "INDEX" not in line], plan


def test_kept_children_must_hash_to_the_version(sqlite_database: Database) -> None:
    database, town = sqlite_database, make_town(sqlite_database)
    entry = published(database, "data_entry", "甲", town.civil, children=[{"name": "姓名"}])
    with database.read() as session:
        wanted = {(entry, 1): (HASH_PROFILE, ["0" * 64])}
        assert keeping.children_of(session, "data_entry", wanted) == {(entry, 1): None}


def test_links_are_what_replaying_their_versions_gives(database: Database, town: Town) -> None:
    duty = published(database, "duty", "职责", town.civil)
    entries = [published(database, "data_entry", f"数据{n}", town.civil) for n in range(3)]
    instants = [clock.now()]
    steps = [("add_many", 0), ("add_many", 1), ("remove_many", 0), ("add_many", 2), ("add_many", 0), ("remove_many", 1)]
    for verb, number in steps:
        wanted = [link_service.Wanted("duty_data", duty, entries[number])]
        act = getattr(link_service, verb)
        database.run(lambda s, act=act, wanted=wanted: act(s, ROOT, wanted, decided=True))
        instants.append(clock.now())
    withdrawn(database, "data_entry", entries[2])
    instants.append(clock.now())
    expected: list[set[int]] = [set(), {0}, {0, 1}, {1}, {1, 2}, {0, 1, 2}, {0, 2}, {0}]
    everything = links.LinkFilters()
    with database.read() as session:
        for at, held in zip(instants, expected, strict=True):
            rows, total = links.listed(session, ROOT, at, everything, limit=None)
            assert {entries.index(row.lower_id) for row in rows} == held and total == len(held)
        for first in range(len(instants)):
            for second in range(first + 1, len(instants)):
                rows = links.between(session, ROOT, instants[first], instants[second], everything)
                found = {(entries.index(row.lower_id), row.change) for row in rows}
                added = {(one, "added") for one in expected[second] - expected[first]}
                assert found == added | {(one, "removed") for one in expected[first] - expected[second]}
        seen, _ = links.listed(session, town.stranger, instants[5], everything, limit=None)
        assert {entries.index(row.lower_id) for row in seen} == {0, 1}, "what was withdrawn is not theirs to see"
        assert links.listed(session, ROOT, instants[5], links.LinkFilters("data_system"), limit=9)[1] == 0
        assert links.listed(session, ROOT, instants[5], links.LinkFilters(None, town.health), limit=9)[1] == 0
