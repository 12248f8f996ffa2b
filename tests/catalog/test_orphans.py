"""The orphan lists against a definition in plain Python, on random graphs; traces against a plain walk."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from catalog.ledger.models import LedgerProject
from catalog.nodes.kinds import KINDS, LIVE
from catalog.nodes.models import (
    DataEntry,
    DataItem,
    DataSystem,
    DbColumn,
    DbTable,
    Duty,
    DutyData,
    ItemColumn,
    System,
    SystemTable,
)
from catalog.nodes.service import filled
from catalog.orphans import queries, service
from catalog.orphans.lists import LISTS
from catalog.orphans.queries import Scope
from catalog.trace import service as tracing
from catalog.trace.rules import DOWN, UP
from kernel import clock
from kernel.db import Database
from kernel.identity.actor import system_actor
from tests.catalog.conftest import Town

STATES = ("draft", "pub_review", "published", "change_draft", "withdrawn")
MODELS: dict[str, Any] = {"duty": Duty, "data_entry": DataEntry, "system": System, "db_table": DbTable}
ROOT = system_actor("test")


@dataclass
class World:
    """A directory as plain lists. Nodes are (kind, number); a link is (from, to, version)."""

    nodes: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    items: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    duty_data: list[tuple[int, int, int]] = field(default_factory=list)
    data_system: list[tuple[int, int, int]] = field(default_factory=list)
    system_table: list[tuple[int, int, int]] = field(default_factory=list)
    item_column: list[tuple[int, int, int]] = field(default_factory=list)
    projects: list[tuple[str, int]] = field(default_factory=list)


def pairs(first: int, second: int) -> Any:
    if not first or not second:
        return st.just([])
    one = st.tuples(st.integers(0, first - 1), st.integers(0, second - 1), st.integers(0, 1))
    return st.lists(one, max_size=8, unique_by=lambda link: link[:2])


@st.composite
def worlds(draw: Any) -> World:
    """Up to six nodes of each level in two departments, with links as they come."""
    world = World()
    sizes = {kind: draw(st.integers(0, 6)) for kind in MODELS}
    numbers = ["P-1", "P-2", "项目 3", 'P"4']
    for kind, size in sizes.items():
        for number in range(size):
            world.nodes[kind, number] = {
                "home": draw(st.integers(0, 1)), "status": draw(st.sampled_from(STATES)),
                "phase": draw(st.sampled_from(("building", "in_use", "stopped", "merged"))),
                "has_interface": draw(st.booleans()),
                "numbers": draw(st.lists(st.sampled_from(numbers), max_size=2, unique=True)),
            }
    if sizes["data_entry"]:
        world.items = draw(st.lists(st.integers(0, sizes["data_entry"] - 1), max_size=8))
    if sizes["db_table"]:
        world.columns = draw(st.lists(st.integers(0, sizes["db_table"] - 1), max_size=8))
    world.duty_data = draw(pairs(sizes["duty"], sizes["data_entry"]))
    world.data_system = draw(pairs(sizes["data_entry"], sizes["system"]))
    owned = draw(pairs(sizes["system"], sizes["db_table"]))
    world.system_table = list({link[1]: link for link in owned}.values())
    world.item_column = draw(pairs(len(world.items), len(world.columns)))
    world.projects = [
        (number, draw(st.integers(0, 1))) for number in draw(st.lists(st.sampled_from(numbers), unique=True))
    ]
    return world


def key(kind: str, number: int) -> uuid.UUID:
    """A stable id of a thing of a world."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{number}")


