"""Seconds that a piece of work took: of the processors, in this process and in a database server, and by the clock."""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """Seconds of all processors of client and server, and by the clock."""

    cpu: float
    clock: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.cpu - other.cpu, self.clock - other.clock)


def now(server: int | None = None) -> Spent:
    """Return what was spent so far; ``server``: process id of a postmaster, or of a server that is one process."""
    cpu = time.process_time()
    for stat in Path("/proc").glob("[0-9]*/stat") if server else ():
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            own = stat.parent.name == str(server)
            if own or fields[1] == str(server):  # of the server itself also its children that have ended
                cpu += sum(map(int, fields[11:15 if own else 13])) / os.sysconf("SC_CLK_TCK")
    return Spent(cpu, time.perf_counter())
