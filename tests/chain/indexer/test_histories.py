"""After any sequence of growth, forks, restarts and kills the tables are those of a fresh index."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chain.indexer import abis, check, follow, store
from chain.indexer.source import Source
from crypto import servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.leases import service as leases
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.chain.anchoring.test_kill import Moments, around, in_child
from tests.chain.indexer.fake import FakeLedger
from tests.chain.indexer.test_follow import check_fresh, dump, know, run
from tests.support.scale import examples


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abis, "_providers", {})
    know("AnchorRegistry")


class Killed(Exception):
    """Ends a unit of work before its commit, as a kill does (the real one is below, in a child)."""


def test_any_history_ends_in_the_tables_of_a_fresh_index(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "CHUNK_BLOCKS", 4)
    monkeypatch.setattr(store, "REDECODE_ROWS", 5)
    assert database.runtime is not None
    runtime = database.runtime

    class Histories(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            know("AnchorRegistry")
            self.ledger = FakeLedger()
            check.rebuild(runtime, source=Source(self.ledger))

        @rule(count=st.integers(1, 6), step=st.sampled_from([1, 31, 3_700, 90_000]), transactions=st.integers(0, 2))
        def grow(self, count: int, step: int, transactions: int) -> None:
            self.ledger.grow(count, step=step, transactions=transactions)

        @rule(depth=st.integers(1, 7), count=st.integers(1, 9), salt=st.sampled_from("abc"))
        def fork(self, depth: int, count: int, salt: str) -> None:
            self.ledger.cut(max(0, len(self.ledger.blocks) - 1 - depth))
            self.ledger.grow(count, salt=salt)

        @rule(abi=st.booleans())
        def change_abi(self, abi: bool) -> None:
            know("AnchorRegistry") if abi else know("Renamed", ())

        @rule()
        def follow_to_the_head(self) -> None:
            run(database, self.ledger)

        @rule(seconds=st.just(0))
        def follow_one_chunk(self, seconds: int) -> None:
            run(database, self.ledger, seconds=seconds)

        @precondition(lambda self: len(self.ledger.blocks) > 2)
        @rule(at=st.integers(1, 6))
        def die_before_a_commit(self, at: int) -> None:
            done = 0

            def fatal(session: Any, held: Any) -> None:
                nonlocal done
                done += 1
                original(session, held)
                if done == at:
                    raise Killed

            original = leases.assert_fence
            with monkeypatch.context() as patch:
                patch.setattr(leases, "assert_fence", fatal)
                try:
                    run(database, self.ledger)
                except Killed:
                    pass

        def teardown(self) -> None:
            self.ledger.grow(8)  # longer than before: a node that only lags is waited for, and keeps its rows
            run(database, self.ledger)
            held = dump(database)
            check.rebuild(runtime, source=Source(self.ledger))
            assert held == dump(database)

    run_state_machine_as_test(Histories, settings=settings(
        max_examples=examples(3, 300), stateful_step_count=8, deadline=None,
        suppress_health_check=list(HealthCheck),
    ))


def test_kill_at_every_step_indexes_exactly_once(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, scale: Any
) -> None:
    """A child dies at its k-th moment, while it follows a fork with an ABI that changed; the next one finishes."""
    monkeypatch.setattr(follow, "CHUNK_BLOCKS", 3)
    runtime = sqlite_database.runtime
    assert runtime is not None
    moment, finished = 0, False
    ledger = FakeLedger()
    ledger.grow(5)
    while not finished:
        moment += scale.of(11, 1)
        know("AnchorRegistry", () if moment % 2 else None)
        run(sqlite_database, ledger)
        ledger.cut(len(ledger.blocks) - 3)
        ledger.grow(6, salt=f"round {moment}")
        know("AnchorRegistry", None if moment % 2 else ())
        sqlite_database.close()  # no connection crosses the fork
        finished = not _killed_at(moment, runtime.home, ledger)
        assert moment < 300
        run(sqlite_database, ledger)
        if finished or moment % 9 == 0:
            check_fresh(sqlite_database, ledger)
    assert moment > 15, "fewer moments than steps: the instrumentation misses some"


def _killed_at(moment: int, home: Home, ledger: FakeLedger) -> bool:
    def work() -> int:
        database = Database.sqlite(home.database_file)
        moments = Moments(moment)
        database.run = around(moments, database.run)  # type: ignore[method-assign]
        leases.assert_fence = around(moments, leases.assert_fence)
        store.recompute = around(moments, store.recompute)
        ledger.request = around(moments, ledger.request)  # type: ignore[method-assign]
        runtime = Runtime(Settings(home=home.root), home, database, servicekeys.open_box(home))
        follow.follow(runtime, source=Source(ledger))
        return 0

    status = in_child(work)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed in another way"
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_the_command_says_how_far_rebuilds_and_verifies(sqlite_database: Database, tmp_path: Path) -> None:
    import json

    from typer.testing import CliRunner

    from chain.ledger.access import use_ledger
    from kernel import cli
    from mulian import commands
    from mulian.cli import build

    runtime = sqlite_database.runtime
    assert runtime is not None
    ledger = FakeLedger()
    ledger.grow(4)
    use_ledger(runtime, ledger)  # type: ignore[arg-type]
    previous = cli._opener
    cli.install_opener(lambda settings: runtime)
    try:
        def called(*words: str) -> tuple[int, Any]:
            done = CliRunner().invoke(build(commands), ["chain", "index", *words, "--json"])
            return done.exit_code, json.loads(done.stdout)

        assert called("status")[1]["behind"] == 5
        assert called("rebuild")[1]["height"] == 4
        assert called("verify", "--all") == (0, {"height": 4, "blocks": 5, "compared": 5, "findings": []})
        with runtime.database.write() as session:
            from chain.indexer.models import ChainLog

            session.query(ChainLog).filter(ChainLog.block_number == 2).delete()
        code, found = called("verify")
        assert code == 1 and ["rows", "2"] in found["findings"]
    finally:
        cli._opener = previous
