"""kill -9 in the middle of a run, three times: every good row once, every bad row in 问题数据 with its reason."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from gateway.collection import engine, store
from tests.gateway.collection.support import Collecting, Upstream, people, person, reasons
from tests.support.scale import Scale


def die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def nth(module: Any, name: str, number: int, *, after: bool) -> Callable[[], None]:
    """Let a process die at the n-th call of a function: before it, or when it has returned."""
    def spoil() -> None:
        real, calls = getattr(module, name), [0]

        def counted(*args: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] == number and not after:
                die()
            found = real(*args, **named)
            return die() if calls[0] == number else found

        setattr(module, name, counted)

    return spoil


@pytest.mark.one_database
@pytest.mark.requirement("S4-25")
def test_a_run_that_is_killed_three_times_has_every_row_once(
    here: Collecting, serve: Callable[..., Upstream], scale: Scale, monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = scale.of(2_000, 1_000_000)
    monkeypatch.setattr(engine, "CHUNK", scale.of(250, 5_000))
    upstream = serve(people(rows))
    task = here.http_task(here.table(), upstream.url, size=scale.of(250, 5_000))
    run = here.queue(task)
    here.killed(run, nth(store, "refuse", scale.of(2, 30), after=True))  # a chunk that was never committed
    here.killed(run, nth(engine, "gathered", 1, after=False))  # before it reads anything
    here.killed(run, nth(engine, "_chunk", scale.of(3, 60), after=False))  # between two chunks
    assert here.rows("SELECT state, chunks FROM collection_run") == [("running", scale.of(3, 88))]
    assert here.rows("SELECT count(*) FROM collected_people_live") == [(0,)], "nobody sees half a load"
    here.killed(run, nth(engine, "_finish", 1, after=True))  # before the load is shown
    counts = here.carry(run)
    bad = {number: why for number in range(1, rows + 1) if (why := reasons(number))}
    assert counts == {"rows": rows, "good": rows - len(bad), "bad": len(bad)}
    good = [number for number in range(1, rows + 1) if number not in bad]
    assert [code for code, in here.rows("SELECT code FROM collected_people_live ORDER BY code")] == good
    found = dict(here.rows("SELECT number, reasons FROM collection_problem"))
    assert found == {number: "[" + ",".join(f'"{one}"' for one in why) + "]" for number, why in bad.items()}
    assert here.rows("SELECT count(*) FROM collected_people") == [(len(good),)], "nothing is left of the killed"
    nothing_clear(here, rows)


def nothing_clear(here: Collecting, rows: int) -> None:
    """No ID number or phone of a good or bad row in any file of the home (database, WAL, temp, logs) or column."""
    seen = [person(number) for number in (1, 2, 103, 107, rows)]
    wanted = [str(one[name]).encode() for one in seen for name in ("id_number", "phone")]
    for path in here.runtime.home.root.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert not [one for one in wanted if one in held], path
    if here.database.dialect == "postgresql":
        for table in ("collected_people", "collection_problem", "audit_log", "job", "job_log"):
            for row in here.rows(f"SELECT CAST(t AS text) FROM {table} t"):
                assert not [one for one in wanted if one.decode() in row[0]], table
