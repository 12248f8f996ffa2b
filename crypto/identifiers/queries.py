"""Every SELECT about identifiers, and the statements that write many of them."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from crypto.errors import IDENTIFIER_FIELD_UNKNOWN
from crypto.identifiers.models import IdentifierBatch, IdentifierField, IdentifierRow
from kernel import clock

_CHUNK = 10_000
T = TypeVar("T")
_NEW_SQLITE = (
    "INSERT INTO identifier (id, dept_id, field_number, epoch, value_env, value_bi, value_bi_next, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_NEW_POSTGRESQL = text(
    "INSERT INTO identifier (id, dept_id, field_number, epoch, value_env, value_bi, value_bi_next, created_at) "
    "SELECT u.id, :department, :field, :epoch, u.value_env, u.value_bi, u.value_bi_next, :now "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS bytea[]), CAST(:indexes AS bytea[]), "
    "CAST(:coming AS bytea[])) AS u(id, value_env, value_bi, value_bi_next)"
)


_STORED = "id, epoch, value_env FROM identifier WHERE"


class Stored(NamedTuple):
    """A stored value: blind index, id, epoch of its identifiers, envelope."""

    value_bi: bytes
    id: int
    epoch: int
    envelope: bytes


@dataclass(frozen=True)
class New:
    """Rows to be written: all of one field and epoch. ``coming``: indexes under a key that is being brought in."""

    ids: Sequence[int]
    values: Sequence[bytes | None]
    indexes: Sequence[bytes | None]
    coming: Sequence[bytes | None]


def named(session: Session, department_id: uuid.UUID, name: str) -> IdentifierField | None:
    """Return a field as the database has it now, None where there is no such one."""
    return session.execute(
        select(IdentifierField).where(IdentifierField.department_id == department_id, IdentifierField.name == name)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def field(session: Session, department_id: uuid.UUID, name: str) -> IdentifierField:
    """Return a field as the database has it now; raise ``crypto.identifier.field_unknown``."""
    row = named(session, department_id, name)
    if row is None:
        raise IDENTIFIER_FIELD_UNKNOWN(name=name)
    return row


def fields(department_id: uuid.UUID | None) -> Select[IdentifierField]:
    """Return fields by number; ``department_id`` None means every department."""
    query = select(IdentifierField).order_by(IdentifierField.number)
    return query if department_id is None else query.where(IdentifierField.department_id == department_id)


def titles(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Return the names of fields by number."""
    query = select(IdentifierField.number, IdentifierField.name).where(IdentifierField.number.in_(set(numbers)))
    return dict(session.execute(query).tuples().all())


def batches(department_id: uuid.UUID | None) -> Select[IdentifierBatch]:
    """Return batches, newest first; ``department_id`` None means every department."""
    query = select(IdentifierBatch).order_by(IdentifierBatch.created_at.desc(), IdentifierBatch.id)
    return query if department_id is None else query.where(IdentifierBatch.department_id == department_id)


def batch_of_key(session: Session, department_id: uuid.UUID, key: str) -> IdentifierBatch | None:
    """Return the batch that a department's key names."""
    query = select(IdentifierBatch).where(IdentifierBatch.department_id == department_id, IdentifierBatch.key == key)
    return session.scalar(query)


def batches_kept(session: Session, now: datetime) -> set[uuid.UUID]:
    """Return the batches whose files are still to be had."""
    return set(session.scalars(select(IdentifierBatch.id).where(IdentifierBatch.expires_at > now)))


def batches_unfinished(session: Session) -> Sequence[IdentifierBatch]:
    """Return the batches that wait or run."""
    return session.scalars(select(IdentifierBatch).where(IdentifierBatch.state.in_(("queued", "running")))).all()


def next_number(session: Session) -> int:
    """Return the next field number; write units are serialised, so two of them never commit the same."""
    return (session.scalar(select(func.max(IdentifierField.number))) or 0) + 1


