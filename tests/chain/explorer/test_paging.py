"""Lists go along an index, wherever the page lies: no sorting, no scan of a million rows."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from chain.explorer import queries
from chain.explorer.queries import Wanted
from kernel import ids
from kernel.db import Database

ADDRESS = "0x" + "12" * 20
LISTS: list[tuple[str, Callable[[Session], Any]]] = [
    ("sqlite_autoindex_chain_transaction_1", lambda s: queries.transactions(s, Wanted(), before=(9, 9), size=5)),
    ("ix_chain_transaction_contract", lambda s: queries.transactions(s, Wanted(contract="A"), before=(9, 9), size=5)),
    ("ix_chain_transaction_failed", lambda s: queries.transactions(s, Wanted(failed=True), before=(9, 9), size=5)),
    ("ix_chain_transaction_sender", lambda s: queries.transactions(s, Wanted(address=ADDRESS), before=(9, 9), size=5)),
    ("sqlite_autoindex_chain_event_1", lambda s: queries.events(s, Wanted(), before=(9, 9), size=5)),
    ("ix_chain_event_contract", lambda s: queries.events(s, Wanted(contract="A", event="B"), before=(9, 9), size=5)),
    ("ix_chain_event_stream", lambda s: queries.events(s, Wanted(stream="catalog"), before=(9, 9), size=5)),
    ("INTEGER PRIMARY KEY|sqlite_autoindex_chain_block_1", lambda s: queries.blocks(s, before=9, size=5)),
    ("ix_chain_block_busy", lambda s: queries.blocks(s, before=9, size=5, busy=True)),
]


def plans(database: Database, work: Callable[[Session], Any]) -> list[str]:
    """The plans of the statements that ``work`` runs."""
    asked: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", keep)
    try:
        with database.read() as session:
            work(session)
    finally:
        event.remove(database.engine, "before_cursor_execute", keep)
    with database.read() as session:
        connection = session.connection()
        return [
            " ; ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given))
            for statement, given in asked if statement.startswith("SELECT")
        ]


@pytest.mark.parametrize(("wanted", "work"), LISTS, ids=[name for name, _ in LISTS])
def test_a_page_goes_along_an_index(sqlite_database: Database, wanted: str, work: Callable[[Session], Any]) -> None:
    found = plans(sqlite_database, work)
    # an address is created once: what one entry of that index gives needs no order
    sorted_ = [plan for plan in found if "TEMP B-TREE" in plan and "ix_chain_transaction_created" not in plan]
    assert found and not sorted_, found
    assert any(name in plan for plan in found for name in wanted.split("|")), found


def test_a_departments_page_begins_with_its_own_rows(sqlite_database: Database) -> None:
    department = ids.new()
    found = plans(
        sqlite_database, lambda s: queries.transactions(s, Wanted(department_id=department), before=(9, 9), size=5)
    )
    assert "ix_chain_attribution_department_id" in found[0] and "SCAN chain_transaction" not in found[0], found
