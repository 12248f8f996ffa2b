"""Every SELECT about connected departments. ``department_id`` None means every department."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crypto.identifiers.models import IdentifierField
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.lookups.models import LookupGrant, LookupLog
from crypto.lookups.rules import Door
from crypto.persons.models import ProtectedPerson
from crypto.replacement.models import CryptoReplacement, CryptoReplacementRange
from crypto.replacement.rules import State
from crypto.rotation.models import CryptoRotation
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import ENC
from kernel import clock
from kernel.identity.models import Department

Counts = dict[uuid.UUID, int]
_DepartmentColumn = InstrumentedAttribute[uuid.UUID]
_Ts = TypeVarTuple("_Ts")


@dataclass(frozen=True)
class FieldKey:
    """An encrypted column of a department; ``since`` is None where it has no key in use."""

    department_id: uuid.UUID
    table: str
    since: datetime | None
    every_days: int


@dataclass(frozen=True)
class Use:
    """Look-ups of one door, 业务事项, purpose code and result: how many, of how many items, found and unknown."""

    department_id: uuid.UUID
    door: Door
    business: str
    purpose: str
    refused: str | None
    looks: int
    asked: int
    found: int
    unknown: int


def departments(department_id: uuid.UUID | None, words: str = "") -> Select[Department]:
    """Return departments with an encryption scope, in their order; ``words`` of name, short name or code."""
    query = select(Department).where(exists().where(CryptoScope.department_id == Department.id))
    if department_id is not None:
        query = query.where(Department.id == department_id)
    text = words.strip().lower()
    if text:
        columns = (Department.name, Department.short_name, Department.code)
        query = query.where(or_(*(func.lower(one).contains(text, autoescape=True) for one in columns)))
    return query.order_by(Department.sort, Department.name, Department.id)


def field_keys(session: Session, department_id: uuid.UUID | None) -> list[FieldKey]:
    """Return encrypted columns with the time since which their key is in use."""
    query = select(
        CryptoScope.department_id, CryptoScope.table_name, CryptoDek.activated_at, CryptoScope.rotate_every_days,
    ).outerjoin(CryptoDek, and_(
        CryptoDek.scope_id == CryptoScope.id, CryptoDek.purpose == ENC, CryptoDek.state == KeyState.ACTIVE,
    ))
    return [FieldKey(*row) for row in session.execute(_within(query, CryptoScope.department_id, department_id))]


def person_records(session: Session, department_id: uuid.UUID | None) -> Counts:
    """Return how many records of persons each department has: an index scan, nothing is opened."""
    return _counted(session, ProtectedPerson.dept_id, department_id, select(ProtectedPerson.dept_id, func.count()))


def identifiers(session: Session, department_id: uuid.UUID | None) -> Counts:
    """Return how many values with identifiers each department has, by the counters of its fields."""
    query = select(IdentifierField.department_id, func.sum(IdentifierField.issued))
    return _counted(session, IdentifierField.department_id, department_id, query)


def rekeyed(session: Session, department_id: uuid.UUID | None, since: datetime | None = None) -> Counts:
    """Return how many rows rotations have re-keyed; with ``since``, of those that ended from then on."""
    query = select(CryptoRotation.department_id, func.sum(CryptoRotation.done))
    if since is not None:
        query = query.where(CryptoRotation.finished_at >= since)
    return _counted(session, CryptoRotation.department_id, department_id, query)


def replaced(session: Session, department_id: uuid.UUID | None) -> Counts:
    """Return how many rows of departments' own databases hold identifiers now, by replacements that were not undone."""
    changed = func.sum(CryptoReplacementRange.rows - CryptoReplacementRange.left)
    query = select(CryptoReplacement.department_id, changed).join(
        CryptoReplacementRange, CryptoReplacementRange.replacement_id == CryptoReplacement.id,
    ).where(CryptoReplacement.state == State.DONE)
    return _counted(session, CryptoReplacement.department_id, department_id, query)


def grants(session: Session, department_id: uuid.UUID | None) -> Counts:
    """Return how many grants of look-ups are in force."""
    query = select(LookupGrant.department_id, func.count()).where(
        LookupGrant.state == "active", LookupGrant.expires_at > clock.now(),
    )
    return _counted(session, LookupGrant.department_id, department_id, query)


def grants_in_force(session: Session, department_id: uuid.UUID, limit: int) -> list[LookupGrant]:
    """Return a department's grants in force, newest first."""
    query = select(LookupGrant).where(
        LookupGrant.department_id == department_id, LookupGrant.state == "active", LookupGrant.expires_at > clock.now(),
    ).order_by(LookupGrant.created_at.desc(), LookupGrant.id)
    return list(session.scalars(query.limit(limit)))


def uses(session: Session, department_id: uuid.UUID | None, since: datetime) -> list[Use]:
    """Return look-ups from an instant on by department, door, 业务事项, purpose code and result.

    What a person typed as a reason is for the auditor alone: only systems have purpose codes.
    """
    code = case((LookupLog.door == Door.SYSTEM, LookupLog.purpose), else_="").label("code")
    one = _within(select(
        LookupLog.department_id, LookupLog.door, LookupLog.business, code, LookupLog.refused, LookupLog.asked,
        LookupLog.found, LookupLog.unknown,
    ).where(LookupLog.at >= since), LookupLog.department_id, department_id).subquery().c
    keys = (one.department_id, one.door, one.business, one.code, one.refused)
    rows = session.execute(select(
        *keys, func.count(), func.sum(one.asked), func.sum(one.found), func.sum(one.unknown),
    ).group_by(*keys))
    return [Use(row[0], Door(row[1]), row[2], row[3], row[4], row[5], *(int(n) for n in row[6:])) for row in rows]


def _counted(
    session: Session, column: _DepartmentColumn, department_id: uuid.UUID | None, query: Select[uuid.UUID, int],
) -> Counts:
    rows = session.execute(_within(query, column, department_id).group_by(column)).tuples()
    return {owner: int(number or 0) for owner, number in rows}


def _within(
    query: Select[*_Ts], column: _DepartmentColumn, department_id: uuid.UUID | None,
) -> Select[*_Ts]:
    return query if department_id is None else query.where(column == department_id)