def build(database: Database, town: Town, world: World) -> None:
    """Make the database exactly this world."""
    homes, now = (town.civil, town.health), clock.now()
    stamp = {"created_at": now, "audit_id": uuid.UUID(int=1)}
    rows: dict[Any, list[dict[str, Any]]] = {model: [] for model in MODELS.values()}
    for (kind, number), node in world.nodes.items():
        extra: dict[str, Any] = {"online": False} if kind == "data_entry" else {}
        if kind == "db_table":
            extra["table_name"] = "t"
        if kind == "system":
            extra = {"phase": node["phase"], "has_interface": node["has_interface"],
                     "project_numbers": node["numbers"]}
        rows[MODELS[kind]].append({
            **filled(KINDS[kind], {"name": f"名称{number}"}), **extra, **stamp, "id": key(kind, number),
            "code": f"{kind}-{number:03}", "name": f"名称{number}", "department_id": homes[node["home"]],
            "status": node["status"], "revision": 1, "version": 0, "source": "test", "updated_at": now,
        })
    plain = {"level": 1, "sensitive": False, "is_key": False}
    rows[DataItem] = [
        {**plain, "id": key("item", at), "entry_id": key("data_entry", entry), "number": at, "code": f"I{at}",
         "name": f"项{at}", "pii": False} for at, entry in enumerate(world.items)
    ]
    rows[DbColumn] = [
        {**plain, "id": key("column", at), "table_id": key("db_table", table), "number": at, "code": f"C{at}",
         "name": f"c{at}", "data_type": "varchar", "nullable": True, "encrypted": False}
        for at, table in enumerate(world.columns)
    ]
    for model, links, first, second in (
        (DutyData, world.duty_data, ("duty_id", "duty"), ("entry_id", "data_entry")),
        (DataSystem, world.data_system, ("entry_id", "data_entry"), ("system_id", "system")),
        (SystemTable, world.system_table, ("system_id", "system"), ("table_id", "db_table")),
        (ItemColumn, world.item_column, ("item_id", "item"), ("column_id", "column")),
    ):
        rows[model] = [
            {**stamp, "id": uuid.uuid4(), "version": version, first[0]: key(first[1], one),
             second[0]: key(second[1], other)} for one, other, version in links
        ]
    rows[LedgerProject] = [
        {"id": uuid.uuid4(), "project_no": number, "name": f"项目{number}", "department_id": homes[home],
         "kind": "build", "stage": "approved", "system_names": [], "created_at": now, "updated_at": now,
         "audit_id": uuid.UUID(int=1)} for number, home in world.projects
    ]
    with database.write() as session:
        for model in reversed(list(rows)):
            session.execute(delete(model))
        for model, some in rows.items():
            if some:
                session.execute(insert(model), some)


