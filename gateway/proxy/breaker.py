"""A half-open circuit breaker: pure, one an upstream. What fails in a row is not asked for a while.

closed: everything passes. open: nothing passes until ``pause`` seconds are over. half-open: one call tries; its
outcome closes the breaker, or opens it again for twice as long (up to ``longest``).
"""

FAILURES, PAUSE, LONGEST = 5, 2.0, 60.0


class Breaker:
    """Times are seconds of the loop's clock. ``troubled`` is False while nothing failed: the hot path asks no more."""

    __slots__ = ("_failures", "_pause", "_trial_until", "_until", "troubled")

    def __init__(self) -> None:
        self.troubled = False
        self._failures = 0
        self._pause = PAUSE
        self._until = self._trial_until = 0.0

    def wait(self, now: float, patience: float) -> float:
        """Return 0 when a call may try, else the seconds to wait.

        A call that tries while the breaker is half-open keeps the others out until its outcome is told, or until
        its ``patience`` (seconds) is over: an outcome that is never told must not shut the upstream for ever.
        """
        if self._failures < FAILURES:
            return 0.0
        barred = max(self._until, self._trial_until) - now
        if barred > 0:
            return barred
        self._trial_until = now + patience
        return 0.0

    def succeeded(self) -> None:
        """An answer that can be used has come."""
        self.troubled = False
        self._failures, self._pause, self._trial_until = 0, PAUSE, 0.0

    def failed(self, now: float) -> None:
        """No connection, no answer in time, or none that can be used."""
        self.troubled = True
        self._failures += 1
        if self._failures < FAILURES or now < self._until:
            return
        if self._failures > FAILURES:
            self._pause = min(self._pause * 2, LONGEST)
        self._until, self._trial_until = now + self._pause, 0.0
