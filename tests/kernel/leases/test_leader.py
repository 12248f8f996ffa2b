"""Leadership: one at a time, kept through a database that is busy, given back at the end."""

import threading

import pytest

from kernel.db import Database
from kernel.errors import DATABASE_BUSY
from kernel.leases import holder
from kernel.leases.leader import Leader


def test_one_leads_and_resigning_hands_over(database: Database) -> None:
    one, two = Leader(database, ttl=30), Leader(database, ttl=30)
    first = one.beat()
    assert first is not None
    assert two.beat() is None
    again = one.beat()
    assert again is not None
    assert again.fence == first.fence, "a renewal keeps the fence"
    one.resign()
    second = two.beat()
    assert second is not None
    assert second.fence == first.fence + 1
    assert one.beat() is None


def test_busy_database_does_not_depose(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(database, ttl=30)
    held = leader.beat()

    def busy(*args: object, **options: object) -> None:
        raise DATABASE_BUSY()

    with monkeypatch.context() as patch:
        patch.setattr(database, "run", busy)
        assert leader.beat() == held
    after = leader.beat()
    assert after is not None
    assert held is not None
    assert after.fence == held.fence


def test_loop_acquires_and_stops(database: Database) -> None:
    leader, stop = Leader(database, ttl=0.2), threading.Event()
    thread = threading.Thread(target=leader.run, args=(stop,))
    thread.start()
    for _ in range(100):
        if leader.held is not None:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(5)
    assert leader.held is not None
    assert leader.held.holder == holder.mine()
