"""SQLite goes to the rows of a chunk by their keys: its planner, left alone, walks along the whole department."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crypto.rotation import machine
from crypto.scopes.rules import BLIND_INDEX, ENC
from kernel.identity.actor import system_actor
from tests.crypto import test_index_rotation as exchanges
from tests.crypto.conftest import TABLE, District


@contextmanager
def changes(engine: Engine, table: str) -> Iterator[dict[str, Any]]:
    """Collect the statements that change rows of a table, each with parameters of its own."""
    found: dict[str, Any] = {}

    def executed(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if statement.startswith(f"UPDATE {table} "):
            found[statement] = parameters[0] if many else parameters

    event.listen(engine, "before_cursor_execute", executed)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", executed)


def assert_by_key(engine: Engine, table: str, key: str, found: dict[str, Any]) -> None:
    """Each statement looks its rows up by an index in which the key is, and walks along no row."""
    with engine.connect() as connection:
        for statement, parameters in found.items():
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            plan = [str(row[3]) for row in rows if "LIST SUBQUERY" not in str(row[3])]
            assert plan[-1].startswith(f"SEARCH {table} USING ") and f"({key}=?)" in plan[-1], (statement, plan)
            assert not any("SCAN" in step and table in step for step in plan)


@pytest.mark.parametrize(("purpose", "changed"), [(ENC, 1), (BLIND_INDEX, 2)])
def test_chunks_are_changed_by_key(sqlite_district: District, purpose: str, changed: int) -> None:
    district, engine = sqlite_district, sqlite_district.database.engine
    district.fill(60)
    with changes(engine, TABLE) as found:
        rotation_id = district.rotation() if purpose == ENC else exchanges.plan(district)
        machine.run(district.runtime, system_actor("test"), rotation_id, chunk_rows=25)
    # the last chunk of ten and those of twenty-five have one statement, or a list of keys of their own length
    assert len(found) >= changed
    assert_by_key(engine, TABLE, "id", found)
