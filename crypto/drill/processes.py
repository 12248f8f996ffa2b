"""The processes of a drill: forks that rotate and die at a given moment, forks that write until they are killed.

Forks, because the root that this process opened must reach them without being written anywhere. Whoever forks has
no thread and no open connection. A fork ends when its drill is gone, whatever ended the drill.
"""

import contextlib
import itertools
import json
import os
import secrets
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from crypto.drill.copying import Copy
from crypto.drill.rules import Moment
from crypto.envelope import row_keys
from crypto.envelope.row_keys import JSONKey
from crypto.keys.keyring import keyring_of
from crypto.rotation import machine
from crypto.rotation.models import CryptoRotation
from crypto.scopes import blind, registry
from crypto.scopes.rules import Scope
from kernel.db import Base
from kernel.digest import sm3_hex
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

ACTOR = system_actor("crypto.drill")
_PAUSE = 0.01  # SQLite's lock is not fair: writers who never pause would starve the rotation


class _Missed(Exception):
    """The moment will not come: there was less to do in its state than it needs, or nobody waits for it any more."""


def fork(work: Callable[[], None]) -> int:
    """Run ``work`` in a fork that never returns into this code; return its process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def wait(pid: int) -> int:
    """Return the exit status of a fork, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """End a fork as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait(pid)


def rotate(copy: Copy, rotation_id: uuid.UUID, moment: Moment | None, chunk_rows: int) -> int:
    """Carry the rotation on in a fork that dies at ``moment``; return its exit status (−9: it was reached)."""
    drill = os.getpid()
    return wait(fork(lambda: _rotate(copy, rotation_id, moment, chunk_rows, drill)))


def dying(moment: Moment | None) -> Callable[[str, str], None]:
    """Return what a rotation calls with its state at each "committed" and "inside": it dies at ``moment``."""
    counts = itertools.count(1)

    def die_at(state: str, when: str) -> None:
        if moment and (state, when) == (moment.state, moment.when) and next(counts) == moment.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return die_at


def mark(secret: bytes, value: bytes | str) -> str:
    """Return what a journal holds instead of a value: worthless without the drill's secret."""
    return sm3_hex(secret, value if isinstance(value, bytes) else value.encode())[:24]


def write(copy: Copy, scope: Scope, keys: list[JSONKey], secret: bytes, journal: Path) -> int:
    """Start a fork that gives these rows new values, one transaction each, until it is killed or its drill is gone."""
    drill = os.getpid()
    return fork(lambda: _write(copy, scope, keys, secret, journal, drill))


def read_journal(journal: Path) -> dict[JSONKey, list[tuple[str, str]]]:
    """Return ("try" | "done", mark) of every row in order; a last line cut short counts as never written."""
    found: dict[JSONKey, list[tuple[str, str]]] = {}
    if journal.exists():
        for line in journal.read_text().rpartition("\n")[0].splitlines():
            kind, _, rest = line.partition(" ")
            key, _, written = rest.rpartition(" ")  # a text key in JSON may have spaces, and has no line ends
            found.setdefault(json.loads(key), []).append((kind, written))
    return found


def _rotate(copy: Copy, rotation_id: uuid.UUID, moment: Moment | None, chunk_rows: int, drill: int) -> None:
    die_at = dying(moment)

    def observe(rotation: CryptoRotation) -> None:
        die_at(rotation.state, "committed")
        if os.getppid() != drill or (moment and moment.passed(rotation.state)):
            raise _Missed  # left for the next moment: a rotation that finished could be killed no more

    with copy.open() as runtime, contextlib.suppress(_Missed):
        machine.run(
            runtime, ACTOR, rotation_id, observe=observe, before_commit=lambda state: die_at(state, "inside"),
            chunk_rows=chunk_rows,
        )


def _write(copy: Copy, scope: Scope, keys: list[JSONKey], secret: bytes, journal: Path, drill: int) -> None:
    with copy.open() as runtime, journal.open("a", buffering=1) as log:
        for key in itertools.cycle(keys):
            if os.getppid() != drill:
                return
            value = f"演练{secrets.token_hex(9)}"
            written = mark(secret, value)
            log.write(f"try {json.dumps(key)} {written}\n")
            _put(runtime, scope, key, value)
            log.write(f"done {json.dumps(key)} {written}\n")
            time.sleep(_PAUSE)


def _put(runtime: Runtime, scope: Scope, row: JSONKey, value: str) -> None:
    declared = registry.table_of(scope.table)
    key = row_keys.from_json(registry.key_kind(declared), row)
    column, table = declared.column(scope.column), Base.metadata.tables[scope.table]

    def unit(session: Session) -> None:
        keyring = keyring_of(session)
        values = {column.name: keyring.encrypt(session, scope, [(key, value)])[0]}
        if column.normalise:
            found = blind.values(session, scope, column, [column.normalise(value)])
            values |= {name: indexes[0] for name, indexes in found.items()}
        session.execute(update(table).where(
            table.c[declared.key_column] == key, table.c[declared.department_column] == scope.department_id,
        ).values(values))

    runtime.database.run(unit)
