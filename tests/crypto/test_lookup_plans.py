"""谁查过这个人 goes from the persons to their look-ups on SQLite, never along the look-ups of a department."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event

from crypto.lookups import queries
from kernel.db import Database


@pytest.mark.parametrize("fields", [[7], [1, 2, 3]])
def test_it_goes_by_the_persons(sqlite_database: Database, fields: list[int]) -> None:
    asked: list[tuple[str, Any]] = []

    def executed(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        asked.append((statement, parameters))

    engine = sqlite_database.engine
    event.listen(engine, "before_cursor_execute", executed)
    try:
        with sqlite_database.read() as session:
            assert queries.of_persons(session, [uuid.uuid4().bytes], [5], fields, 501) == []
    finally:
        event.remove(engine, "before_cursor_execute", executed)
    statement, parameters = next(one for one in asked if "lookup_person" in one[0])
    with engine.connect() as connection:
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert plan[0].startswith("SEARCH lookup_log USING ") and plan[0].endswith("(id=?)"), plan
    for index in ("value_bi", "identifier_id"):
        assert f"SEARCH lookup_person USING INDEX ix_lookup_person_{index} ({index}=?)" in plan
    assert not any(step.startswith("SCAN") for step in plan)
