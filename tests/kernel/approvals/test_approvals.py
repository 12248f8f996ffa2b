"""Maker and checker: who may decide what, once, for exactly these parameters."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.approvals import queries, rules, service
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind, kind_of
from kernel.approvals.rules import ApprovalState
from kernel.approvals.tasks import tasks_for
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department, User

KIND, CHECK = "test.thing.do", "test.thing.approve"
PARAMS = {"target": "甲", "count": 3}
_called: list[tuple[str, uuid.UUID]] = []
_fail = threading.Event()


def _approved(session: Session, row: Approval) -> None:
    if _fail.is_set():
        raise RuntimeError("the effect failed")
    _called.append(("approved", row.id))


approval_kind(KIND, checker_permission=CHECK, on_approved=_approved, zh="做事", en="Do it",
              on_rejected=lambda session, row: _called.append(("rejected", row.id)), valid_for=timedelta(hours=1),
              on_withdrawn=lambda session, row: _called.append(("withdrawn", row.id)))


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    _called.clear()
    _fail.clear()
    yield


@pytest.fixture
def people(database: Database, make_actor: Callable[..., Actor]) -> dict[str, Actor]:
    """Real rows for maker and checker: approvals name persons."""
    def unit(session: Session) -> dict[str, uuid.UUID]:
        now = clock.now()
        department = Department(id=ids.new(), code="d1", name="甲局", kind="bureau", aliases=[], valid_from=now)
        session.add(department)
        session.flush()
        users = {name: User(id=ids.new(), username=name, display_name=name, password_hash="", password_history=[],
                            password_changed_at=now, created_at=now) for name in ("maker", "checker", "foreign")}
        session.add_all(users.values())
        return {"department": department.id} | {name: user.id for name, user in users.items()}
    made = database.run(unit)
    return {
        "maker": make_actor(CHECK, user_id=made["maker"], department_id=made["department"], name="maker"),
        "checker": make_actor(CHECK, user_id=made["checker"], department_id=made["department"], name="checker"),
        "foreign": make_actor(CHECK, user_id=made["foreign"], department_id=uuid.uuid4(), name="foreign"),
        "plain": make_actor(user_id=made["checker"], department_id=made["department"], name="checker"),
    }


def _propose(database: Database, actor: Actor, params: dict[str, Any] | None = None) -> uuid.UUID:
    return database.run(lambda session: service.propose(
        session, actor, kind=KIND, params=params or PARAMS, title_zh="做事", title_en="Do it",
        department_id=actor.department_id,
    ).id)


def _decide(database: Database, actor: Actor, approval: uuid.UUID, **options: Any) -> None:
    database.run(lambda session: service.decide(session, actor, approval, **({"approve": True} | options)))


def _use(database: Database, approval: uuid.UUID, params: dict[str, Any] | None = None, kind: str = KIND) -> None:
    database.run(lambda session: service.consume(
        session, system_actor("test"), approval, kind=kind, params=params or PARAMS
    ))


def _state(database: Database, approval: uuid.UUID) -> str:
    with database.read() as session:
        row = session.get(Approval, approval)
        assert row is not None
        return row.state


def _code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as error:
        call()
    return error.value.code.rsplit(".", 1)[1]


def test_whole_way_once(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    assert _code(lambda: _use(database, approval)) == "not_approved"
    _decide(database, people["checker"], approval, opinion="同意")
    assert _called == [("approved", approval)]
    assert _code(lambda: _decide(database, people["checker"], approval)) == "not_pending"
    for params in ({**PARAMS, "count": 4}, {"target": "甲"}, {**PARAMS, "more": None}):
        assert _code(lambda params=params: _use(database, approval, params)) == "mismatch"
    assert _code(lambda: _use(database, approval, kind="test.other")) == "mismatch"
    _use(database, approval)
    assert _state(database, approval) == "used"
    assert _code(lambda: _use(database, approval)) == "used"
    with database.read() as session:
        row = session.get(Approval, approval)
        assert row is not None
        assert None not in (row.proposed_audit_id, row.decided_audit_id, row.used_audit_id)
        assert (row.checker_name, row.opinion) == ("checker", "同意")


def test_who_may_not_decide(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    assert _code(lambda: _decide(database, people["maker"], approval)) == "same_person"
    assert _code(lambda: _decide(database, people["plain"], approval)) == "denied"
    assert _code(lambda: _decide(database, people["foreign"], approval)) == "not_found"
    assert _code(lambda: _decide(database, system_actor("x"), approval)) == "not_a_person"
    assert _code(lambda: _decide(database, people["checker"], uuid.uuid4())) == "not_found"
    assert _code(lambda: _decide(database, people["checker"], approval, approve=False)) == "opinion_required"
    assert _state(database, approval) == "pending"
    _decide(database, people["checker"], approval, approve=False, opinion="材料不全")
    assert _called == [("rejected", approval)]
    assert _code(lambda: _use(database, approval)) == "not_approved"


def test_failing_effect_undoes_the_decision(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    _fail.set()
    with pytest.raises(RuntimeError):
        _decide(database, people["checker"], approval)
    assert _state(database, approval) == "pending"


def test_expiry_and_withdrawal(database: Database, people: dict[str, Actor]) -> None:
    late, approved, taken = (_propose(database, people["maker"]) for _ in range(3))
    _decide(database, people["checker"], approved)
    database.run(lambda session: session.execute(text("UPDATE approval SET expires_at = 1")))
    assert _code(lambda: _decide(database, people["checker"], late)) == "expired"
    assert _code(lambda: _use(database, approved)) == "expired"
    assert _code(lambda: database.run(lambda s: service.withdraw(s, people["checker"], taken))) == "not_found"
    database.run(lambda session: service.withdraw(session, people["maker"], taken))
    assert _called[-1] == ("withdrawn", taken)
    assert _code(lambda: database.run(lambda s: service.withdraw(s, people["maker"], taken))) == "not_pending"


def test_parameters_edited_in_the_table_open_nothing(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    _decide(database, people["checker"], approval)
    database.run(lambda session: session.execute(text("UPDATE approval SET params = '{\"count\": 999}'")))
    assert _code(lambda: _use(database, approval)) == "mismatch"
    assert _code(lambda: _use(database, approval, {"count": 999})) == "mismatch"


def test_two_users_at_once_get_it_once(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    _decide(database, people["checker"], approval)
    outcomes: list[str] = []

    def use() -> None:
        try:
            _use(database, approval)
            outcomes.append("used")
        except MulianError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kernel.approval.used"] * 5 + ["used"]


def test_lists_and_workbench(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])

    def seen(actor: Actor) -> list[uuid.UUID]:
        with database.read() as session:
            return [row.id for row in session.scalars(queries.pending_for(actor))]

    assert seen(people["checker"]) == [approval]
    assert seen(people["maker"]) == seen(people["plain"]) == seen(people["foreign"]) == []
    with database.read() as session:
        (task,) = tasks_for(session, people["checker"])
        assert (task.source, task.id, task.from_name) == ("approvals", approval, "maker")
        assert tasks_for(session, people["maker"]) == []
        assert service.get(session, people["maker"], approval).id == approval


def test_plain_checker_is_a_stranger(database: Database, people: dict[str, Actor]) -> None:
    approval = _propose(database, people["maker"])
    with database.read() as session:
        assert _code(lambda: service.get(session, people["plain"], approval)) == "not_found"
        assert _code(lambda: service.get(session, people["foreign"], approval)) == "not_found"
    assert _code(lambda: kind_of("test.none.such")) == "kind_unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5), st.dictionaries(st.text(max_size=6), JSON, max_size=5))
def test_digest_binds_kind_and_parameters(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert rules.digest("a", one) == rules.digest("a", dict(reversed(one.items())))
    assert rules.digest("a", one) != rules.digest("b", one)
    same = repr(sorted(one.items(), key=str)) == repr(sorted(two.items(), key=str))
    assert (rules.digest("a", one) == rules.digest("a", two)) or not same


@pytest.mark.parametrize("state", list(ApprovalState))
def test_only_approved_opens(state: ApprovalState) -> None:
    now = clock.now()

    def use(expires: timedelta) -> None:
        rules.check_use(state=state, expires_at=now + expires, now=now, approved_digest="x", used_digest="x")

    if state is ApprovalState.APPROVED:
        use(timedelta(microseconds=1))
        assert _code(lambda: use(timedelta(0))) == "expired"
    else:
        assert _code(lambda: use(timedelta(hours=1))) in ("used", "not_approved")
