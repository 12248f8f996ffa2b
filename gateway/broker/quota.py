"""Token buckets and quotas of calls and bytes. Quota is debited in the database before it is handed out.

A crash can therefore only admit less than the quota. Up to 1,000 calls the debit is one call at a time, which stays
exact whatever dies; above, one hundredth of the quota at a time. Bytes are granted all or nothing: an answer that
does not fit into what is left does not leave.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from gateway.broker import frames
from gateway.broker.frames import OK, RATE, UNLIMITED, Ask
from gateway.broker.ledger import Debit, Debited
from gateway.broker.limits import BYTES, CALLS, DAY, MONTH, Limits, chunk_of

# (verdict, units granted)
Reply = Callable[[int, int], None]
# debit(what, done): done(None) when the database does not answer
Debitor = Callable[[Debit, Callable[[Debited | None], None]], None]
# a quota that was found spent is asked for again after this time: it may have been raised, or units given back
RECHECK_SECONDS = 5.0
_SPENT = {
    (CALLS, DAY): frames.CALLS_DAY, (CALLS, MONTH): frames.CALLS_MONTH, (BYTES, DAY): frames.BYTES_DAY,
    (BYTES, MONTH): frames.BYTES_MONTH,
}


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
class Purse:
    """Units of a grant and a day that this broker has debited and not handed out."""

    measure: str
    day: date
    left: int = 0
    debiting: bool = False
    # until when (loop seconds), for which quota and with which verdict nothing more is asked for
    spent_until: float = 0.0
    spent_quota: tuple[int, int] = (0, 0)
    spent: int = OK
    waiting: list[tuple[int, Reply]] = field(default_factory=list)

    def empty(self, quota: tuple[int, int], now: float) -> bool:
        """True while nothing is left and the database need not be asked again."""
        return bool(self.spent) and not self.left and quota == self.spent_quota and now < self.spent_until

    def hand_out(self, want: int) -> int:
        """Return the units that leave now: what is there of calls, all or nothing of bytes."""
        granted = min(want, self.left) if self.measure == CALLS or want <= self.left else 0
        self.left -= granted
        return granted


class Quotas:
    """All grants of one broker; not thread-safe (the event loop owns it)."""

    def __init__(self, debit: Debitor) -> None:
        self._debit = debit
        self._buckets: dict[bytes, Bucket] = {}
        self._purses: dict[tuple[bytes, str], Purse] = {}
        self._yesterday: list[Debit] = []

    def take(self, ask: Ask, now: float, day: date, reply: Callable[[int, int, int], None]) -> None:
        """Answer (verdict, granted, retry after in ms), now or once the database has debited."""
        limits = ask.limits
        if ask.kind == frames.BYTES:
            self._take(ask.grant, BYTES, limits, ask.want, now, day, lambda verdict, units: reply(verdict, units, 0))
            return
        granted = ask.want
        if limits.weighed:
            volume = self._purse(ask.grant, BYTES, day)
            if volume.empty(limits.quota(BYTES), now):  # no answer could leave
                reply(volume.spent, 0, 0)
                return
        if limits.rate:
            granted, retry = self._bucket(ask.grant, limits, now).take(ask.want, limits.rate, limits.burst, now)
            if not granted:
                reply(RATE, 0, retry)
                return
        if limits.calls_day or limits.calls_month:
            self._take(ask.grant, CALLS, limits, granted, now, day, lambda verdict, units: reply(verdict, units, 0))
        else:
            reply(OK, granted, 0)

    def _bucket(self, grant: bytes, limits: Limits, now: float) -> Bucket:
        bucket = self._buckets.get(grant)
        if bucket is None:
            bucket = self._buckets[grant] = Bucket(float(limits.burst), now)
        return bucket

    def _purse(self, grant: bytes, measure: str, day: date) -> Purse:
        purse = self._purses.get((grant, measure))
        if purse is None or purse.day != day:
            if purse is not None and purse.left:
                self._yesterday.append(_rest(grant, purse))
            purse = self._purses[grant, measure] = Purse(measure, day)
        return purse

    def _take(
        self, grant: bytes, measure: str, limits: Limits, want: int, now: float, day: date, reply: Reply,
    ) -> None:
        purse, quota = self._purse(grant, measure, day), limits.quota(measure)
        granted = purse.hand_out(want)
        if granted or not want:
            reply(OK, granted)
            if purse.left < chunk_of(measure, quota) // 2 and not purse.spent:
                self._refill(grant, purse, quota, now)  # before anybody has to wait for the database
        elif purse.empty(quota, now):
            reply(purse.spent, 0)
        else:
            purse.waiting.append((want, reply))
            self._refill(grant, purse, quota, now)

    def _refill(self, grant: bytes, purse: Purse, quota: tuple[int, int], now: float) -> None:
        if purse.debiting:
            return
        purse.debiting = True
        # callers that wait are served by one debit: exactness is per unit, not per statement
        wanted = sum(want for want, _ in purse.waiting) - purse.left
        chunk = max(chunk_of(purse.measure, quota), wanted)
        self._debit(
            Debit(grant, purse.measure, purse.day, chunk, quota),
            lambda found: self._debited(grant, purse, quota, now, found),
        )

    def _debited(
        self, grant: bytes, purse: Purse, quota: tuple[int, int], now: float, found: Debited | None,
    ) -> None:
        purse.debiting = False
        waiting, purse.waiting = purse.waiting, []
        if found is None:
            for _, reply in waiting:
                reply(UNLIMITED, 0)
            return
        purse.left += found.units
        purse.spent = _SPENT[purse.measure, found.spent] if found.spent else OK
        purse.spent_until, purse.spent_quota = now + RECHECK_SECONDS, quota
        for want, reply in waiting:
            granted = purse.hand_out(want)
            if granted:
                reply(OK, granted)
            elif purse.spent:
                reply(purse.spent, 0)
            else:
                purse.waiting.append((want, reply))
        if purse.waiting:
            self._refill(grant, purse, quota, now)

    def give_back(self, ask: Ask, day: date) -> None:
        """Take back units that a worker did not use."""
        measure = BYTES if ask.kind == frames.BYTES_BACK else CALLS
        purse = self._purses.get((ask.grant, measure))
        if purse is not None and purse.day == day and any(ask.limits.quota(measure)):
            purse.left += ask.want

    def yesterday(self) -> list[Debit]:
        """Return, once, what was left of days that are over: their month gets it back."""
        found, self._yesterday = self._yesterday, []
        return found

    def unused(self) -> list[Debit]:
        """Return what was debited and not handed out: credited at a clean stop."""
        purses = ((grant, purse) for (grant, _), purse in self._purses.items() if purse.left)
        return [*self.yesterday(), *(_rest(grant, purse) for grant, purse in purses)]


def _rest(grant: bytes, purse: Purse) -> Debit:
    return Debit(grant, purse.measure, purse.day, purse.left, (0, 0))