def department_number(session: Session, department_id: uuid.UUID) -> int:
    """Return the number of a department in identifiers: the one it has, or the next."""
    own = select(IdentifierField.department_number).where(IdentifierField.department_id == department_id).limit(1)
    newest = select(func.max(IdentifierField.department_number))
    return session.scalar(own) or (session.scalar(newest) or 0) + 1


def take_numbers(session: Session, field_number: int, count: int) -> int:
    """Count ``count`` more values of a field in this transaction; return the first of their running numbers."""
    end = session.scalar(
        update(IdentifierField).where(IdentifierField.number == field_number)
        .values(issued=IdentifierField.issued + count).returning(IdentifierField.issued)
        .execution_options(synchronize_session=False)
    )
    return (end or 0) - count


def by_index(session: Session, field_number: int, indexes: Sequence[bytes]) -> dict[bytes, Stored]:
    """Return the values of a field with these blind indexes (16 bytes each), by index.

    While an index key is exchanged the one under the key in use may lie in the second column.
    """
    parts: list[dict[str, object]]
    if session.get_bind().dialect.name == "postgresql":
        wanted = "= ANY(CAST(:wanted AS bytea[]))"
        parts = [{"field": field_number, "wanted": part} for part in _parts(indexes)]
    else:
        # bound values would be ten thousand; this is one
        wanted = "IN (SELECT substr(:joined, value * 16 + 1, 16) FROM json_each(:places))"
        parts = [
            {"field": field_number, "joined": b"".join(part), "places": json.dumps(list(range(len(part))))}
            for part in _parts(indexes)
        ]
    query = text(" UNION ALL ".join(
        f"SELECT {column}, {_STORED} field_number = :field AND {column} {wanted}"
        for column in ("value_bi", "value_bi_next")
    ))
    return {bytes(row[0]): Stored(*row) for part in parts for row in session.execute(query, part)}


def by_id(session: Session, ids: Sequence[int]) -> dict[int, Stored]:
    """Return the values with these ids, by id; an id holds its field, and what it was read from authenticated it."""
    parts: list[dict[str, object]]
    if session.get_bind().dialect.name == "postgresql":
        query = text(f"SELECT value_bi, {_STORED} id = ANY(CAST(:ids AS bigint[]))")
        parts = [{"ids": part} for part in _parts(ids)]
    else:
        query = text(f"SELECT value_bi, {_STORED} id IN (SELECT value FROM json_each(:ids))")
        parts = [{"ids": json.dumps(part)} for part in _parts(ids)]
    return {row[1]: Stored(*row) for part in parts for row in session.execute(query, part)}


def holding(session: Session, numbers: Collection[int], indexes: Collection[bytes]) -> set[int]:
    """Return the ids of values of some fields with some blind indexes, whichever of the two columns holds one."""
    return {
        id_ for column in (IdentifierRow.value_bi, IdentifierRow.value_bi_next)
        for id_ in session.scalars(
            select(IdentifierRow.id).where(IdentifierRow.field_number.in_(numbers), column.in_(indexes))
        )
    }


def of_epoch(session: Session, department_id: uuid.UUID, epoch: int) -> int:
    """Return how many values of a department have identifiers of an epoch."""
    query = select(func.count()).select_from(IdentifierRow)
    return session.scalar(query.where(IdentifierRow.dept_id == department_id, IdentifierRow.epoch == epoch)) or 0


def _parts(values: Sequence[T]) -> list[list[T]]:
    return [list(values[start:start + _CHUNK]) for start in range(0, len(values), _CHUNK)]


def add(session: Session, field: IdentifierField, epoch: int, new: New) -> None:
    """Write values of a field."""
    now = clock.to_micros(clock.now())
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_NEW_POSTGRESQL, {
            "department": field.department_id, "field": field.number, "epoch": epoch, "now": now,
            "ids": list(new.ids), "values": list(new.values), "indexes": list(new.indexes),
            "coming": list(new.coming),
        })
        return
    department = field.department_id.hex
    session.connection().exec_driver_sql(_NEW_SQLITE, [
        (id_, department, field.number, epoch, value, index, coming, now)
        for id_, value, index, coming in zip(new.ids, new.values, new.indexes, new.coming, strict=True)
    ])
