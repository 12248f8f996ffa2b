"""A rehearsal in a limited child process: what goes in, what comes out, and every other ending as one error."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chain.contracts.errors import REHEARSAL_STOPPED
from chain.contracts.models import ContractVersion

CPU_SECONDS, WALL_SECONDS, MEMORY_BYTES = 60, 600, 2 * 1024 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]


def request_of(
    version: ContractVersion, former: ContractVersion | None, needs: Sequence[ContractVersion]
) -> dict[str, Any]:
    """Return everything a rehearsal depends on. ``needs`` are contracts that the arguments name, in the order in
    which they must stand; the gas of the former version is what the new one is compared with."""
    return {
        "fork": version.fork, "suite": version.suite, "version": part(version),
        "former": None if former is None else part(former) | {"gas": (former.report or {}).get("gas", [])},
        "needs": [part(one) for one in needs],
    }


def part(version: ContractVersion) -> dict[str, Any]:
    """Return one contract of a request."""
    return {
        "name": version.name, "kind": version.kind, "package": version.artifact, "arguments": version.arguments,
        "initialiser": version.initialiser, "libraries": version.libraries,
    }


def run(request: dict[str, Any], *, cpu_seconds: int = CPU_SECONDS, wall_seconds: int = WALL_SECONDS) -> dict[str, Any]:
    """Return the report; raise ``chain.contract.rehearsal_stopped`` when a limit ended it."""
    command = [sys.executable, "-m", "chain.contracts.rehearsal_child", str(MEMORY_BYTES), str(cpu_seconds)]
    environment = {"LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT), "PATH": os.defpath}
    try:
        done = subprocess.run(
            command, input=json.dumps(request).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=wall_seconds, check=False, env=environment,
        )
    except subprocess.TimeoutExpired:
        raise REHEARSAL_STOPPED(reason="time") from None
    if done.returncode != 0:
        # ended by a limit: SIGXCPU and SIGKILL are time, everything else is the allocator's
        raise REHEARSAL_STOPPED(reason="time" if done.returncode in (-24, -9) else "memory")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
