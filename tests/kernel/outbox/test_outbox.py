"""The outbox: with its cause or not at all, at least once, in order per key, dead letters visible."""

import random
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.leases import service as leases
from kernel.leases.leader import LEADER
from kernel.leases.rules import Held
from kernel.outbox import queries, rules, service
from kernel.outbox.dispatcher import Dispatcher
from kernel.outbox.models import OutboxMessage
from kernel.outbox.registry import handler, handler_of
from kernel.runtime import Runtime
from tests.kernel import processes

SYSTEM = system_actor("test")
_seen: list[Any] = []
_broken: set[Any] = set()


@handler("test.mem")
def receive(runtime: Runtime, payload: dict[str, Any]) -> None:
    if payload["n"] in _broken:
        raise ConnectionError("refused")
    _seen.append(payload["n"])


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    _seen.clear()
    _broken.clear()
    yield


def _emit(database: Database, n: Any, key: str | None = None, topic: str = "test.mem") -> uuid.UUID:
    return database.run(lambda session: service.emit(session, topic, {"n": n, "key": key}, key=key))


def _lead(database: Database, ttl: float = 60) -> Held:
    held = database.run(lambda session: leases.acquire(session, LEADER, f"w{random.random()}", ttl))
    assert held is not None
    return held


def _deliver(database: Database, held: Held, rounds: int = 1) -> None:
    assert database.runtime is not None
    for _ in range(rounds):
        dispatcher = Dispatcher(database.runtime, lambda: held)
        dispatcher.start_due()
        dispatcher.drain()


def _row(database: Database, message_id: uuid.UUID) -> OutboxMessage:
    with database.read() as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.id == message_id)).one()


def _hurry(database: Database) -> None:
    database.run(lambda session: session.execute(text("UPDATE outbox SET next_at = 0 WHERE state = 'pending'")))


def test_message_is_committed_with_its_cause_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        service.emit(session, "test.mem", {"n": 1})
        raise RuntimeError
    held = _lead(database)
    _deliver(database, held)
    assert _seen == []
    message = _emit(database, 2)
    _deliver(database, held, rounds=2)
    assert _seen == [2]
    assert _row(database, message).state == "done"


def test_order_per_key_and_a_failure_holds_back_only_its_key(database: Database) -> None:
    held = _lead(database)
    for n in range(4):
        _emit(database, f"a{n}", "a")
        _emit(database, f"b{n}", "b")
    _broken.add("a1")
    _deliver(database, held, rounds=6)
    assert [n for n in _seen if n.startswith("a")] == ["a0"]
    assert [n for n in _seen if n.startswith("b")] == ["b0", "b1", "b2", "b3"]
    _broken.clear()
    _hurry(database)
    _deliver(database, held, rounds=4)
    assert [n for n in _seen if n.startswith("a")] == ["a0", "a1", "a2", "a3"]


def test_only_what_ended_long_ago_is_forgotten(database: Database) -> None:
    held = _lead(database)
    for n in range(5):
        _emit(database, n, "k")
    _broken.add(4)
    _deliver(database, held, rounds=5)
    assert _seen == [0, 1, 2, 3]
    assert database.run(lambda session: queries.delete_finished(session, clock.now() - timedelta(hours=1), 3)) == 0
    soon = clock.now() + timedelta(seconds=1)
    assert [database.run(lambda session: queries.delete_finished(session, soon, 3)) for _ in range(3)] == [3, 1, 0]
    _broken.clear()
    _emit(database, 5, "k")
    _hurry(database)
    _deliver(database, held, rounds=2)
    assert _seen == [0, 1, 2, 3, 4, 5], "what waited kept its order"


def test_backoff_then_dead_letter_then_retry_or_discard(database: Database) -> None:
    held = _lead(database)
    _broken.add(1)
    first, second = _emit(database, 1, "k"), _emit(database, 2, "k")
    for attempt in range(1, rules.MAX_ATTEMPTS + 1):
        before = clock.now()
        _deliver(database, held)
        row = _row(database, first)
        assert row.attempts == attempt
        assert row.next_at >= before + rules.backoff(attempt)
        _hurry(database)
    assert (row.state, row.last_error) == ("dead", "ConnectionError: refused")
    _deliver(database, held)
    assert _seen == [], "a dead letter holds back its key: order is kept"
    with database.read() as session:
        assert queries.counts(session) == {"dead": 1, "pending": 1}
    database.run(lambda session: service.retry(session, SYSTEM, message_id=first))
    with pytest.raises(MulianError, match="not_dead"):
        database.run(lambda session: service.retry(session, SYSTEM, message_id=second))
    for _ in range(rules.MAX_ATTEMPTS):
        _hurry(database)
        _deliver(database, held)
    database.run(lambda session: service.discard(session, SYSTEM, message_id=first, reason="对方系统已停用"))
    _deliver(database, held)
    assert _seen == [2]
    assert _row(database, first).state == "discarded"


def test_deposed_dispatcher_settles_nothing(database: Database) -> None:
    held = _lead(database, ttl=0.01)
    message = _emit(database, 1)
    time.sleep(0.05)
    new = _lead(database)
    _deliver(database, held)
    assert _seen == [1], "the effect was had"
    assert _row(database, message).state == "pending", "but only the present leader may say so"
    _deliver(database, new)
    assert _seen == [1, 1], "at least once"
    assert _row(database, message).state == "done"


def test_unknown_topic_waits_for_a_process_that_knows_it(database: Database) -> None:
    message = _emit(database, 1, topic="test.later")
    _deliver(database, _lead(database))
    assert _row(database, message).attempts == 0
    with pytest.raises(MulianError, match="topic_unknown"):
        handler_of("test.later")


def test_backoff_rule() -> None:
    assert [rules.backoff(n) for n in (1, 2, 3, 9, 10, 99)] == [
        timedelta(seconds=s) for s in (1, 2, 4, 256, 300, 300)
    ]


@pytest.mark.one_database
def test_nothing_is_lost_or_reordered_over_kill_9(database: Database) -> None:
    """The receiver's file is outside the database: every message is in it, the first sightings in order per key."""
    assert database.runtime is not None
    total, keys = 60, "abc"
    for n in range(total):
        database.run(
            lambda session, n=n: service.emit(
                session, "test.topic", {"n": n, "key": keys[n % 3]}, key=keys[n % 3]
            )
        )
    file = database.runtime.home.root / "delivered.txt"
    count = 0
    for stop_at in (12, 30):
        with processes.child(database, "worker") as process:
            processes.expect(process, "started")
            processes.eventually(lambda n=stop_at: file.exists() and len(file.read_text().splitlines()) >= n)
            process.kill()
            process.wait(10)
    with processes.child(database, "worker") as process:
        processes.expect(process, "started")
        processes.eventually(lambda: _done(database) == total)
    lines = [line.split(" ") for line in file.read_text().splitlines()]
    for key in keys:
        seen = [int(n) for k, n in lines if k == key]
        first = list(dict.fromkeys(seen))
        assert first == [n for n in range(total) if keys[n % 3] == key]
        count += len(seen)
    assert count <= total + 2 * 4, "repeated are at most the deliveries in flight at each kill"


def _done(database: Database) -> int:
    with database.read() as session:
        return queries.counts(session).get("done", 0)