def brute(world: World, name: str, home: int | None, published: bool) -> set[str]:
    """The codes on a list, by its definition."""

    def stands(kind: str, number: int, *, anywhere: bool = False) -> bool:
        node = world.nodes[kind, number]
        state = node["status"] in LIVE if published else node["status"] != "withdrawn"
        return state and (anywhere or home is None or node["home"] == home)

    def links(some: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
        return ((one, other) for one, other, version in some if version or not published)

    def of(kind: str) -> list[int]:
        return [number for level, number in world.nodes if level == kind and stands(kind, number)]

    ledger = {number for number, _ in world.projects}
    running = [number for number in of("system") if world.nodes["system", number]["phase"] in ("building", "in_use")]
    if name == "column_without_item":
        held = {column for _, column in links(world.item_column)}
        return {f"C{at}" for at, table in enumerate(world.columns) if at not in held and stands("db_table", table)}
    if name == "item_without_column":
        held = {item for item, _ in links(world.item_column)}
        return {f"I{at}" for at, entry in enumerate(world.items) if at not in held and stands("data_entry", entry)}
    if name == "data_without_duty":
        return {f"data_entry-{n:03}" for n in of("data_entry") if n not in {e for _, e in links(world.duty_data)}}
    if name == "duty_without_data":
        return {f"duty-{n:03}" for n in of("duty") if n not in {d for d, _ in links(world.duty_data)}}
    if name == "system_without_project":
        return {f"system-{n:03}" for n in running if not ledger & set(world.nodes["system", n]["numbers"])}
    if name == "project_without_system":
        borne = {
            number for (kind, n), node in world.nodes.items() if kind == "system" and stands(kind, n, anywhere=True)
            for number in node["numbers"]
        }
        return {number for number, at in world.projects if number not in borne and home in (None, at)}
    return {f"system-{n:03}" for n in running if not world.nodes["system", n]["has_interface"]}


@pytest.mark.requirement("S4-04")
def test_every_list_is_its_definition(database: Database, town: Town, scale: Any) -> None:
    @hypothesis.settings(max_examples=scale.of(8, 300), deadline=None)
    @hypothesis.given(worlds())
    def check(world: World) -> None:
        build(database, town, world)
        with database.read() as session:
            for name in LISTS:
                for published in (False, True):
                    for home, department in ((None, None), (0, town.civil), (1, town.health)):
                        scope = Scope(department, published)
                        wanted = brute(world, name, home, published)
                        found = [row["code"] for row in queries.page(session, name, scope, limit=None)]
                        assert set(found) == wanted and len(found) == len(wanted), (name, home, published)
                        assert queries.total(session, name, scope) == len(wanted)
                        if home is None:
                            assert found == sorted(found), "in the order of codes"
                            counted = queries.totals(session, name, scope)
                            assert {row[0]: row[2] for row in counted} == {
                                one: len(brute(world, name, at, published))
                                for at, one in enumerate((town.civil, town.health)) if brute(world, name, at, published)
                            }

    check()


def walked(world: World, start: tuple[str, int], direction: str) -> set[uuid.UUID]:
    """Everything that a trace reaches, by following pairs one at a time."""
    names = {"data_item": "item", "db_column": "column"}
    edges: dict[tuple[str, str], set[tuple[int, int]]] = {
        ("duty", "data_entry"): {link[:2] for link in world.duty_data},
        ("data_entry", "system"): {link[:2] for link in world.data_system},
        ("system", "db_table"): {link[:2] for link in world.system_table},
        ("data_item", "db_column"): {link[:2] for link in world.item_column},
        ("data_entry", "data_item"): {(entry, at) for at, entry in enumerate(world.items)},
        ("db_table", "db_column"): {(table, at) for at, table in enumerate(world.columns)},
    }
    reached = {start}
    for source, target in (UP if direction == "up" else DOWN)[start[0]]:
        both = edges.get((source, target)) or {(two, one) for one, two in edges.get((target, source), set())}
        reached |= {(target, two) for one, two in both if (source, one) in reached}
    return {key(names.get(kind, kind), number) for kind, number in reached}


def test_a_trace_reaches_what_a_walk_reaches(database: Database, town: Town, scale: Any) -> None:
    @hypothesis.settings(max_examples=scale.of(6, 200), deadline=None)
    @hypothesis.given(worlds(), st.data())
    def check(world: World, data: Any) -> None:
        starts = [*world.nodes, *(("data_item", at) for at in range(len(world.items))),
                  *(("db_column", at) for at in range(len(world.columns)))]
        if not starts:
            return
        build(database, town, world)
        start = data.draw(st.sampled_from(starts))
        names = {"data_item": "item", "db_column": "column"}
        with database.read() as session:
            for direction in ("up", "down"):
                found = tracing.trace(
                    session, ROOT, start[0], key(names.get(start[0], start[0]), start[1]), direction
                )
                reached = {node.id for level in found.levels for node in level.nodes}
                assert reached == walked(world, start, direction), (start, direction)
                assert {edge.upper for edge in found.edges} | {edge.lower for edge in found.edges} <= reached
                assert found.start.id in reached and not found.cut

    check()


def test_lists_show_a_department_its_own(database: Database, town: Town) -> None:
    world = World(nodes={("duty", number): {"home": number % 2, "status": "published"} for number in range(4)})
    for node in world.nodes.values():
        node.update(phase="in_use", has_interface=True, numbers=[])
    build(database, town, world)
    with database.read() as session:
        mine = service.page(session, "duty_without_data", service.scope(town.officer), number=1, size=20)
        assert [row.code for row in mine.items] == ["duty-000", "duty-002"] and mine.total == 2
        every = service.page(session, "duty_without_data", service.scope(town.bureau), number=2, size=3)
        assert [row.code for row in every.items] == ["duty-003"] and every.total == 4
        named = service.scope(town.bureau, q="-00")
        assert service.page(session, "duty_without_data", named, number=1, size=9).total == 4
        literal = service.scope(town.bureau, q="%")
        assert service.page(session, "duty_without_data", literal, number=1, size=9).total == 0
        counts = {one.key: one.total for one in service.counts(session, service.scope(town.bureau))}
        assert counts["duty_without_data"] == 4 and sum(counts.values()) == 4
        with pytest.raises(Exception, match="ot found|No "):
            service.scope(town.officer, department_id=town.health)
