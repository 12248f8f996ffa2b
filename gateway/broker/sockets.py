"""Where brokers listen on this machine."""

import os
from functools import cache
from pathlib import Path

WORKERS, PEERS = "gateway-broker", "gateway-peer"


@cache
def socket_path(home_run: Path, name: str = WORKERS) -> Path:
    """Return a broker's socket; a unix socket's path must stay under 108 bytes."""
    path = home_run / f"{name}.sock"
    if len(os.fsencode(path)) < 100:
        return path
    # a deep home: the kernel resolves the short way in through this process' own descriptor table
    return Path(f"/proc/self/fd/{os.open(home_run, os.O_RDONLY | os.O_DIRECTORY)}/{name}.sock")
