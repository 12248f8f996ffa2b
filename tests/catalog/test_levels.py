"""Levels by GB/T 43697: an entry covers its items whoever writes it; 重要 and 核心 leave only with a listed approval."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from catalog.nodes import levels
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import COLUMN, KINDS
from catalog.nodes.models import DataEntry, DataItem, DbColumn
from catalog.nodes.rules import item_problems
from catalog.public import release
from catalog.public.models import Release
from catalog.public.queries import public
from catalog.public.rules import is_public
from catalog.review.rules import STATES
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.db import Database
from kernel.identity.actor import Actor
from kernel.identity.models import User
from tests.catalog.conftest import Town, person
from tests.catalog.test_workflow import FIELDS, PASS, change_entry, code, create, decide, entry, submit

KIND = KINDS["data_entry"]


def items(database: Database, entry_id: uuid.UUID) -> list[dict[str, Any]]:
    with database.read() as session:
        return nodes.children(session, KIND, [entry_id])[entry_id]


def edit(database: Database, town: Town, entry_id: uuid.UUID, values: dict[str, Any], leaves: Any = None) -> None:
    database.run(lambda s: node_service.edit(
        s, town.officer, "data_entry", s.get_one(DataEntry, entry_id), values, leaves
    ))


def test_an_entry_is_at_least_its_highest_item_by_every_way_in(database: Database, town: Town) -> None:
    with pytest.raises(Exception, match="catalog.node.invalid"):
        database.run(lambda s: node_service.create(
            s, town.officer, "data_entry", {**FIELDS, "level": 2}, department_id=town.civil,
            children=[{"name": "身份证号", "level": 4}],
        ))
    entry_id = create(database, town, level=3)
    edit(database, town, entry_id, {}, [{**items(database, entry_id)[0], "level": 3}])
    # the entry alone is lowered: its held items are looked at
    assert code(lambda: edit(database, town, entry_id, {"level": 2})) == "catalog.node.invalid"
    assert code(lambda: edit(database, town, entry_id, {"share_type": "none", "no_share_basis": "x"}, [
        {**items(database, entry_id)[0], "share_type": "unconditional"}
    ])) == "catalog.node.invalid"
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    assert code(lambda: edit(database, town, entry_id, {"level": 1})) == "catalog.node.invalid", "in a change too"
    edit(database, town, entry_id, {"level": 1}, [{**items(database, entry_id)[0], "level": 1}])
    assert code(lambda: edit(database, town, entry_id, {}, [{"name": "x", "level": 2}])) == "catalog.node.invalid"
    # a bulk writer that passes by the edit rules is stopped before anybody reviews it
    other = create(database, town, name="批量")
    with database.write() as session:
        session.execute(insert(DataItem).values(
            id=ids.new(), entry_id=other, number=9, code="bulk#9", name="越级", level=6, sensitive=False, pii=False,
            is_key=False,
        ))
        assert [(one.item, one.field) for one in levels.wider_items(session, [other, entry_id])] == [("越级", "level")]
    assert code(lambda: submit(database, town.officer, other)) == "catalog.node.wider_item"


def test_columns_have_a_level_and_it_is_hashed(database: Database, town: Town) -> None:
    def make(s: Any) -> uuid.UUID:
        made = node_service.create(
            s, town.officer, "db_table", {"name": "表", "table_name": "t", "kind": "business"},
            department_id=town.civil, children=[{"name": "id_card", "data_type": "varchar", "level": 4}],
        )
        return uuid.UUID(str(made.id))

    table_id = database.run(make)
    with database.read() as session:
        assert session.scalars(select(DbColumn.level)).all() == [4]
        assert "level" in COLUMN.hashed and KINDS["db_table"].profile != KIND.profile
    with pytest.raises(Exception, match="catalog.node.invalid"):
        database.run(lambda s: node_service.edit(
            s, town.officer, "db_table", s.get_one(KINDS["db_table"].model, table_id), {},
            [{"name": "id_card", "data_type": "varchar", "level": 7}],
        ))


level = st.integers(1, 6)
share = st.sampled_from([None, "unconditional", "conditional", "none"])
item = st.fixed_dictionaries({"level": level, "share_type": share, "open_type": share})
whole = st.fixed_dictionaries({
    "level": level, "share_type": share, "open_type": share, "online": st.booleans(),
    "status": st.sampled_from(sorted(STATES)), "items": st.lists(item, max_size=3),
})
_made: dict[int, list[dict[str, Any]]] = {}


@given(st.lists(whole, min_size=1, max_size=40))
def _collect(some: list[dict[str, Any]]) -> None:
    _made.setdefault(0, []).extend(some)


def random_entries(count: int) -> list[dict[str, Any]]:
    """Entries of every state, level, share and open type, drawn by hypothesis."""
    while len(_made.get(0, [])) < count:
        _collect()
    return _made[0][:count]


def test_both_forms_of_each_rule_agree(database: Database, town: Town, scale: Any) -> None:
    """SQL and Python say the same of random entries: public; covered by its entry; free to leave."""
    drawn = random_entries(scale.of(400, 6000))
    held: dict[uuid.UUID, dict[str, Any]] = {ids.new(): one for one in drawn}
    with database.write() as session:
        first = create_row(session, town, ids.new(), drawn[0])
        session.execute(insert(DataEntry), [create_row(session, town, key, one) for key, one in held.items()])
        session.execute(insert(DataItem), [
            {**leaf, "id": ids.new(), "entry_id": key, "number": number, "code": f"{key}#{number}", "name": "项",
             "sensitive": False, "pii": False, "is_key": False}
            for key, one in held.items() for number, leaf in enumerate(one["items"], start=1)
        ])
    assert first["level"] == drawn[0]["level"]
    with database.read() as session:
        shown = set(session.scalars(select(DataEntry.id).where(public())))
        wider = {one.entry_id for one in levels.wider_items(session, list(held))}
        free = release.release_allowed(session, list(held), "export").allowed
    assert shown == {key for key, one in held.items() if is_public(SimpleNamespace(**one))}
    assert wider == {key for key, one in held.items() if item_problems(one, one["items"])}
    assert free == {
        key for key, one in held.items() if max([one["level"], *(leaf["level"] for leaf in one["items"])]) < 5
    }
    assert 0 < len(shown) < len(held) and 0 < len(wider) < len(held) and 0 < len(free) < len(held)


def create_row(session: Any, town: Town, key: uuid.UUID, one: dict[str, Any]) -> dict[str, Any]:
    """A row as a bulk writer inserts it."""
    return {
        **node_service.filled(KIND, {"name": "样例"}), "id": key, "code": f"P-{key}", "department_id": town.civil,
        "revision": 1, "version": 0, "source": "test", "created_at": clock.now(), "updated_at": clock.now(),
        "audit_id": ids.new(), **{name: one[name] for name in ("level", "share_type", "open_type", "online", "status")},
    }


def enrol(database: Database, *people: Actor) -> None:
    """Accounts of these people: an approval names them."""
    with database.write() as session:
        session.add_all(User(
            id=one.user_id, username=f"{one.name}-{one.user_id}", display_name=one.name, password_hash="x",
            password_history=[], password_changed_at=clock.now(), created_at=clock.now(),
        ) for one in people)


def ask(database: Database, actor: Actor, entry_id: uuid.UUID, purpose: str, days: int = 30) -> uuid.UUID:
    return database.run(lambda s: release.request(
        s, actor, entry_id=entry_id, purpose=purpose, receiver="市经济和信息化局", basis="数据安全法第二十一条",
        valid_until=clock.now() + timedelta(days=days),
    ).id)


def test_important_data_leaves_only_with_a_listed_release(database: Database, town: Town) -> None:
    entry_id, plain = create(database, town, level=5), create(database, town, name="普通")
    held = entry(database, entry_id)
    approver = person("approver", None, "catalog.release.approve", scope="all")
    enrol(database, approver, town.bureau)

    def exported() -> set[str]:
        with database.read() as session:
            return set(session.scalars(select(DataEntry.code).where(release.releasable("export", clock.now()))))

    def allowed(purpose: str) -> bool:
        with database.read() as session:
            return entry_id in release.release_allowed(session, [entry_id, plain], purpose).allowed

    assert code(lambda: ask(database, town.officer, plain, "export")) == "catalog.release.needless"
    assert code(lambda: ask(database, town.officer, entry_id, "export", 400)) == "catalog.release.term"
    assert code(lambda: ask(database, town.stranger, entry_id, "export")) == "kernel.not_found"
    assert exported() == {entry(database, plain).code}
    with database.read() as session:
        assert code(lambda: release.require_released(session, [entry_id], "push")) == "catalog.release.missing"
    approval = ask(database, town.bureau, entry_id, "export")
    own = code(lambda: database.run(lambda s: approvals.decide(s, town.bureau, approval, approve=True)))
    assert own == "kernel.approval.same_person"
    assert not allowed("export"), "a proposal lets nothing out"
    database.run(lambda s: approvals.decide(s, approver, approval, approve=True))
    assert allowed("export") and not allowed("interface") and held.code in exported()
    with database.read() as session:
        rows, total = release.page(session, release.listing(departments=[town.civil], purpose="export", valid=True),
                                   limit=10, offset=0)
        assert total == 1 and rows[0][1] == held.code and rows[0][0].receiver == "市经济和信息化局"
        release_id = rows[0][0].id
    change_entry(database, town.officer, entry_id, {"level": 6})
    assert not allowed("export"), "what was released as important data is core data now"
    change_entry(database, town.officer, entry_id, {"level": 5})
    with database.write() as session:
        session.get_one(Release, release_id).valid_until = clock.now() - timedelta(seconds=1)
    assert not allowed("export"), "past its day"
    with database.write() as session:
        session.get_one(Release, release_id).valid_until = clock.now() + timedelta(days=1)
    assert allowed("export")
    assert code(lambda: database.run(lambda s: release.revoke(s, town.officer, release_id, "x"))) == (
        "identity.permission.denied"
    )
    database.run(lambda s: release.revoke(s, approver, release_id, "接收方变更"))
    assert not allowed("export")
    assert code(lambda: database.run(lambda s: release.revoke(s, approver, release_id, "x"))) == (
        "catalog.release.unknown"
    )


def test_an_item_of_core_data_holds_its_entry_back(database: Database, town: Town) -> None:
    """Rows that passed by the edit rules count by their highest item."""
    entry_id = create(database, town)
    with database.write() as session:
        session.execute(text("UPDATE data_item SET level = 6 WHERE entry_id = :e AND number = 1"), {
            "e": entry_id.hex if database.dialect == "sqlite" else entry_id
        })
    with database.read() as session:
        assert [one[0] for one in release.release_allowed(session, [entry_id], "push").refused] == [entry_id]
        with pytest.raises(ValueError, match="purpose"):
            release.releasable("gift", clock.now())
