"""Token buckets and daily quotas. Quota is debited in the database before it is handed out.

A crash can therefore only admit less than the quota. Up to 1,000 calls a day the debit is one call at a time,
which stays exact whatever dies; above, one hundredth of the quota at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from gateway.broker.frames import OK, QUOTA, RATE, STORAGE, Ask

# (verdict, granted, retry after in ms)
Reply = Callable[[int, int, int], None]
# debit(grant, day, chunk, quota, done): done(granted units, or None when the database does not answer)
Debit = Callable[[bytes, date, int, int, Callable[[int | None], None]], None]
EXACT_UP_TO = 1000


def chunk_of(quota: int) -> int:
    """Return how many units are debited at once."""
    return 1 if quota <= EXACT_UP_TO else quota // 100


@dataclass(slots=True)
class Bucket:
    """A token bucket; ``rate`` per 1,000 seconds."""

    tokens: float
    at: float

    def take(self, want: int, rate: int, burst: int, now: float) -> tuple[int, int]:
        """Return (units granted, retry after in ms)."""
        self.tokens = min(float(burst), self.tokens + (now - self.at) * rate / 1000)
        self.at = now
        granted = min(want, int(self.tokens))
        if granted <= 0:
            return 0, max(1, int((1 - self.tokens) * 1_000_000 / rate)) if rate else 60_000
        self.tokens -= granted
        return granted, 0


@dataclass(slots=True)
class Day:
    """A grant's quota of one business day, as far as this broker holds it."""

    day: date
    left: int = 0
    debiting: bool = False
    exhausted_at: int = -1
    waiting: list[tuple[int, int, Reply]] = field(default_factory=list)


class Quotas:
    """All grants of one broker; not thread-safe (the event loop owns it)."""

    def __init__(self, debit: Debit) -> None:
        self._debit = debit
        self._buckets: dict[bytes, Bucket] = {}
        self._days: dict[bytes, Day] = {}

    def take(self, ask: Ask, now: float, day: date, reply: Reply) -> None:
        """Answer now, or once the database has debited."""
        granted = ask.want
        if ask.rate:
            bucket = self._buckets.get(ask.grant)
            if bucket is None:
                bucket = self._buckets[ask.grant] = Bucket(float(ask.burst), now)
            granted, retry = bucket.take(ask.want, ask.rate, ask.burst, now)
            if not granted:
                reply(RATE, 0, retry)
                return
        if not ask.quota:
            reply(OK, granted, 0)
            return
        self._take_quota(ask, granted, day, reply)

    def _take_quota(self, ask: Ask, want: int, day: date, reply: Reply) -> None:
        state = self._days.get(ask.grant)
        if state is None or state.day != day:
            state = self._days[ask.grant] = Day(day)
        if state.left > 0:
            granted = min(want, state.left)
            state.left -= granted
            reply(OK, granted, 0)
            if state.left < chunk_of(ask.quota) // 2 and state.exhausted_at < ask.quota:
                self._refill(ask.grant, state, ask.quota)  # before anybody has to wait for the database
        elif state.exhausted_at >= ask.quota:
            reply(QUOTA, 0, 0)
        else:
            state.waiting.append((want, ask.quota, reply))
            self._refill(ask.grant, state, ask.quota)

    def _refill(self, grant: bytes, state: Day, quota: int) -> None:
        if state.debiting:
            return
        state.debiting = True
        # callers that wait are served by one debit: exactness is per unit, not per statement
        chunk = max(chunk_of(quota), sum(want for want, _, _ in state.waiting))
        self._debit(grant, state.day, chunk, quota, lambda units: self._debited(grant, state, quota, units))

    def _debited(self, grant: bytes, state: Day, quota: int, units: int | None) -> None:
        state.debiting = False
        waiting, state.waiting = state.waiting, []
        if units is None:
            for _, _, reply in waiting:
                reply(STORAGE, 0, 0)
            return
        state.left += units
        if units == 0:
            state.exhausted_at = quota
        for want, wanted_quota, reply in waiting:
            if state.left > 0:
                granted = min(want, state.left)
                state.left -= granted
                reply(OK, granted, 0)
            elif state.exhausted_at >= wanted_quota:
                reply(QUOTA, 0, 0)
            else:
                state.waiting.append((want, wanted_quota, reply))
        if state.waiting:
            self._refill(grant, state, max(wanted for _, wanted, _ in state.waiting))

    def give_back(self, ask: Ask, day: date) -> None:
        """Take back units that a worker did not use."""
        state = self._days.get(ask.grant)
        if state is not None and state.day == day and ask.quota:
            state.left += ask.want

    def unused(self) -> list[tuple[bytes, date, int]]:
        """Return what was debited and not handed out: credited at a clean stop."""
        return [(grant, state.day, state.left) for grant, state in self._days.items() if state.left]
