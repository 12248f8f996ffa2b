"""Figures of the directory for the floors above: plain SELECTs that return row tuples, no ORM objects."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS, LIVE
from catalog.nodes.models import DataEntry
from catalog.nodes.rules import EXPECTED, missing, problems


class LevelCount(NamedTuple):
    """Nodes of one department on one level."""

    department_id: uuid.UUID
    level: str
    total: int
    published: int


class Cells(NamedTuple):
    """Cells of one entry: required ones and how many are filled, filled ones and how many are valid."""

    entry_id: uuid.UUID
    department_id: uuid.UUID
    required: int
    required_filled: int
    filled: int
    valid: int


class Duplicate(NamedTuple):
    """A name that a department uses for more than one entry."""

    department_id: uuid.UUID
    name: str
    entries: int


class Update(NamedTuple):
    """When a published entry with a cycle was last updated; ``source`` is 实测 or 填报."""

    entry_id: uuid.UUID
    department_id: uuid.UUID
    update_cycle: str
    updated_at: datetime | None
    source: str | None


def level_counts(session: Session) -> list[LevelCount]:
    """Nodes per department and level."""
    found: list[LevelCount] = []
    for key, kind in KINDS.items():
        model = kind.model
        live = func.sum(model.status.in_(LIVE).cast(Integer))
        query = select(model.department_id, func.count(), live).group_by(model.department_id)
        rows = session.execute(query.order_by(model.department_id))
        found.extend(LevelCount(department_id, key, total, int(published)) for department_id, total, published in rows)
    return found


def cells(session: Session) -> Iterator[Cells]:
    """Completeness and validity of every entry, in the order of codes."""
    kind = KINDS["data_entry"]
    columns = [DataEntry.__table__.c[name] for name in ("id", "department_id", "code", *kind.fields)]
    for row in session.execute(select(*columns).order_by(DataEntry.code)).mappings():
        values = {name: row[name] for name in kind.fields}
        filled = {name: value for name, value in values.items() if value not in (None, "", [])}
        required = {*EXPECTED, *missing(kind.key, values)}
        bad = {problem.field for problem in problems(kind.key, filled)}
        yield Cells(
            row["id"], row["department_id"], len(required), len(required & set(filled)), len(filled),
            len(filled) - len(bad),
        )


def duplicates(session: Session) -> list[Duplicate]:
    """Names that stand more than once in a department."""
    count = func.count()
    query = select(DataEntry.department_id, DataEntry.name, count).group_by(DataEntry.department_id, DataEntry.name)
    rows = session.execute(query.having(count > 1).order_by(DataEntry.department_id, DataEntry.name))
    return [Duplicate(*row) for row in rows]


def updates(session: Session) -> list[Update]:
    """Published entries with an update cycle and when they were last updated."""
    query = select(
        DataEntry.id, DataEntry.department_id, DataEntry.update_cycle, DataEntry.data_updated_at,
        DataEntry.data_update_source,
    ).where(DataEntry.status.in_(LIVE), DataEntry.update_cycle.is_not(None))
    rows = session.execute(query.order_by(DataEntry.code))
    return [Update(row[0], row[1], str(row[2]), row[3], row[4]) for row in rows]
