"""Rows of the application pages."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.apps import evidence, promotion, queries, rules, usage
from chain.apps.models import ChainApp, ChainAppPlace, ChainAppReport, EvidenceUse
from chain.apps.port import credentials
from chain.apps.rules import Environment
from chain.apps.schemas import (
    AnnouncementOut,
    ChainAppDetail,
    ChainAppOut,
    ChainCredentialOut,
    ChainReportOut,
    PlaceOut,
    UseDayOut,
)
from kernel.approvals.models import Approval
from kernel.approvals.rules import ApprovalState
from kernel.identity.models import Department
from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState


def apps(session: Session, rows: Sequence[ChainApp]) -> list[ChainAppOut]:
    """Return applications with the names of their departments."""
    wanted = {row.department_id for row in rows}
    named = select(Department.id, Department.name).where(Department.id.in_(wanted))
    names = dict(session.execute(named).tuples().all())
    return [
        ChainAppOut(
            id=row.id, code=row.code, name=row.name, department_id=row.department_id,
            department=names[row.department_id], system_name=row.system_name, life=row.life, suspended=row.suspended,
            created_at=row.created_at,
        )
        for row in rows
    ]


def detail(session: Session, app: ChainApp) -> ChainAppDetail:
    """Return one application with places, checks and reports."""
    places = queries.places(session, app.id)
    reports = queries.reports(session, app.id)
    waiting = None
    if reports and reports[0].approval_id is not None:
        asked = session.get_one(Approval, reports[0].approval_id)
        waiting = asked.id if asked.state == ApprovalState.PENDING else None
    return ChainAppDetail(
        **apps(session, [app])[0].model_dump(), purpose=app.purpose, contact=app.contact, contracts=app.contracts,
        accounts=app.accounts, open_check=app.open_check, version=app.version,
        places=[_place(session, app, places[one]) for one in Environment if one in places],
        checks=rules.checks(promotion.tested(session, app)),
        reports=[report(row) for row in reports], approval_id=waiting,
    )


def report(row: ChainAppReport) -> ChainReportOut:
    """Return a test report."""
    return ChainReportOut.model_validate(row)


def _place(session: Session, app: ChainApp, place: ChainAppPlace) -> PlaceOut:
    now, callbacks = evidence.standing(session, app, place), queries.callback_counts(session, place.stream)
    versions = credentials().versions(session, place.credential_id) if place.credential_id else []
    return PlaceOut(
        environment=Environment(place.environment), stream=place.stream, daily_quota=place.daily_quota,
        used_today=now.used, stored=now.stored, anchored=now.anchored, waiting=now.waiting,
        last_anchored_at=now.last_anchored_at, callback_url=place.callback_url,
        callback_waiting=callbacks.get(MessageState.PENDING, 0), callback_dead=callbacks.get(MessageState.DEAD, 0),
        credentials=[ChainCredentialOut.model_validate(one) for one in versions],
    )


def use(session: Session, place_id: uuid.UUID, days: int) -> list[UseDayOut]:
    """Return the last ``days`` Beijing days of a place, today last."""
    last = usage.today()
    first = last - timedelta(days=days - 1)
    held = {row.day: row for row in queries.uses(session, place_id, first, last)}
    return [_day(first + timedelta(days=number), held) for number in range(days)]


def _day(day: date, held: dict[date, EvidenceUse]) -> UseDayOut:
    row = held.get(day)
    return UseDayOut(day=day, **{name: getattr(row, name) if row else 0 for name in queries.COUNTED})


def announcements(rows: Sequence[OutboxMessage]) -> list[AnnouncementOut]:
    """Return callbacks as they stand."""
    return [
        AnnouncementOut(
            id=row.id, trial="trial" in row.payload, first=row.payload.get("first"), state=row.state,
            attempts=row.attempts, last_error=row.last_error, created_at=row.created_at, next_at=row.next_at,
            finished_at=row.finished_at,
        )
        for row in rows
    ]
