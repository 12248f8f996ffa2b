"""Forks that run one rotation and kill themselves with SIGKILL, and forks that write until they are killed.

Started by the tests as one process that has imported everything: what a kill costs is a fork. Each line of stdin is
one task as JSON with ``home`` and ``url``; each is answered by one line.

- ``rotation``, ``when``, ``state``, ``nth``, ``delay``, ``chunk``: run a rotation; answer its exit status, negative for
  a signal. It dies "committed" (right after the nth transaction that left the rotation in ``state``), "inside" (at the
  end of the nth write transaction begun in ``state``) or "timed" (``delay`` seconds after "committed", wherever it is
  by then); 3: its moment was missed, the rotation is left for the next one.
- ``write``: a journal, with ``department``, ``keys`` and ``secret``: give these rows new values, one transaction each,
  as the drill does; answer the process id.
- ``end``: a process id: kill that writer; answer its exit status, which tells whether it had ended by itself before.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

from crypto import servicekeys
from crypto.drill import processes
from crypto.drill.copying import Copy
from crypto.drill.rules import Moment
from crypto.keys.vault import vault_of
from crypto.rotation import machine
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import ENC, Scope
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring

MISSED = 3


def main() -> None:
    wiring.load_registrations()
    for line in sys.stdin:
        print(answer(json.loads(line)), flush=True)


def answer(task: dict[str, Any]) -> int:
    if "end" in task:
        with contextlib.suppress(ProcessLookupError):
            os.kill(task["end"], signal.SIGKILL)
        return processes.wait(task["end"])
    if "write" in task:
        scope = Scope(uuid.UUID(task["department"]), "protected_person", "id_number_env")
        return processes.write(
            place(task), scope, task["keys"], bytes.fromhex(task["secret"]), Path(task["write"]))
    copy = place(task)
    return processes.wait(processes.fork(lambda: rotate(copy, task)))


def place(task: dict[str, Any]) -> Copy:
    """Return the database of a task; no connection to it outlives this call."""
    home = Home(Path(task["home"]))
    settings, box = Settings(home=home.root), servicekeys.open_box(home)
    database = Database(task["url"])
    vault = vault_of(Runtime(settings=settings, home=home, database=database, box=box))
    database.close()
    return Copy(settings, home, task["url"], box, vault)


def rotate(copy: Copy, task: dict[str, Any]) -> None:
    timed = task["when"] == "timed"
    moment = Moment(RotationState(task["state"]), "committed" if timed else task["when"], task["nth"])
    die_at, seen = processes.dying(None if timed else moment), 0

    def observe(rotation: CryptoRotation) -> None:
        nonlocal seen
        die_at(rotation.state, "committed")
        if rotation.purpose == ENC and moment.passed(rotation.state):
            os._exit(MISSED)
        seen += rotation.state == task["state"]
        if timed and seen == task["nth"] and rotation.state == task["state"]:
            threading.Timer(task["delay"], os.kill, (os.getpid(), signal.SIGKILL)).start()

    with copy.open() as runtime:
        machine.run(
            runtime, system_actor("test"), uuid.UUID(task["rotation"]), chunk_rows=task["chunk"], observe=observe,
            before_commit=lambda state: die_at(state, "inside"),
        )


main()
