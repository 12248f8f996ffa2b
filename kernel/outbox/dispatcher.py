"""Delivering messages: one dispatcher in the installation, several deliveries at a time."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.errors import MulianError
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.outbox import queries, registry, rules
from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState
from kernel.runtime import Runtime

_log = structlog.get_logger(__name__)
_BATCH = 32


@dataclass(frozen=True)
class Delivery:
    """A message taken out of the table for one attempt."""

    id: uuid.UUID
    topic: str
    payload: dict[str, Any]
    attempts: int


class Dispatcher:
    """Delivers while ``held()`` gives the leader's lease.

    The result of a delivery is written under the fence. A leader that lost it may have delivered a message that
    the next one delivers again: at least once, so handlers are idempotent.
    """

    def __init__(self, runtime: Runtime, held: Callable[[], Held | None], *, threads: int = 4) -> None:
        self._runtime = runtime
        self._held = held
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="outbox")
        self._lock = threading.Lock()
        self._in_flight: set[uuid.UUID] = set()

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop``; an error of one round is logged and the next round tries again."""
        while not stop.is_set():
            started = 0
            try:
                started = self.start_due()
            except Exception as error:
                _log.error("outbox.round_failed", exc_info=error)
            stop.wait(0.05 if started else 0.25)

    def start_due(self) -> int:
        """Start what may be delivered now and return how many deliveries began."""
        held = self._held()
        if held is None:
            return 0
        with self._lock:
            busy = set(self._in_flight)
        if len(busy) >= _BATCH:
            return 0
        with self._runtime.database.read() as session:
            rows = queries.deliverable(
                session, clock.now(), topics=registry.topics(), busy=busy, limit=_BATCH - len(busy)
            )
            due = [Delivery(row.id, row.topic, row.payload, row.attempts) for row in rows]
        for delivery in due:
            with self._lock:
                self._in_flight.add(delivery.id)
            self._pool.submit(self._deliver, held, delivery)
        return len(due)

    def drain(self) -> None:
        """Wait for the deliveries that have begun (tests and orderly ends)."""
        self._pool.shutdown(wait=True)

    def _deliver(self, held: Held, delivery: Delivery) -> None:
        try:
            error = self._attempt(delivery)
            self._runtime.database.run(lambda session: _settle(session, held, delivery, error))
        except MulianError as failure:
            _log.warning("outbox.not_settled", message=str(delivery.id), code=failure.code)
        except Exception as failure:
            _log.error("outbox.not_settled", message=str(delivery.id), exc_info=failure)
        finally:
            with self._lock:
                self._in_flight.discard(delivery.id)

    def _attempt(self, delivery: Delivery) -> str | None:
        try:
            registry.handler_of(delivery.topic)(self._runtime, delivery.payload)
        except MulianError as failure:
            return str(failure)
        except Exception as failure:
            _log.warning("outbox.delivery_failed", topic=delivery.topic, message=str(delivery.id), exc_info=failure)
            return f"{type(failure).__name__}: {failure}"
        return None


def _settle(session: Session, held: Held, delivery: Delivery, error: str | None) -> None:
    now, attempts = clock.now(), delivery.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "last_error": error and error[:2000]}
    if error is None:
        values |= {"state": MessageState.DONE, "finished_at": now}
    else:
        state = rules.after_failure(attempts)
        values |= {"state": state, "next_at": now + rules.backoff(attempts)}
        if state is MessageState.DEAD:
            values["finished_at"] = now
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == delivery.id, OutboxMessage.state == MessageState.PENDING)
        .values(**values)
    )
    leases.assert_fence(session, held)
