"""SQLite goes to the rows of a chunk by their keys: its planner, left alone, walks along the whole department."""

from typing import Any

import pytest
from sqlalchemy import event

from crypto.rotation import machine
from crypto.scopes.rules import BLIND_INDEX, ENC
from kernel.identity.actor import system_actor
from tests.crypto import test_index_rotation as exchanges
from tests.crypto.conftest import TABLE, District


@pytest.mark.parametrize(("purpose", "changed"), [(ENC, 1), (BLIND_INDEX, 2)])
def test_chunks_are_changed_by_key(sqlite_district: District, purpose: str, changed: int) -> None:
    district, found = sqlite_district, dict[str, Any]()
    district.fill(60)

    def executed(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if statement.startswith(f"UPDATE {TABLE} "):
            found[statement] = parameters[0] if many else parameters

    engine = district.database.engine
    event.listen(engine, "before_cursor_execute", executed)
    try:
        rotation_id = district.rotation() if purpose == ENC else exchanges.plan(district)
        machine.run(district.runtime, system_actor("test"), rotation_id, chunk_rows=25)
    finally:
        event.remove(engine, "before_cursor_execute", executed)
    # the last chunk of ten and those of twenty-five have one statement, or a list of keys of their own length
    assert len(found) >= changed
    with engine.connect() as connection:
        for statement, parameters in found.items():
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            plan = [str(row[3]) for row in rows if "LIST SUBQUERY" not in str(row[3])]
            assert plan[-1].startswith(f"SEARCH {TABLE} USING INDEX") and "(id=?)" in plan[-1], (statement, plan)
            assert not any("SCAN" in step and TABLE in step for step in plan)
