"""Lost update, write skew, rollback of DDL, read units: right on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.errors import MulianError


@pytest.fixture
def table(database: Database) -> Database:
    with database.write() as session:
        session.execute(text("CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)"))
        session.execute(text("INSERT INTO account VALUES (1, 0), (2, 0)"))
    return database


def _amounts(database: Database) -> list[int]:
    with database.read() as session:
        return [row[0] for row in session.execute(text("SELECT amount FROM account ORDER BY id"))]


def _in_threads(works: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_concurrent_read_modify_write_loses_no_update(table: Database) -> None:
    def add_one(session: Session) -> None:
        amount = session.execute(text("SELECT amount FROM account WHERE id = 1")).scalar_one()
        session.execute(text("UPDATE account SET amount = :a WHERE id = 1"), {"a": amount + 1})

    _in_threads([lambda: [table.run(add_one) for _ in range(25)] for _ in range(4)])
    assert _amounts(table)[0] == 100


def test_write_skew_is_refused(table: Database) -> None:
    """Two units each read both rows and spend the last unit: only one may."""
    with table.write() as session:
        session.execute(text("UPDATE account SET amount = 1"))

    barrier = threading.Barrier(2)

    def spend(row: int) -> Callable[[], None]:
        first = [True]

        def unit(session: Session) -> None:
            total = session.execute(text("SELECT sum(amount) FROM account")).scalar_one()
            if first[0] and table.dialect == "postgresql":
                first[0] = False
                barrier.wait(5)  # both have read before either writes
            if total >= 2:
                session.execute(text("UPDATE account SET amount = amount - 1 WHERE id = :row"), {"row": row})

        return lambda: table.run(unit)

    _in_threads([spend(1), spend(2)])
    assert sum(_amounts(table)) == 1


def test_a_rollback_takes_ddl_with_it(table: Database) -> None:
    with pytest.raises(ZeroDivisionError), table.write() as session:
        session.execute(text("CREATE TABLE half_done (id INTEGER)"))
        session.execute(text("INSERT INTO account VALUES (3, 0)"))
        raise ZeroDivisionError
    assert len(_amounts(table)) == 2
    with pytest.raises(DBAPIError), table.read() as session:
        session.execute(text("SELECT * FROM half_done"))


def test_a_read_unit_cannot_write(table: Database) -> None:
    with pytest.raises(DBAPIError), table.read() as session:
        session.execute(text("UPDATE account SET amount = 9"))
        session.commit()
    assert _amounts(table) == [0, 0]


def test_a_read_unit_keeps_one_snapshot(table: Database) -> None:
    with table.read() as session:
        before = session.execute(text("SELECT sum(amount) FROM account")).scalar_one()
        with table.write() as other:
            other.execute(text("UPDATE account SET amount = 5"))
        assert session.execute(text("SELECT sum(amount) FROM account")).scalar_one() == before


def test_a_database_that_stays_busy_ends_in_a_clear_error(table: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.db.database._BUSY_SECONDS", 0.3)
    with table.write() as session:
        session.execute(text("UPDATE account SET amount = 1 WHERE id = 1"))

        def blocked(other: Session) -> None:
            if table.dialect == "sqlite":
                other.connection().exec_driver_sql("PRAGMA busy_timeout=50")
            else:
                other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            other.execute(text("UPDATE account SET amount = 2 WHERE id = 1"))

        if table.dialect == "sqlite":
            _shorten_busy_timeout(table)
        with pytest.raises(MulianError) as caught:
            table.run(blocked)
    assert caught.value.code == "kernel.database.busy"


def _shorten_busy_timeout(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA busy_timeout=50")  # type: ignore[union-attr]
