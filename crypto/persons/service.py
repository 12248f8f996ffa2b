"""Use cases on protected persons: batch insert, change, read, find by ID number. All through the encrypted columns."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.errors import VALUE_UNREADABLE
from crypto.keys.keyring import keyring_of
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import Person
from crypto.scopes import blind, hook, registry
from crypto.scopes.rules import Scope, normalise_id_number
from crypto.scopes.service import decrypt_rows
from crypto.scopes.types import ClearText
from kernel import clock
from kernel.db import Base
from kernel.errors import NOT_FOUND

TABLE = "protected_person"
BATCH = 10_000
_ID_NUMBER = registry.table_of(TABLE).column("id_number_env")
_COLUMNS = (("name_env", "name"), ("id_number_env", "id_number"), ("phone_env", "phone"))


def insert_many(session: Session, department_id: uuid.UUID, persons: Sequence[Person]) -> int:
    """Encrypt and insert persons of a department, a column at a time; return how many.

    Raises ``crypto.scope.unknown`` where the department has no scopes, ``crypto.sealed``.
    """
    keyring = keyring_of(session)
    number = Scope(department_id, TABLE, "id_number_env")
    for part in _parts(persons):
        sealed = {
            column: keyring.encrypt(
                session, Scope(department_id, TABLE, column), [(p.id, getattr(p, attribute)) for p in part]
            )
            for column, attribute in _COLUMNS
        }
        indexes = blind.values(session, number, _ID_NUMBER, [normalise_id_number(p.id_number) for p in part])
        now = clock.now()
        rows = [
            {"id": person.id, "dept_id": department_id, "updated_at": now,
             **{column: values[at] for column, values in (sealed | indexes).items()}}
            for at, person in enumerate(part)
        ]
        session.execute(insert(ProtectedPerson), rows)
    return len(persons)


def change(
    session: Session, person_id: int, *, name: str | None = None, id_number: str | None = None,
    phone: str | None = None,
) -> None:
    """Change clear values of one person through the session hook; None leaves a value as it is."""
    hook.install()
    row = session.get(ProtectedPerson, person_id)
    if row is None:
        raise NOT_FOUND()
    for column, value in (("name_env", name), ("id_number_env", id_number), ("phone_env", phone)):
        if value is not None:
            setattr(row, column, ClearText(value))
    row.updated_at = clock.now()
    session.flush()


def read(session: Session, person_ids: Sequence[int]) -> list[Person]:
    """Return persons in clear, in the order of ``person_ids`` (missing ones are left out).

    Raises ``crypto.value.unreadable`` when any of their fields does not open.
    """
    found = {row.id: row for row in session.scalars(
        select(ProtectedPerson).where(ProtectedPerson.id.in_(person_ids)).execution_options(populate_existing=True)
    )}
    rows = [found[person_id] for person_id in person_ids if person_id in found]
    return _persons(rows, decrypt_rows(session, rows))


def find(session: Session, department_id: uuid.UUID, id_number: str) -> list[Person]:
    """Return the department's persons with this ID number in any spelling, by blind index."""
    scope = Scope(department_id, TABLE, "id_number_env")
    found = blind.matches(
        session, scope, _ID_NUMBER, Base.metadata.tables[TABLE], normalise_id_number(id_number),
    )
    query = select(ProtectedPerson).where(ProtectedPerson.dept_id == department_id, found)
    rows = list(session.scalars(query.order_by(ProtectedPerson.id)))
    return _persons(rows, decrypt_rows(session, rows))


def count(session: Session, department_id: uuid.UUID | None = None) -> int:
    """Return the number of persons, of one department or all."""
    query = select(func.count()).select_from(ProtectedPerson)
    return session.scalar(query if department_id is None else query.where(
        ProtectedPerson.dept_id == department_id
    )) or 0


def _persons(rows: Sequence[ProtectedPerson], values: Sequence[dict[str, Any]]) -> list[Person]:
    bad = sum(isinstance(value, Failure) for fields in values for value in fields.values())
    if bad:
        raise VALUE_UNREADABLE(count=bad)
    return [
        Person(row.id, fields["name_env"] or "", fields["id_number_env"] or "", fields["phone_env"] or "")
        for row, fields in zip(rows, values, strict=True)
    ]


def _parts(persons: Sequence[Person]) -> Iterator[Sequence[Person]]:
    for start in range(0, len(persons), BATCH):
        yield persons[start:start + BATCH]
