"""The review rules of departments (which stages, how many working days, whether secrecy has its own reviewer)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.permissions import CONFIGURE
from catalog.review.errors import DEPARTMENT, STAGES
from catalog.review.models import ReviewCase, ReviewRule
from catalog.review.rules import SEQUENCES
from kernel import clock
from kernel.audit.service import record
from kernel.calendar import service as calendar
from kernel.calendar.errors import OUTSIDE
from kernel.calendar.rules import WorkCalendar
from kernel.errors import MATCH_STALE, MulianError
from kernel.identity.actor import Actor, require
from kernel.identity.models import Department

DEFAULT_SCOPE = "default"


@dataclass(frozen=True)
class Rule:
    """What holds for a department; ``version`` 0 where nobody has set anything."""

    stages: tuple[str, ...] = ("either",)
    due_workdays: int | None = 5
    separate_secrecy: bool = False
    version: int = 0


@dataclass(frozen=True)
class Due:
    """When a stage is due: a day, nothing (no rule), or 期限待定 where the calendar does not reach so far."""

    day: str | None
    pending: bool


class Rules:
    """The rules of all departments, read once for a unit of work."""

    def __init__(self, session: Session) -> None:
        rows = session.scalars(select(ReviewRule)).all()
        self._rules = {row.scope: _rule(row) for row in rows}
        self._calendar = calendar.load(session)

    def of(self, department_id: uuid.UUID) -> Rule:
        """The department's own rule, else the default one, else that of the program."""
        return self._rules.get(str(department_id)) or self._rules.get(DEFAULT_SCOPE) or Rule()

    def due(self, workdays: int | None, start: datetime) -> Due:
        """The due date of a stage that begins at ``start``."""
        return due(self._calendar, clock.business_day(start), workdays)


def _rule(row: ReviewRule) -> Rule:
    return Rule(tuple(row.stages), row.due_workdays, row.separate_secrecy, row.version)


def due(days: WorkCalendar, start: date, workdays: int | None) -> Due:
    """``start`` plus working days; pending rather than guessed beyond the calendar's end."""
    if workdays is None:
        return Due(None, False)
    try:
        return Due(days.add(start, workdays).isoformat(), False)
    except MulianError as error:
        if error.kind is not OUTSIDE:
            raise
        return Due(None, True)


def listed(session: Session) -> list[tuple[str, uuid.UUID | None, str, Rule]]:
    """(scope, department, name, rule): the default first, then every department with a rule of its own."""
    query = select(ReviewRule, Department.name).outerjoin(Department, Department.id == ReviewRule.department_id)
    found = [(row.scope, row.department_id, name or "", _rule(row)) for row, name in session.execute(query)]
    if not any(scope == DEFAULT_SCOPE for scope, *_ in found):
        found.append((DEFAULT_SCOPE, None, "", Rule()))
    return sorted(found, key=lambda one: (one[0] != DEFAULT_SCOPE, one[2]))


def department_of(scope: str) -> uuid.UUID | None:
    """The department that a scope names, None for the default; ``catalog.review.department`` for anything else."""
    if scope == DEFAULT_SCOPE:
        return None
    try:
        return uuid.UUID(scope)
    except ValueError as error:
        raise DEPARTMENT() from error


def configure(
    session: Session, actor: Actor, *, department_id: uuid.UUID | None, stages: Sequence[str],
    due_workdays: int | None, separate_secrecy: bool, version: int,
) -> Rule:
    """Set the rule of a department (None: the default). Cases already submitted keep the stages they have.

    Raises ``catalog.review.stages``, ``catalog.review.department`` and 412 for an older ``version``.
    """
    require(actor, CONFIGURE)
    wanted = tuple(stages)
    if wanted not in SEQUENCES or (due_workdays is not None and not 1 <= due_workdays <= 250):
        raise STAGES(stages=" → ".join(wanted) or "—")
    if department_id is not None and session.get(Department, department_id) is None:
        raise DEPARTMENT()
    scope = str(department_id) if department_id else DEFAULT_SCOPE
    row = session.get(ReviewRule, scope)
    held = row.version if row is not None else 0
    if held != version:
        raise MATCH_STALE(current=held)
    values: dict[str, Any] = {
        "stages": list(wanted), "due_workdays": due_workdays, "separate_secrecy": separate_secrecy,
    }
    audit_id = record(
        session, actor, action="catalog.review.configure", object_type="review_rule", object_id=scope,
        detail={**values, "before": _shown(row)}, department_id=department_id,
    )
    if row is None:
        row = ReviewRule(scope=scope, department_id=department_id)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.version, row.audit_id = held + 1, audit_id
    row.updated_by, row.updated_name, row.updated_at = actor.user_id, actor.name, clock.now()
    session.flush()
    return _rule(row)


def _shown(row: ReviewRule | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"stages": row.stages, "due_workdays": row.due_workdays, "separate_secrecy": row.separate_secrecy}


def complete_due_dates(session: Session) -> int:
    """Reckon the dates that were left open because the calendar ended too soon; returns how many now stand."""
    days = calendar.load(session)
    query = select(ReviewCase.id, ReviewCase.stage_at, ReviewCase.due_workdays)
    query = query.where(ReviewCase.decision.is_(None), ReviewCase.due_pending.is_(True))
    settled = [
        {"id": case_id, "due_on": found.day, "due_pending": False}
        for case_id, start, workdays in session.execute(query)
        if not (found := due(days, clock.business_day(start), workdays)).pending
    ]
    if settled:
        session.execute(update(ReviewCase), settled)
    return len(settled)
