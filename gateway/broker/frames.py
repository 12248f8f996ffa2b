"""Frames between workers and broker: fixed size, little endian, many in one write."""

import struct
from typing import NamedTuple

NONCE, TAKE, NONCE_AND_TAKE, RETURN = 1, 2, 3, 4
OK, REPLAY, NONCE_FULL, BEFORE_FLOOR, QUOTA, RATE, STORAGE = range(7)

# kind, id, timestamp (s), nonce digest, grant id, units wanted, quota a day (0: none), rate per 1,000 s, burst
_ASK = struct.Struct("<BIQ16s16sIIII")
# id, verdict, units granted, retry after (ms)
_ANSWER = struct.Struct("<IBII")
ASK_SIZE, ANSWER_SIZE = _ASK.size, _ANSWER.size
NO_DIGEST = bytes(16)


class Ask(NamedTuple):
    """A worker's question."""

    kind: int
    id: int
    timestamp: int
    nonce: bytes
    grant: bytes
    want: int
    quota: int
    rate: int
    burst: int


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
