"""Counting what a place does, per Beijing day. The row of the day is also what calls of one place queue behind."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.apps.models import EvidenceUse
from chain.apps.queries import COUNTED
from kernel import clock


def today() -> date:
    """The Beijing day of now."""
    return clock.business_day(clock.now())


def count(session: Session, place_id: uuid.UUID, **added: int) -> int:
    """Add to today's counters of a place and return how many digests it has stored today.

    The row stays locked until the unit ends: two calls of one place are told apart from one sent twice.
    """
    day = today()
    insert: Any = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    empty = {"place_id": place_id, "day": day, **dict.fromkeys(COUNTED, 0)}
    session.execute(insert(EvidenceUse).values(empty).on_conflict_do_nothing())
    sums = {name: getattr(EvidenceUse, name) + number for name, number in added.items()}
    chosen = (EvidenceUse.place_id == place_id, EvidenceUse.day == day)
    statement = update(EvidenceUse).where(*chosen).values(sums).returning(EvidenceUse.stored)
    return session.execute(statement.execution_options(synchronize_session=False)).scalar_one()
