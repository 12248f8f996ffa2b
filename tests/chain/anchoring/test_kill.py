"""kill -9 at every step of a flush: the next one finishes with the same bytes; nothing twice, nothing lost.

A child process runs the flush and kills itself at moment k: before and after every commit, before every commit's
end (work done, not committed), and around every call to the node.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.anchoring import batching, rules
from crypto import servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.leases import service as leases
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import check_everything, flush

CALLS = ("identity", "authorise", "head_of", "send", "mined")


class Moments:
    """Counts moments and ends the process without goodbye at the chosen one."""

    def __init__(self, fatal: int) -> None:
        self.count, self.fatal = 0, fatal

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def around(moment: Callable[[], None], function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        moment()
        result = function(*arguments, **named)
        moment()
        return result

    return wrapped


def instrumented(home: Home, chain_file: Path, moment: Moments) -> None:
    """Flush in this process with a moment at every step."""
    database = Database.sqlite(home.database_file)
    database.run = around(moment, database.run)  # type: ignore[method-assign]
    leases.assert_fence = around(moment, leases.assert_fence)
    ledger = FakeChain(chain_file)
    for name in CALLS:
        setattr(ledger, name, around(moment, getattr(ledger, name)))
    runtime = Runtime(Settings(home=home.root), home, database, servicekeys.open_box(home))
    batching.flush(runtime, ledger=ledger)


def in_child(work: Callable[[], int]) -> int:
    """Run ``work`` in a forked process and return its wait status."""
    child = os.fork()
    if child == 0:
        try:
            status = work()
        except BaseException:
            status = 99
        os._exit(status)
    return os.waitpid(child, 0)[1]


def killed_at(moment: int, home: Home, chain_file: Path) -> bool:
    """Flush in a child that dies at the moment; False when it finished before that."""

    def work() -> int:
        instrumented(home, chain_file, Moments(moment))
        return 0

    status = in_child(work)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed in another way"
    return os.WIFSIGNALED(status)


def test_kill_at_every_step(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: Any
) -> None:
    """Two batches a round; the k-th round's child dies at its k-th moment, then an undisturbed flush finishes."""
    monkeypatch.setattr(rules, "BATCH_LIMIT", 8)
    runtime = sqlite_database.runtime
    assert runtime is not None
    chain_file, total, moment, finished = tmp_path / "fake-chain.db", 0, 0, False
    while not finished:
        moment += scale.of(5, 1)
        append(sqlite_database, total, 12)
        total += 12
        sqlite_database.close()  # no connection crosses the fork
        finished = not killed_at(moment, runtime.home, chain_file)
        assert moment < 200
        ledger = FakeChain(chain_file)
        assert not flush(sqlite_database, ledger).errors
        if finished or moment % 10 == 0:
            check_everything(sqlite_database, ledger, total)
    assert moment > 20, "fewer moments than steps: the instrumentation misses some"


def test_kill_again_and_again_during_one_batch(
    sqlite_database: Database, tmp_path: Path, scale: Any
) -> None:
    """Each try gets one moment further than the last before it dies; the batch is still anchored once."""
    runtime = sqlite_database.runtime
    assert runtime is not None
    append(sqlite_database, 0, 30)
    sqlite_database.close()
    chain_file = tmp_path / "fake-chain.db"
    moment = 0
    while killed_at(moment := moment + 1, runtime.home, chain_file):
        assert moment < 200
    ledger = FakeChain(chain_file)
    check_everything(sqlite_database, ledger, 30)
    assert ledger.transactions() == 1
