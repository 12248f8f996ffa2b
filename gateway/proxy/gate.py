"""What must be so before bytes of an answer leave: their volume is paid for, and the call's line is on the disk.

Only calls with a volume quota or of an audited interface have one. While it is busy the upstream is paused and what
it had sent is held.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gateway import errors
from gateway.broker import frames
from gateway.proxy.verdicts import waived

if TYPE_CHECKING:
    from gateway.proxy.sourcing import Sourcing

# a stream of unknown length is paid for by the piece
PIECE = 256 * 1024


class Gate:
    """One a call."""

    __slots__ = ("_audited", "_call", "_ended", "_held", "_weighed", "busy", "paid")

    def __init__(self, call: "Sourcing", *, weighed: bool, audited: bool) -> None:
        self._call, self._weighed, self._audited = call, weighed, audited
        self.busy = self._ended = False
        self.paid = 0
        self._held: list[bytes] = []

    def open(self, size: int, log: Callable[[], bool], leave: Callable[[], None]) -> None:
        """Pay for ``size`` bytes, then log, then let the answer's head leave."""
        self._hold()
        if self._weighed and size > self.paid:
            self._pay(size - self.paid, partial(self._log, log, leave))
        else:
            self._log(log, leave)

    def keeps(self, data: bytes) -> bool:
        """Take body bytes that may not leave yet; False when they may."""
        if not self.busy and not (self._weighed and self._call.streamed + len(data) > self.paid):
            return False
        self._held.append(data)
        if not self.busy:
            self._hold()
            self._pay(self._call.streamed + len(data) - self.paid, self._release, ahead=True)
        return True

    def ends(self) -> bool:
        """The upstream is done; True when held bytes must leave first."""
        self._ended = self.busy
        return self.busy

    def settle(self) -> None:
        """Give back what was paid for and did not leave."""
        rest, grant = self.paid - self._call.streamed, self._call.grant
        if self._weighed and rest > 0 and grant is not None:
            self._call.gateway.broker.give_back(
                grant.app, grant.id_bytes, rest, grant.limits, kind=frames.BYTES_BACK,
            )

    def _hold(self) -> None:
        self.busy = True
        if self._call.upstream is not None:
            self._call.upstream.pause()

    def _pay(self, size: int, paid: Callable[[], None], *, ahead: bool = False) -> None:
        """Pay for ``size`` bytes; ``ahead``: for a whole piece when the quota has that much."""
        call, grant = self._call, self._call.grant
        assert grant is not None
        want = max(PIECE, size) if ahead else size
        call.gateway.broker.ask(
            frames.BYTES, partial(self._paid, want, size, paid), call.gateway.now, app=grant.app, grant=grant.id_bytes,
            want=want, limits=grant.limits,
        )

    def _paid(
        self, want: int, size: int, paid: Callable[[], None], verdict: int, granted: int, retry_ms: int,
    ) -> None:
        call = self._call
        if call.over:
            return
        verdict = frames.UNLIMITED if verdict == frames.STORAGE else verdict
        if waived(verdict, call.route):
            self.paid += want
            paid()
        elif want > size:
            self._pay(size, paid)
        else:
            call.end_short(verdict, retry_ms)

    def _log(self, log: Callable[[], bool], leave: Callable[[], None]) -> None:
        if not self._audited:
            log()
            self._leave(leave)
        elif log():
            self._call.gateway.commit_log(partial(self._synced, leave))
        else:
            self._call.give_up(errors.LOG_FULL)

    def _synced(self, leave: Callable[[], None], stored: bool) -> None:
        call = self._call
        if call.over:
            return
        if stored:
            self._leave(leave)
        else:
            call.gateway.log_end(call.request_id, b"log", 0)
            call.give_up(errors.LOG_FULL)

    def _leave(self, leave: Callable[[], None]) -> None:
        leave()
        if not self._call.over:
            self._release()

    def _release(self) -> None:
        """Let what was held go on; it may be held again when it costs more than was paid."""
        call, held = self._call, self._held
        self.busy, self._held = False, []
        for data in held:
            call.received(data)
        if self.busy or call.over:
            return
        if call.upstream is not None:
            call.upstream.resume()
        if self._ended:
            call.completed()
