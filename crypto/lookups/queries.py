"""Every SELECT about look-ups."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crypto.lookups.models import LookupGrant, LookupLog, LookupPerson
from crypto.lookups.rules import Direction
from kernel import clock

_CHUNK = 500
_WATCHED = 5_000  # persons of an hour that an alarm looks at


def asked_by(session: Session, holder: str, since: datetime) -> int:
    """Return how many items a holder asked since an instant, refused ones too: hammering does not help."""
    query = select(_total(LookupLog.asked)).where(LookupLog.at >= since, LookupLog.holder == holder)
    return int(session.scalar(query) or 0)


def answered_about(session: Session, department_id: uuid.UUID, since: datetime) -> int:
    """Return how many items about a department were answered: nobody's refused ones block the others."""
    query = select(_total(LookupLog.asked)).where(
        LookupLog.at >= since, LookupLog.department_id == department_id, LookupLog.refused.is_(None),
    )
    return int(session.scalar(query) or 0)


def answered_under(session: Session, grant_id: uuid.UUID, since: datetime) -> int:
    """Return how many items were answered under a grant, whoever of its department asked."""
    query = select(_total(LookupLog.asked)).where(
        LookupLog.at >= since, LookupLog.grant_id == grant_id, LookupLog.refused.is_(None),
    )
    return int(session.scalar(query) or 0)


def persons_of_day(
    session: Session, day: int, wanted: Collection[int], *, holder: str = "", grant_id: uuid.UUID | None = None,
) -> tuple[int, set[int]]:
    """Return how many different persons were seen on a day, and which of the wanted are among them.

    Seen by one holder, or under one grant. By the ids behind identifiers: blind indexes change with their key.
    """
    under = select(LookupLog.id).where(LookupLog.grant_id == grant_id, LookupLog.at >= clock.now() - timedelta(days=1))
    by = LookupPerson.holder == holder if grant_id is None else LookupPerson.log_id.in_(under)
    mine = (by, LookupPerson.day == day)
    count = session.scalar(select(func.count(LookupPerson.identifier_id.distinct())).where(*mine)) or 0
    listed, known = list(wanted), set[int]()
    for start in range(0, len(listed), _CHUNK):
        part = LookupPerson.identifier_id.in_(listed[start:start + _CHUNK])
        known.update(one for one in session.scalars(select(LookupPerson.identifier_id).where(*mine, part)) if one)
    return count, known


def shown_to(
    session: Session, day: int, wanted: Collection[int], *, holder: str, direction: Direction, clear: bool,
    grant_id: uuid.UUID | None,
) -> set[int]:
    """Return which of the wanted persons a holder was shown on a day: in this direction, at least as plainly, and by
    the same grant (None: in the own department)."""
    mine: list[ColumnElement[bool]] = [
        LookupPerson.holder == holder, LookupPerson.day == day, LookupLog.direction == direction,
        LookupLog.grant_id == grant_id,
    ]
    if clear and direction is Direction.VALUE:
        mine.append(LookupLog.clear.is_(True))
    query = select(LookupPerson.identifier_id).join(LookupLog, LookupLog.id == LookupPerson.log_id).where(*mine)
    listed, known = list(wanted), set[int]()
    for start in range(0, len(listed), _CHUNK):
        part = query.where(LookupPerson.identifier_id.in_(listed[start:start + _CHUNK]))
        known.update(one for one in session.scalars(part) if one)
    return known


def hour_of(session: Session, holder: str) -> tuple[list[int], int, int, set[str]]:
    """Return a holder's last hour: the newest ids found, items asked, unknown, the kinds of alarm raised already."""
    since = clock.now() - timedelta(hours=1)
    recent = (LookupLog.holder == holder, LookupLog.at >= since, LookupLog.refused.is_(None))
    ids = select(LookupPerson.identifier_id).join(LookupLog, LookupLog.id == LookupPerson.log_id).where(
        *recent, LookupPerson.identifier_id.is_not(None)
    ).order_by(LookupLog.at.desc()).limit(_WATCHED)
    asked, unknown = session.execute(
        select(_total(LookupLog.asked), _total(LookupLog.unknown)).where(*recent)
    ).one()
    raised = {one for one in session.scalars(select(LookupLog.alarm).where(*recent).distinct()) if one}
    return [one for one in session.scalars(ids) if one is not None], int(asked), int(unknown), raised


def nonce_used(session: Session, holder: str, nonce: bytes) -> bool:
    """Tell whether a call with this nonce was taken before."""
    query = select(LookupLog.id).where(LookupLog.holder == holder, LookupLog.nonce == nonce)
    return session.scalar(query) is not None


def grants_for(
    session: Session, department_id: uuid.UUID, field: str, direction: Direction, *,
    app_id: uuid.UUID | None = None, grantee_id: uuid.UUID | None = None,
) -> list[LookupGrant]:
    """Return the grants in force that cover a field and direction, for an application or a department, newest first."""
    query = select(LookupGrant).where(
        LookupGrant.department_id == department_id, LookupGrant.state == "active", LookupGrant.expires_at > clock.now(),
        LookupGrant.app_id == app_id if app_id is not None else LookupGrant.grantee_id == grantee_id,
    ).order_by(LookupGrant.created_at.desc(), LookupGrant.id.desc())
    return [row for row in session.scalars(query) if field in row.fields and direction in row.directions]


def grants(department_id: uuid.UUID | None) -> Select[LookupGrant]:
    """Return grants, newest first; ``department_id`` None means every department."""
    query = select(LookupGrant).order_by(LookupGrant.created_at.desc(), LookupGrant.id)
    return query if department_id is None else query.where(LookupGrant.department_id == department_id)


def log(department_id: uuid.UUID | None, *, alarms: bool = False) -> Select[LookupLog]:
    """Return look-ups, newest first; only those that raised an alarm where asked."""
    query = select(LookupLog).order_by(LookupLog.at.desc(), LookupLog.id)
    if alarms:
        query = query.where(LookupLog.alarm.is_not(None))
    return query if department_id is None else query.where(LookupLog.department_id == department_id)


def of_persons(
    session: Session, indexes: Sequence[bytes], ids: Sequence[int], fields: Collection[int], limit: int,
) -> list[LookupLog]:
    """Return the newest look-ups of these fields that showed any of these persons.

    A look-up is of its field's department: asked by that column of the log, SQLite, who knows no sizes, would walk
    along all look-ups of the department instead of those of the persons.
    """
    found: dict[uuid.UUID, LookupLog] = {}
    for start in range(0, max(len(indexes), len(ids)), _CHUNK):
        showing = select(LookupPerson.log_id).where(LookupPerson.field_number.in_(fields), or_(
            LookupPerson.value_bi.in_(indexes[start:start + _CHUNK]),
            LookupPerson.identifier_id.in_(ids[start:start + _CHUNK]),
        ))
        query = log(None).where(LookupLog.id.in_(showing)).limit(limit)
        found.update((row.id, row) for row in session.scalars(query))
    return sorted(found.values(), key=lambda row: row.at, reverse=True)[:limit]


def _total(column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)
