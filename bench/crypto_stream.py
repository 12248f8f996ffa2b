"""Ten million values through the column engine as a stream: encrypted, decrypted, compared; memory must not grow.

A rotation or an issue of identifiers works this way: chunk after chunk, of mixed lengths and with gaps. The figure
is the peak of the process after the last chunk against that after the first twenty; a run needs more than those.
"""

import os
import resource
import secrets
import time
from typing import Any

from crypto.columns import engine
from crypto.columns.service import decrypt_column, encrypt_column
from crypto.sm import bulk

VALUES = int(os.environ.get("MULIAN_BENCH_STREAM", "10000000"))
CHUNK = 20_000
WARM = 20
ALLOWED = 1.05


def run(values: int = VALUES) -> dict[str, Any]:
    """Return the growth of memory and the speed; raise AssertionError where a value does not come back.

    Raises ValueError for so few values that nothing could grow.
    """
    chunks = values // CHUNK
    if chunks < 2 * WARM:
        raise ValueError(f"at least {2 * WARM * CHUNK} values are needed")
    ready = engine.column_key(7, secrets.token_bytes(16))
    warm, spent, done = 0, 0.0, 0
    for number in range(chunks):
        fields, keys = _chunk(number), range(number * CHUNK, (number + 1) * CHUNK)
        started = time.thread_time()
        sealed = encrypt_column(ready, keys, fields)
        opened = decrypt_column(lambda _: ready, keys, sealed)
        spent += time.thread_time() - started
        if opened != fields:
            raise AssertionError(f"chunk {number} does not come back")
        done += CHUNK
        warm = _peak() if done == WARM * CHUNK else warm
    growth = _peak() / warm
    row = {
        "name": f"streaming {done} values, peak memory at the end vs after {WARM * CHUNK}", "unit": "x",
        "ratio": round(growth, 3), "target": None, "at_most": ALLOWED, "kept": growth <= ALLOWED,
        "peak_mib": round(_peak() / 1024), "both_ways_per_second": round(done / spent),
    }
    return {"values": done, "chunk": CHUNK, "engine": bulk.engine(), "rows": [row]}


def _chunk(number: int) -> list[bytes | None]:
    """Every second chunk is a column of one length; the others have gaps and lengths from 0 to 60."""
    first = number * CHUNK
    if number % 2:
        return [b"%018d" % value for value in range(first, first + CHUNK)]
    return [None if value % 50 == 0 else b"%0*d" % (value % 61, value) for value in range(first, first + CHUNK)]


def _peak() -> int:
    """Return the process's peak memory, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
