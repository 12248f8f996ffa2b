"""Limits of the framing core and the two ways in which a message is refused."""

from dataclasses import dataclass


class Refusal(Exception):
    """A client's message that is not served: HTTP ``status``, a stable ``reason``; the connection closes."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class UpstreamFault(Exception):
    """An upstream's answer that cannot be trusted: 502 for the client, and the connection is dropped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    head: int = 16 * 1024
    target: int = 8 * 1024
    headers: int = 100
    body: int = 1024 * 1024
    response_head: int = 32 * 1024
    response_headers: int = 200
    # answers 1xx before the answer
    interim: int = 8
    # bytes of later requests that a client may have sent while one is answered
    pipelined: int = 64 * 1024
    head_seconds: float = 30.0
    body_seconds: float = 60.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 60.0
    # an event stream or a WebSocket on which nothing moves
    silent_seconds: float = 300.0
    # request bodies that a worker holds at a time, all connections together
    held: int = 64 * 1024 * 1024


DEFAULT = Limits()
