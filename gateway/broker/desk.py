"""Answers to asks of applications that this broker owns. Nonces are journalled before any answer leaves."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from gateway.broker import frames
from gateway.broker.frames import Ask
from gateway.broker.limits import DAY, MONTH, ends
from gateway.broker.nonces import NonceTable
from gateway.broker.quota import Debitor, Quotas
from kernel import clock

# (verdict, units granted, retry after in ms)
Reply = Callable[[int, int, int], None]
_NONCE_VERDICT = {"replay": frames.REPLAY, "full": frames.NONCE_FULL, "floor": frames.BEFORE_FLOOR}
_SPANS = {
    frames.CALLS_DAY: DAY, frames.BYTES_DAY: DAY, frames.CALLS_MONTH: MONTH, frames.BYTES_MONTH: MONTH,
}


class Desk:
    """Nonces and quotas of one broker."""

    def __init__(self, nonces: NonceTable, debit: Debitor) -> None:
        self.nonces = nonces
        self.quotas = Quotas(debit)

    def answer(self, asks: Sequence[tuple[Ask, int, Reply]]) -> None:
        """Answer a batch of (ask, floor of its application, reply): all nonces are journalled first, by one write."""
        verdicts = [
            self.nonces.add(ask.nonce, ask.timestamp, floor=floor) if ask.kind in frames.WITH_NONCE else ""
            for ask, floor, _ in asks
        ]
        try:
            self.nonces.commit()
        except OSError:
            for _, _, reply in asks:
                reply(frames.STORAGE, 0, 0)
            return
        moment = clock.now()
        now, day = asyncio.get_running_loop().time(), clock.business_day(moment)
        for (ask, _, reply), verdict in zip(asks, verdicts, strict=True):
            if verdict:
                reply(_NONCE_VERDICT[verdict], 0, 0)
            elif ask.kind == frames.NONCE:
                reply(frames.OK, 0, 0)
            elif ask.kind in (frames.RETURN, frames.BYTES_BACK):
                self.quotas.give_back(ask, day)
            else:
                self.quotas.take(ask, now, day, partial(_with_retry, reply))


def _with_retry(reply: Reply, verdict: int, granted: int, retry_ms: int) -> None:
    span = _SPANS.get(verdict)
    if span is not None:
        now = clock.now()
        retry_ms = 1000 + int((ends(span, now) - now).total_seconds() * 1000)
    reply(verdict, granted, retry_ms)
