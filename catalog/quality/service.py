"""Computing the quality of departments, keeping it, and answering from what is kept."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.nodes import service as nodes
from catalog.nodes.queries import slices
from catalog.quality import port, queries, rules
from catalog.quality.models import QualityDay, QualityFailure, QualityFigure, QualityState
from catalog.quality.rules import Verdict, judge
from kernel import canonical, clock, ids
from kernel.db import Database
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Computed:
    """The quality of one department: (level, rule) → (numerator, denominator), and how its failing cells change.

    ``changed`` are the nodes whose failing cells are not those that are kept, ``failures`` the rows of these nodes;
    ``before`` is when what they were compared with was computed.
    """

    department_id: uuid.UUID
    mark: str
    nodes: int
    counts: dict[tuple[str, str], tuple[int, int]]
    changed: list[uuid.UUID]
    failures: list[dict[str, Any]]
    at: datetime
    before: datetime | None


def marks(session: Session, at: datetime, only: uuid.UUID | None = None) -> dict[uuid.UUID, str]:
    """Department → a digest of everything its figures depend on: nodes, links, interfaces, rules and the day."""
    served = sorted(port.served(session))
    owners = queries.entry_departments(session, served)
    by_department: dict[uuid.UUID, list[str]] = defaultdict(list)
    for entry_id in served:
        if entry_id in owners:
            by_department[owners[entry_id]].append(str(entry_id))
    day, ruleset = clock.business_day(at).isoformat(), rules.ruleset()
    return {
        department_id: sm3_hex(canonical.dumps([
            day, ruleset, [list(row) for row in rows], by_department.get(department_id, [])
        ]))
        for department_id, rows in queries.versions_of_nodes(session, only).items()
    }


def compute(session: Session, department_id: uuid.UUID, mark: str, at: datetime) -> Computed:
    """Judge every node of a department as it now stands."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    failing: dict[uuid.UUID, list[dict[str, Any]]] = {}
    total = 0
    for subject in queries.subjects(session, department_id, at):
        verdict = judge(subject)
        total += 1
        for rule, (numerator, denominator) in verdict.counts.items():
            held = counts[subject.kind, rule]
            held[0] += numerator
            held[1] += denominator
        if verdict.failures:
            row = subject.row
            base = {"department_id": department_id, "node_kind": subject.kind, "node_id": row["id"]}
            base |= {"code": row["code"], "name": row["name"]}
            failing[row["id"]] = [{"id": ids.new(), **base, **vars(failure)} for failure in verdict.failures]
    known = queries.kept_failures(session, department_id)
    changed = sorted(
        node_id for node_id in {*known, *failing}
        if known.get(node_id) != Counter(queries.failure_key(row) for row in failing.get(node_id, ()))
    )
    state = session.get(QualityState, department_id)
    return Computed(
        department_id, mark, total, {key: (a, b) for key, (a, b) in counts.items()}, changed,
        [row for node_id in changed for row in failing.get(node_id, ())], at, state.computed_at if state else None,
    )


def keep(session: Session, computed: Computed) -> bool:
    """Bring what is kept of a department up to date; False where somebody else did so in the meantime."""
    state = session.get(QualityState, computed.department_id)
    if (state.computed_at if state else None) != computed.before:
        return False
    session.execute(delete(QualityFigure).where(QualityFigure.department_id == computed.department_id))
    for some in slices(computed.changed):
        # a node that moved on is kept under its new department
        own = QualityFailure.department_id == computed.department_id
        session.execute(delete(QualityFailure).where(own, QualityFailure.node_id.in_(some)))
    if state is None:
        state = QualityState(department_id=computed.department_id)
        session.add(state)
    state.mark, state.nodes, state.computed_at = computed.mark, computed.nodes, computed.at
    session.flush()
    if computed.counts:
        session.execute(insert(QualityFigure), [
            {"department_id": computed.department_id, "node_kind": kind, "rule": rule, "numerator": numerator,
             "denominator": denominator}
            for (kind, rule), (numerator, denominator) in sorted(computed.counts.items())
        ])
    if computed.failures:
        # through the table: the mapper would group rows by which of their columns are None
        table: Any = QualityFailure.__table__
        session.execute(insert(table), computed.failures)
    return True


def refresh(
    database: Database, *, only: Sequence[uuid.UUID] | None = None, force: bool = False,
    progress: Progress = lambda done, total, message: None,
) -> int:
    """Compute anew every department that changed (or each of ``only``, with ``force`` all); how many there were.

    Judging reads one snapshot and holds no lock; only the result is written, in a short unit for each department.
    """
    at = clock.now()
    with database.read() as session:
        now_marks, states = marks(session, at), queries.states(session)
    wanted = [
        department_id for department_id, mark in sorted(now_marks.items())
        if (only is None or department_id in only)
        and (force or department_id not in states or states[department_id].mark != mark)
    ]
    for number, department_id in enumerate(wanted):
        progress(number, len(wanted), "计算目录质量")
        _refresh_one(database, department_id)
    return len(wanted)


def _refresh_one(database: Database, department_id: uuid.UUID) -> None:
    at = clock.now()
    with database.read() as session:
        # the mark is of the same snapshot as the figures, so a change in between is seen by the next look
        computed = compute(session, department_id, marks(session, at, department_id)[department_id], at)
    database.run(lambda session: keep(session, computed))


def keep_day(session: Session, day: str) -> int:
    """Write the kept figures as those of a day, in place of what the day had; how many rows."""
    session.execute(delete(QualityDay).where(QualityDay.day == day))
    names = ("department_id", "node_kind", "rule", "numerator", "denominator")
    rows = [{"day": day, **dict(zip(names, row, strict=True))} for row in queries.figures(session, None)]
    if rows:
        session.execute(insert(QualityDay), rows)
    return len(rows)


def scope(actor: Actor, department_id: uuid.UUID | None) -> list[uuid.UUID] | None:
    """The departments an actor may ask about: None is all. 404 for a foreign one."""
    if department_id is not None:
        if not actor.sees(department_id):
            raise NODE_UNKNOWN(kind="部门")
        return [department_id]
    if actor.kind == "system" or actor.scope == "all":
        return None
    return [actor.department_id] if actor.department_id else []


def of_node(session: Session, actor: Actor, kind_key: str, node_id: uuid.UUID) -> tuple[Any, Verdict]:
    """One node judged now, for whoever sees it."""
    node = nodes.found(session, actor, kind_key, node_id)
    return node, judge(queries.subject(session, kind_key, node, clock.now()))


def computed_at(session: Session, only: Sequence[uuid.UUID] | None) -> datetime | None:
    """Since when the figures stand: the oldest computation among the departments."""
    query = select(QualityState.computed_at).order_by(QualityState.computed_at).limit(1)
    return session.scalar(query if only is None else query.where(QualityState.department_id.in_(only)))

