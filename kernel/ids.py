"""Identifiers: UUIDv7 (RFC 9562), increasing within a process so that indexes stay append-mostly."""

import os
import threading
import uuid

from kernel import clock

_lock = threading.Lock()
_last = 0


def new() -> uuid.UUID:
    """Return a UUIDv7; two calls in one process are ordered. Ids carry no order between processes."""
    global _last
    # 48 bits of milliseconds, then 12 bits of the sub-millisecond part, as RFC 9562 section 6.2 method 3
    micros = clock.to_micros(clock.now())
    stamp = (micros // 1000 << 12) | (micros % 1000) * 4096 // 1000
    with _lock:
        _last = max(stamp, _last + 1)
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=value)
