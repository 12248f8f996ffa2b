"""Frames between workers and brokers: fixed size, little endian, many in one write."""

import struct
from typing import NamedTuple

from gateway.broker.limits import Limits

NONCE, TAKE, NONCE_AND_TAKE, RETURN, BYTES, BYTES_BACK = 1, 2, 3, 4, 5, 6
WITH_NONCE = (NONCE, NONCE_AND_TAKE)
(
    OK, REPLAY, NONCE_FULL, BEFORE_FLOOR, CALLS_DAY, CALLS_MONTH, BYTES_DAY, BYTES_MONTH, RATE, UNLIMITED, STORAGE,
) = range(11)
# UNLIMITED: the nonce is new and journalled, but nobody can say whether the quota allows the call

# kind, id, timestamp (s), digest of nonce and AppKey, digest of the AppKey, grant id, units wanted, the six limits
_ASK = struct.Struct("<BIQ16s16s16sQIIQQII")
# id, verdict, units granted, retry after (ms)
_ANSWER = struct.Struct("<IBQI")
ASK_SIZE, ANSWER_SIZE = _ASK.size, _ANSWER.size
NO_DIGEST = bytes(16)


class Ask(NamedTuple):
    """A worker's question; ``app`` says which broker answers it."""

    kind: int
    id: int
    timestamp: int
    nonce: bytes
    app: bytes
    grant: bytes
    want: int
    calls_day: int
    calls_month: int
    bytes_day: int
    bytes_month: int
    rate: int
    burst: int

    @property
    def limits(self) -> Limits:
        """The grant's limits."""
        return Limits(*self[7:])


def pack_ask(ask: Ask) -> bytes:
    """Return the frame of a question."""
    return _ASK.pack(*ask)


def unpack_asks(data: bytes) -> list[Ask]:
    """Return the questions in ``data``, whose length is a multiple of ``ASK_SIZE``."""
    return [Ask(*fields) for fields in _ASK.iter_unpack(data)]


def pack_answer(id_: int, verdict: int, granted: int = 0, retry_ms: int = 0) -> bytes:
    """Return the frame of an answer."""
    return _ANSWER.pack(id_, verdict, granted, retry_ms)


def unpack_answers(data: bytes) -> list[tuple[int, int, int, int]]:
    """Return (id, verdict, granted, retry_ms) for each frame."""
    return list(_ANSWER.iter_unpack(data))
