"""Use cases on 问题数据: shown masked, in clear with a reason, corrected, put aside. Rows stay sealed throughout."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.keys.keyring import keyring_of
from crypto.masking.rules import mask
from crypto.scopes.rules import Scope
from gateway.collection import errors, queries, store, tasks, values
from gateway.collection.contract import Checker, Column, columns_of, picked
from gateway.collection.models import PROBLEM_TABLE, CollectionProblem, CollectionTask
from gateway.collection.store import DUPLICATE
from gateway.permissions import COLLECT_READ, COLLECT_REVEAL, COLLECT_RUN
from kernel import clock
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor

MOST = 5_000  # rows that one request corrects


@dataclass(frozen=True)
class Shown:
    """A refused row for people: values by column, encrypted ones masked unless they were revealed."""

    row: CollectionProblem
    values: dict[str, str]


def shown(session: Session, task: CollectionTask, rows: Sequence[CollectionProblem], *, clear: bool) -> list[Shown]:
    """Open rows of a task. Raises ``crypto.sealed``, ``gateway.collection.problem_unreadable``."""
    columns = columns_of(queries.table(session, task.table_id).columns)
    return [
        Shown(row, {one.name: _text(one, raw, task.mapping, clear=clear) for one in columns})
        for row, raw in zip(rows, opened(session, task.department_id, rows), strict=True)
    ]


def reveal(
    session: Session, actor: Actor, *, task_id: uuid.UUID, problem_ids: Sequence[uuid.UUID], reason: str,
) -> list[Shown]:
    """Return rows in clear and write who saw which, and why; raise 403, 404."""
    task = tasks.owned(session, actor, task_id, COLLECT_REVEAL)
    rows = _rows(session, task, problem_ids)
    tasks.note(session, actor, task, "reveal", rows=len(rows), reason=reason,
               ids=[str(row.id) for row in rows[:100]])
    return shown(session, task, rows, clear=True)


def correct(
    session: Session, actor: Actor, *, task_id: uuid.UUID, corrections: Mapping[uuid.UUID, Mapping[str, Any]],
) -> dict[uuid.UUID, tuple[str, ...]]:
    """Put corrected rows into the table that is seen; return by id why a row is still refused (empty: it is stored).

    A correction gives new values of some columns; the others stay as they came. Raises 403, 404,
    ``gateway.collection.running``, ``gateway.collection.problem_state``, ``gateway.collection.state`` before a load.
    """
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    table = queries.table(session, task.table_id)
    if queries.open_run(session, task.id) is not None:
        raise errors.RUNNING(code=task.code)
    if table.live_load == 0:
        raise errors.STATE(code=task.code, state="empty")
    rows = _rows(session, task, list(corrections))
    place = store.place_of(session, table)
    raws = [
        _merged(raw, corrections[row.id], task.mapping)
        for row, raw in zip(rows, opened(session, task.department_id, rows), strict=True)
    ]
    checked = Checker(place.columns, task.mapping).check(raws)
    twice = store.put(session, place, table.live_load, checked.good, replace=task.mode == "cursor")
    wrong = dict(checked.bad) | dict.fromkeys(twice, (DUPLICATE,))
    audit_id = tasks.note(session, actor, task, "correct", rows=len(rows), stored=len(rows) - len(wrong),
                          columns=sorted({name for one in corrections.values() for name in one}))
    _written(session, actor, place, rows, raws, wrong, audit_id)
    return {row.id: wrong.get(at, ()) for at, row in enumerate(rows)}


def drop(
    session: Session, actor: Actor, *, task_id: uuid.UUID, problem_ids: Sequence[uuid.UUID], reason: str,
) -> int:
    """Put rows aside for good: they stay readable and count no more."""
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    rows = _rows(session, task, problem_ids)
    audit_id = tasks.note(session, actor, task, "drop", rows=len(rows), reason=reason)
    for row in rows:
        row.state, row.changed_by, row.changed_at, row.audit_id = "dropped", actor.name, clock.now(), audit_id
    return len(rows)


def readable(session: Session, actor: Actor, task_id: uuid.UUID) -> CollectionTask:
    """Return a task whose refused rows the actor may see masked."""
    return tasks.owned(session, actor, task_id, COLLECT_READ)


def opened(session: Session, department_id: uuid.UUID, rows: Sequence[CollectionProblem]) -> list[Any]:
    """Return the rows as they came."""
    scope = Scope(department_id, PROBLEM_TABLE, "row_env")
    found = keyring_of(session).decrypt(scope, [(row.id, row.row_env) for row in rows], session=session)
    if any(isinstance(one, Failure) or one is None for one in found):
        raise errors.PROBLEM_UNREADABLE()
    return [orjson.loads(one) for one in found if isinstance(one, bytes)]


def _written(
    session: Session, actor: Actor, place: store.Place, rows: Sequence[CollectionProblem], raws: Sequence[Any],
    wrong: Mapping[int, tuple[str, ...]], audit_id: uuid.UUID,
) -> None:
    """Write what became of the rows; one that is still refused keeps what was corrected so far."""
    forms = [store.frozen(raw, place.columns) for raw in raws]
    sealed = keyring_of(session).encrypt(
        session, Scope(place.department_id, PROBLEM_TABLE, "row_env"),
        [(row.id, form) for row, form in zip(rows, forms, strict=True)])
    for at, (row, envelope) in enumerate(zip(rows, sealed, strict=True)):
        if envelope is not None:
            row.row_env = envelope
        row.changed_by, row.changed_at, row.audit_id = actor.name, clock.now(), audit_id
        if at in wrong:
            row.reasons, row.reason = list(wrong[at]), wrong[at][0]
        else:
            row.state = "corrected"


def _rows(session: Session, task: CollectionTask, problem_ids: Sequence[uuid.UUID]) -> list[CollectionProblem]:
    found = queries.problems_by_id(session, task.id, problem_ids)
    if len(found) != len(set(problem_ids)) or not found:
        raise NOT_FOUND()
    for row in found:
        if row.state != "open":
            raise errors.PROBLEM_STATE(state=row.state)
    return found


def _merged(raw: Any, corrected: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    kept = dict(raw) if isinstance(raw, dict) else {}
    return kept | {mapping.get(name) or name: value for name, value in corrected.items()}


def _text(column: Column, raw: Any, mapping: Mapping[str, str], *, clear: bool) -> str:
    value = picked([raw if isinstance(raw, dict) else {}], mapping.get(column.name) or column.name)[0]
    found = values.text(value)
    shown_text = "" if found is None else str(value) if isinstance(found, values.Bad) else str(found)
    return mask(column.mask, shown_text) if column.encrypted and not clear else shown_text
