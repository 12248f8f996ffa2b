"""Figures of the directory for the floors above: plain SELECTs that return row tuples, no ORM objects."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from catalog.quality import queries
from catalog.quality.rules import add_up, judge
from catalog.unchanged import queries as unchanged_queries


class NodeQuality(NamedTuple):
    """One node under the quality rules: property → (cells that pass, cells looked at)."""

    node_id: uuid.UUID
    department_id: uuid.UUID
    level: str
    figures: dict[str, tuple[int, int]]


def quality(session: Session, department_id: uuid.UUID | None, at: datetime) -> Iterator[NodeQuality]:
    """Every node of a department (of all: None) judged as it stands at ``at``; withdrawn nodes count nothing."""
    wanted = queries.department_ids(session) if department_id is None else [department_id]
    for one in wanted:
        for subject in queries.subjects(session, one, at):
            counts = judge(subject).counts
            figures = add_up([(rule, *held) for rule, held in counts.items()])
            yield NodeQuality(subject.row["id"], one, subject.kind, figures)


def unchanged(session: Session, until: datetime) -> dict[uuid.UUID, datetime]:
    """Entry → when it was last answered (本周期无变化) that its data did not change, not after ``until``."""
    return unchanged_queries.latest(session, until=until)


def with_tables(session: Session) -> set[uuid.UUID]:
    """Entries of which an item is linked to a column of a table (挂接库表)."""
    return set(session.scalars(queries.entries_with_tables()))
