"""Open, assign, pause, resume, note and close cases."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.cases import queries, rules
from kernel.cases.errors import CLOCK_BACKWARDS, CLOSED, NOT_PAUSED, PAUSED
from kernel.cases.models import CaseCounter, CaseEvent, CaseFile, CasePause
from kernel.cases.registry import type_of
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor


def open_case(
    session: Session,
    actor: Actor,
    *,
    type_: str,
    title: str,
    description: str = "",
    severity: str = "normal",
    department_id: uuid.UUID | None = None,
    assignee_id: uuid.UUID | None = None,
    object_type: str | None = None,
    object_id: str | None = None,
    clock_from: datetime | None = None,
) -> CaseFile:
    """Open a case with the next number of its type and Beijing year.

    ``clock_from`` is the earlier of first failing probe and report; the default is now, the future is refused.
    The number is raised in this transaction: a rolled-back case leaves no gap, a number is never used again.
    """
    kind, now = type_of(type_), clock.now()
    if clock_from is not None and clock_from > now:
        raise CLOCK_BACKWARDS()
    case_id, year = ids.new(), clock.business_day(now).year
    audit_id = record(
        session, actor, action="kernel.case.open", object_type="case", object_id=str(case_id),
        detail={"type": type_, "title": title}, department_id=department_id,
    )
    row = CaseFile(
        id=case_id, number=rules.number(kind.prefix, year, _next(session, type_, year)), type=type_, state="open",
        title=title, description=description, severity=severity, department_id=department_id,
        assignee_id=assignee_id, reporter_name=actor.name, object_type=object_type, object_id=object_id,
        opened_at=now, clock_from=clock_from or now, due_seconds=kind.due_seconds, version=1, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    _line(session, actor, row, "open", title)
    return row


def assign(session: Session, actor: Actor, row: CaseFile, *, assignee_id: uuid.UUID | None, name: str) -> None:
    """Hand the case to a person (or to nobody)."""
    _open_only(row)
    row.assignee_id = assignee_id
    _changed(session, actor, row, "assign", name)


def note(session: Session, actor: Actor, row: CaseFile, *, text: str) -> None:
    """Add a line to the timeline; also a closed case may get one."""
    _changed(session, actor, row, "note", text)


def pause(session: Session, actor: Actor, row: CaseFile, *, reason: str, consent_by: str) -> None:
    """Stop the clock: only with a reason and the name of who consented on the client's side."""
    _open_only(row)
    if _open_pause(session, row) is not None:
        raise PAUSED(number=row.number)
    session.add(CasePause(
        id=ids.new(), case_id=row.id, started_at=clock.now(), reason=reason, consent_by=consent_by
    ))
    _changed(session, actor, row, "pause", f"{reason}（同意人 {consent_by}）")


def resume(session: Session, actor: Actor, row: CaseFile) -> None:
    """Let the clock run on."""
    _open_only(row)
    running = _open_pause(session, row)
    if running is None:
        raise NOT_PAUSED(number=row.number)
    running.ended_at = clock.now()
    _changed(session, actor, row, "resume", "")


def close(
    session: Session, actor: Actor, row: CaseFile, *, cause: str, clock_until: datetime | None = None
) -> None:
    """Close with the cause. ``clock_until`` is when recovery was seen or confirmed; the default is now."""
    _open_only(row)
    now = clock.now()
    until = clock_until or now
    if not row.clock_from <= until <= now:
        raise CLOCK_BACKWARDS()
    running = _open_pause(session, row)
    if running is not None:
        running.ended_at = max(until, running.started_at)
    row.state, row.closed_at, row.clock_until = "closed", now, until
    _changed(session, actor, row, "close", cause)


def running_time(session: Session, row: CaseFile) -> timedelta:
    """The case's running time up to now or to its end."""
    intervals = [(p.started_at, p.ended_at) for p in queries.pauses(session, row.id)]
    return rules.elapsed(row.clock_from, row.clock_until or clock.now(), intervals)


def get(session: Session, actor: Actor, *, case_id: uuid.UUID) -> CaseFile:
    """The case, or 404 outside the actor's departments (the assignee always sees it)."""
    row = session.get(CaseFile, case_id)
    if row is None or not (row.assignee_id == actor.user_id or actor.sees(row.department_id)):
        raise NOT_FOUND()
    return row


def _next(session: Session, type_: str, year: int) -> int:
    counter = session.get(CaseCounter, (type_, year), with_for_update=True)
    if counter is None:
        counter = CaseCounter(type=type_, year=year, last=0)
        session.add(counter)
    counter.last += 1
    session.flush([counter])
    return counter.last


def _open_only(row: CaseFile) -> None:
    if row.state == "closed":
        raise CLOSED(number=row.number)


def _open_pause(session: Session, row: CaseFile) -> CasePause | None:
    return next((p for p in queries.pauses(session, row.id) if p.ended_at is None), None)


def _changed(session: Session, actor: Actor, row: CaseFile, verb: str, text: str) -> None:
    row.version += 1
    row.audit_id = record(
        session, actor, action=f"kernel.case.{verb}", object_type="case", object_id=str(row.id),
        detail={"number": row.number, "text": text}, department_id=row.department_id,
    )
    _line(session, actor, row, verb, text)


def _line(session: Session, actor: Actor, row: CaseFile, kind: str, text: str) -> None:
    seq = queries.last_event_seq(session, row.id) + 1
    session.add(CaseEvent(
        case_id=row.id, seq=seq, at=clock.now(), kind=kind, actor_name=actor.name, text=text
    ))
    session.flush()
