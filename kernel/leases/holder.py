"""Names of processes, and whether the process behind a name is certainly gone.

A name holds the boot id, the pid namespace, the pid and its start time, so that a lease left by ``kill -9`` on
this machine is taken over at once instead of after its time. Where anything differs, only the clock decides.
"""

import os
from functools import cache
from pathlib import Path


def mine() -> str:
    """Return the name of this process: ``boot/namespace/pid/start`` (a fork has its own)."""
    pid = os.getpid()
    return f"{_place()}/{pid}/{_start_time(pid) or 0}"


def certainly_dead(holder: str) -> bool:
    """True when ``holder`` ran on this boot and in this pid namespace and no such process is left."""
    place, _, rest = holder.rpartition("/")
    place, _, pid = place.rpartition("/")
    if place != _place() or not pid.isdigit():
        return False
    return _start_time(int(pid)) != rest


@cache
def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no /proc: nobody is ever certainly dead, because no two places are equal
        return f"unknown-{os.getpid()}-{id(_place)}"


def _start_time(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat (clock ticks since boot); None for a missing process or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
