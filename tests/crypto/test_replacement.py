"""Replacing columns of departments' own databases: real MariaDB and PostgreSQL servers on the other side."""

import uuid

import pytest

from crypto.identifiers.rules import Form, recognise
from crypto.replacement import engine, service
from crypto.replacement.rules import State
from kernel.jobs import runner
from tests.crypto.bureaus import (
    COLUMNS,
    JOIN,
    NUMBER,
    PAIRS,
    Bureau,
    agreed,
    allow,
    everything,
    job_row,
    killed,
    list_target,
    made,
    tables,
    work_off,
)
from tests.crypto.conftest import District
from tests.support.scale import Scale


@pytest.mark.requirement("S4-21")
@PAIRS
def test_three_tables_are_replaced_and_put_back(
    district: District, there: Bureau, scale: Scale, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Joins give the same rows before and after, interrupted twice; undo is byte-equal."""
    monkeypatch.setattr(engine, "PAGE", scale.of(50, 5_000))
    allow(district)
    count = scale.of(120, 1_000_000 if there.product == "mysql" else 100_000)
    numbers = tables(there, count)
    joined, before = there.run(JOIN), everything(there)
    replacement_id = made(district, list_target(district, there), *COLUMNS)
    seen = job_row(district.database, replacement_id)
    assert seen.checked is not None and seen.forms == {NUMBER: "id18"}
    assert [one["obstacles"] for one in seen.checked["columns"]] == [[], [], []] and seen.checked["orphans"] == 0
    agreed(district, service.request_run, replacement_id=replacement_id, reason="最小必要")
    interrupt(district, replacement_id, 2, State.CAPTURING)
    interrupt(district, replacement_id, 2, State.APPLYING)
    done = work_off(district.database)
    assert done.state == "done", done.error
    row = job_row(district.database, replacement_id)
    assert row.state == State.DONE and row.evidence is not None
    assert row.evidence["settled"] and row.evidence["clear_left"] == 0 and row.evidence["orphans"] == 0
    after = there.run("SELECT sfz FROM person")
    assert len({one for one, in after}) == len(numbers) and all(recognise(one) is Form.ID18 for one, in after)
    assert there.run(JOIN) == joined
    assert not set(numbers) & {one for one, in there.run("SELECT sfz FROM card")}
    assert there.run("SELECT changed FROM person") == [(one[3],) for one in before[0]]
    agreed(district, service.request_undo, replacement_id=replacement_id, reason="误操作")
    interrupt(district, replacement_id, 3, State.UNDOING)
    assert work_off(district.database).state == "done"
    assert everything(there) == before
    row = job_row(district.database, replacement_id)
    assert row.state == State.UNDONE and (row.evidence or {})["not_undone"] == 0


def interrupt(district: District, replacement_id: uuid.UUID, ranges: int, state: State) -> None:
    """kill -9 the worker after some ranges: between what it did there and what it says here."""
    database = district.database
    assert database.runtime is not None
    claim = runner.claim(database.runtime)
    assert claim is not None

    def work() -> None:
        database.engine.dispose(close=False)  # the parent's connections are the parent's
        assert database.runtime is not None
        runner.execute(database.runtime, claim, runner.context_of(database.runtime, claim))

    killed(engine.journal, "enter_range" if state is State.CAPTURING else "finish", ranges, work)
    runner.give_back(database.runtime, claim)
    assert job_row(database, replacement_id).state == state
