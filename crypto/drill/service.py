"""Running a drill: choose scopes, kill and resume on the copy, judge what is left."""

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crypto.drill import copying, processes, rules
from crypto.drill.copying import Copy
from crypto.drill.errors import NOTHING
from crypto.drill.processes import ACTOR, mark
from crypto.drill.rules import Kill, Outcome
from crypto.envelope import row_keys
from crypto.envelope.row_keys import JSONKey, RowKey
from crypto.errors import ROTATION_ROWS_BAD
from crypto.keys.keyring import Keyring
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.persons import service as persons
from crypto.persons.rules import synthetic
from crypto.rotation import machine
from crypto.rotation import queries as rotations
from crypto.rotation import service as rotation_service
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import APPROVAL_KIND, RotationState, approval_params
from crypto.scopes import fences, queries, registry
from crypto.scopes import service as scopes
from crypto.scopes.rules import ENC, Scope
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.db import Base
from kernel.identity.models import Department
from kernel.leases.models import Lease
from kernel.runtime import Runtime

WRITERS = 2
PAGE = 20_000
Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Target:
    """One scope of the copy, with a value's mark for every row before the drill."""

    id: uuid.UUID
    scope: Scope
    secret: bytes
    before: dict[JSONKey, str]
    sample: tuple[RowKey, bytes]  # a row with its envelope under the old key


