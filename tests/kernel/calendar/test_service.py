"""The editable table, on both databases."""

from collections.abc import Callable
from datetime import date

import pytest

from kernel.calendar import queries, service
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor


def test_migrated_database_knows_2026(database: Database) -> None:
    with database.read() as session:
        assert service.due_on(session, date(2026, 9, 30), 3) == date(2026, 10, 10)
        assert len(queries.days(session, 2026)) == 39


def test_a_new_notice_moves_due_dates(database: Database, make_actor: Callable[..., Actor]) -> None:
    actor = make_actor("kernel.calendar.edit")
    with database.write() as session:
        service.replace_year(session, actor, year=2027, source="通知", days=[(date(2027, 1, 1), "holiday", "元旦")])
    with database.read() as session:
        assert service.due_on(session, date(2026, 12, 30), 3) == date(2027, 1, 5)
    with database.write() as session:
        row = service.replace_year(session, actor, year=2027, source="更正", days=[])
        assert (row.version, row.source) == (2, "更正")
    with database.read() as session:
        assert service.due_on(session, date(2026, 12, 30), 3) == date(2027, 1, 4)


def test_only_those_who_may_edit(database: Database, make_actor: Callable[..., Actor]) -> None:
    with pytest.raises(MulianError) as caught, database.write() as session:
        service.replace_year(session, make_actor(), year=2027, source="x", days=[])
    assert caught.value.code == "identity.permission.denied"
