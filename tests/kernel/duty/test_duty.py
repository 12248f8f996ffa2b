"""Who is on duty: half-open shifts, calling order, gaps."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.db import Database
from kernel.duty import service
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.models import User

SYSTEM = system_actor("test")
START = datetime(2026, 10, 1, tzinfo=UTC)


def _user(database: Database, name: str, active: bool = True) -> uuid.UUID:
    def unit(session: Session) -> uuid.UUID:
        now = clock.now()
        user = User(id=ids.new(), username=name, display_name=name, password_hash="", password_history=[],
                    password_changed_at=now, created_at=now, active=active)
        session.add(user)
        return user.id
    return database.run(unit)


def _shift(database: Database, user: uuid.UUID, begin: int, end: int, position: int = 1) -> uuid.UUID:
    return database.run(lambda session: service.add_shift(
        session, SYSTEM, user_id=user, starts_at=START + timedelta(hours=begin), ends_at=START + timedelta(hours=end),
        position=position,
    ).id)


def _who(database: Database, hour: float) -> list[str]:
    with database.read() as session:
        return [person.name for person in service.who(session, START + timedelta(hours=hour))]


def test_roster(database: Database) -> None:
    one, two, gone = _user(database, "甲"), _user(database, "乙"), _user(database, "丙", active=False)
    _shift(database, two, 0, 12, position=2)
    first = _shift(database, one, 0, 12)
    _shift(database, two, 12, 24)
    _shift(database, gone, 30, 36)
    assert _who(database, 0) == ["甲", "乙"], "called in this order"
    assert _who(database, 11.99) == ["甲", "乙"]
    assert _who(database, 12) == ["乙"], "half-open: who leaves at 12 is not on duty at 12"
    assert _who(database, 24) == []
    assert _who(database, 31) == [], "a closed account is nobody"
    with database.read() as session:
        hours = [
            ((a - START) / timedelta(hours=1), (b - START) / timedelta(hours=1))
            for a, b in service.gaps(session, START - timedelta(hours=1), START + timedelta(hours=40))
        ]
    assert hours == [(-1, 0), (24, 30), (36, 40)]
    with pytest.raises(MulianError, match="overlap"):
        _shift(database, two, 11, 13)
    with pytest.raises(MulianError, match="backwards"):
        _shift(database, two, 50, 50)
    with pytest.raises(MulianError, match="not_found"):
        _shift(database, uuid.uuid4(), 50, 51)
    database.run(lambda session: service.remove_shift(session, SYSTEM, shift_id=first))
    assert _who(database, 1) == ["乙"]
    with pytest.raises(MulianError, match="not_found"):
        database.run(lambda session: service.remove_shift(session, SYSTEM, shift_id=first))