def run(
    runtime: Runtime, *, scope_ids: Sequence[uuid.UUID] = (), copy_url: str | None = None, planted: int = 200,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Drill on a copy and return the report. ``scope_ids`` empty: of every encrypted column the scope with most rows.

    Where no scope has rows, ``planted`` invented persons are put into the copy. The caller's process forks: it has no
    thread. Raises what ``copying.make`` raises, and ``crypto.drill.nothing``.
    """
    started, outcomes = clock.now(), []
    with copying.make(runtime, copy_url) as copy:
        runtime.database.close()  # connections do not survive a fork
        chosen, invented = _choose(copy, scope_ids, planted)
        for scope_id in chosen:
            outcomes.append(_drill(copy, scope_id, invented, progress))
    return rules.report(
        outcomes, started=clock.iso(started), finished=clock.iso(clock.now()), database=runtime.database.dialect,
    )


def _choose(copy: Copy, scope_ids: Sequence[uuid.UUID], planted: int) -> tuple[list[uuid.UUID], bool]:
    with copy.open() as runtime:
        found = runtime.database.run(lambda session: _with_rows(session, scope_ids), write=False)
        if not found and not scope_ids:
            scope_id = runtime.database.run(lambda session: _plant(session, planted))
            return [scope_id], True
    if not found:
        raise NOTHING()
    return found, False


def _with_rows(session: Session, scope_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Return the scopes that were asked for, or of every column the fullest; only such with rows."""
    best: dict[tuple[str, str], tuple[int, uuid.UUID]] = {}
    asked = []
    for scope in session.scalars(queries.listing(None)):
        count = ScopeRows(registry.table_of(scope.table_name), queries.name_of(scope)).count(session)
        if count and scope.id in scope_ids:
            asked.append(scope.id)
        name = (scope.table_name, scope.column_name)
        if count > best.get(name, (0, scope.id))[0]:
            best[name] = (count, scope.id)
    return asked if scope_ids else [scope_id for _, scope_id in best.values()]


def _plant(session: Session, count: int) -> uuid.UUID:
    """Put invented persons into the copy, under a department's scopes, which are made where there are none."""
    found = next((row for row in queries.of_table(session, persons.TABLE) if row.column_name == "id_number_env"), None)
    if found is None:
        department_id = session.scalars(select(Department.id).order_by(Department.sort, Department.id).limit(1)).first()
        made = scopes.declare(
            session, ACTOR, table=persons.TABLE, department_ids=[department_id or _department(session)],
        )
        found = next(row for row in made if row.column_name == "id_number_env")
    persons.insert_many(session, found.department_id, synthetic(count, first_id=1))
    return found.id


def _department(session: Session) -> uuid.UUID:
    row = Department(
        id=ids.new(), code="DRILL", uscc=None, name="演练单位", short_name=None, kind="bureau", region=None, aliases=[],
        sort=0, valid_from=clock.now(), valid_to=None,
    )
    session.add(row)
    session.flush()
    return row.id


def _drill(copy: Copy, scope_id: uuid.UUID, planted: bool, progress: Progress) -> Outcome:
    with copy.open() as runtime:
        _finish_open(runtime, scope_id)
        target = runtime.database.run(lambda session: _target(session, scope_id), write=False)
        outcome = runtime.database.run(lambda session: _outcome(session, target, planted), write=False)
        rotation_id, outcome.old_key = runtime.database.run(lambda session: _plan(session, scope_id))
    keys = list(target.before)
    journals = [copy.folder / f"writes-{scope_id}-{lane}" for lane in range(WRITERS)]
    chunk, writers = max(1, min(machine.CHUNK_ROWS, len(keys) // 10)), list[int]()
    try:
        # every other row has a writer: the rest is left to the rotation, however long the writers have been at work
        for lane, journal in enumerate(journals):
            if mine := keys[lane::2 * WRITERS]:
                writers.append(processes.write(copy, target.scope, mine, target.secret, journal))
        for moment in rules.moments():
            status = processes.rotate(copy, rotation_id, moment, chunk)
            outcome.kills.append(_look(copy, target, journals, Kill(moment, status < 0, 0, 0)))
            progress(f"{outcome.label} {moment.state} {moment.when}")
        processes.rotate(copy, rotation_id, None, chunk)
    finally:
        for pid in writers:
            processes.kill(pid)
    with copy.open() as runtime:
        _judge(runtime, target, rotation_id, outcome, [processes.read_journal(journal) for journal in journals])
    return outcome


def _finish_open(runtime: Runtime, scope_id: uuid.UUID) -> None:
    """The home may be in the middle of a rotation: on the copy it is carried to its end first.

    Its worker is alive and holds leases, on the home: those in the copy are nobody's.
    """
    runtime.database.run(lambda session: session.execute(delete(Lease)))
    running = runtime.database.run(lambda session: rotations.open_of(session, scope_id), write=False)
    if running is not None:
        rotation_id = running.id
        runtime.database.run(lambda session: rotation_service.hasten(session, rotations.get(session, rotation_id)))
        machine.run(runtime, ACTOR, rotation_id)


def _target(session: Session, scope_id: uuid.UUID) -> _Target:
    row = queries.get(session, scope_id)
    scope, secret = queries.name_of(row), secrets.token_bytes(16)
    marks = _marks(session, scope, secret)
    bad = [str(key) for key, found in marks.items() if found is None]
    if bad:
        raise ROTATION_ROWS_BAD(count=len(bad), rows=", ".join(bad[:20]))
    first = next(iter(ScopeRows(registry.table_of(scope.table), scope).page(session, None, 1)))
    return _Target(row.id, scope, secret, {key: found for key, found in marks.items() if found is not None}, first)


def _marks(session: Session, scope: Scope, secret: bytes) -> dict[JSONKey, str | None]:
    """Return a mark of every row's value, None where it does not open."""
    rows, found = ScopeRows(registry.table_of(scope.table), scope), dict[JSONKey, str | None]()
    keyring = Keyring.open(session.info["runtime"])
    for page in rows.pages(session, PAGE):
        opened = keyring.decrypt_column(scope, page.keys, page.envelopes, session=session)
        for key, value in zip(page.keys, opened, strict=True):
            found[row_keys.to_json(key)] = mark(secret, value) if isinstance(value, bytes) else None
    return found


def _outcome(session: Session, target: _Target, planted: bool) -> Outcome:
    department = session.get(Department, target.scope.department_id)
    label = registry.table_of(target.scope.table).column(target.scope.column).zh
    return Outcome(
        department.name if department else "", target.scope.table, target.scope.column, label,
        rows=len(target.before), planted=planted,
    )


def _plan(session: Session, scope_id: uuid.UUID) -> tuple[uuid.UUID, int]:
    """Plan the rotation on the copy; it has no second person, and needs none: it ends with the drill."""
    scope = queries.get(session, scope_id)
    key = session.scalars(select(CryptoDek).where(
        CryptoDek.scope_id == scope_id, CryptoDek.purpose == ENC, CryptoDek.replaced_at.is_(None),
        CryptoDek.state.in_((KeyState.ACTIVE, KeyState.COMPROMISED)),
    )).one()
    approval = approvals.propose(
        session, ACTOR, kind=APPROVAL_KIND, params=approval_params(scope.id, key.key_id, "演练"),
        title_zh="演练", title_en="drill", department_id=scope.department_id,
    )
    planned = rotation_service.plan(session, approval, scope_id=scope.id, old_key_id=key.key_id, urgent=True)
    return planned.id, key.key_id


def _look(copy: Copy, target: _Target, journals: Sequence[Any], kill: Kill) -> Kill:
    """Open every row as the database holds it right after a kill, with the writers still at work."""
    with copy.open() as runtime:
        found = runtime.database.run(lambda session: _marks(session, target.scope, target.secret), write=False)
    written: dict[JSONKey, list[tuple[str, str]]] = {}
    for journal in journals:  # read after the rows: whatever was in a row had been announced
        written |= processes.read_journal(journal)
    missing = len(target.before.keys() - found.keys())
    bad = sum(
        rules.wrong(rules.ever(target.before[key], written.get(key, ())) if key in target.before else None, value)
        for key, value in found.items()
    )
    return Kill(kill.moment, kill.killed, len(found), bad + missing)


def _judge(
    runtime: Runtime, target: _Target, rotation_id: uuid.UUID, outcome: Outcome,
    journals: list[dict[JSONKey, list[tuple[str, str]]]],
) -> None:
    written = {key: lines for journal in journals for key, lines in journal.items()}
    outcome.writes = sum(kind == "done" for lines in written.values() for kind, _ in lines)

    def look(session: Session) -> None:
        rotation = rotations.get(session, rotation_id)
        states: dict[int, str] = dict(session.execute(
            select(CryptoDek.key_id, CryptoDek.state)
            .where(CryptoDek.scope_id == target.id, CryptoDek.purpose == ENC)).tuples().all())
        found = _marks(session, target.scope, target.secret)
        rows = ScopeRows(registry.table_of(target.scope.table), target.scope)
        outcome.new_key = rotation.new_key_id or 0
        outcome.checks |= {
            "finished": rotation.state == RotationState.RETIRED and rotation.certificate is not None,
            "one_active_key": [key for key, state in states.items() if state == KeyState.ACTIVE] == [outcome.new_key]
            and states[outcome.old_key] == KeyState.RETIRED,
            "all_under_new_key": rows.count_others(session, outcome.new_key) == 0 and len(found) == outcome.rows,
            "all_rows_right": found.keys() == target.before.keys() and not any(
                rules.wrong(rules.allowed(target.before[key], written.get(key, ())), value)
                for key, value in found.items()
            ),
            "fence_in_place": target.scope.table not in fences.findings(session),
        }

    runtime.database.run(look, write=False)
    outcome.checks |= {
        "old_key_refused": _refused(runtime, target), "killed_everywhere": rules.everywhere(outcome.kills),
        "writers_worked": outcome.writes > 0,
    }


def _refused(runtime: Runtime, target: _Target) -> bool:
    """Try to put a row's old envelope back; only the fence's own refusal counts."""
    table = registry.table_of(target.scope.table)
    key, envelope = target.sample
    rows = Base.metadata.tables[table.name]
    with runtime.database.session(write=True) as session:
        try:
            session.execute(update(rows).where(rows.c[table.key_column] == key).values({target.scope.column: envelope}))
        except DBAPIError as error:
            return "mulian fence" in str(error.orig)
    return False
