"""The sealer: gives committed lines their order and links them.

A line is inserted by whoever acts, unordered. Once a second the leader gives unsealed lines consecutive numbers
and links ``link(n) = SM3(link(n-1) ‖ n as 8 bytes ‖ mac(n))``, then appends number and link to ``audit.head``
beside the database, so that cutting off the end of both tables shows.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.audit.models import AuditLog, AuditSeal, AuditUnsealed
from kernel.canonical import dumps
from kernel.digest import sm3
from kernel.errors import MulianError
from kernel.files_atomic import sync_folder
from kernel.home import Home
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

GENESIS = sm3(b"mulian.audit.v1")
BATCH = 2000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many lines are sealed and the last link."""

    count: int
    link: bytes


def next_link(previous: bytes, seq: int, mac: bytes) -> bytes:
    """SM3(previous link ‖ seq, 8 bytes big-endian ‖ mac): 32 bytes."""
    return sm3(previous, seq.to_bytes(8, "big"), mac)


def current_head(session: Session) -> Head:
    """The head by the database; count 0 and the genesis link for an empty trail."""
    row = session.execute(
        select(AuditSeal.seq, AuditSeal.link).order_by(AuditSeal.seq.desc()).limit(1)
    ).first()
    return Head(row.seq, row.link) if row else Head(0, GENESIS)


def seal(session: Session, held: Held) -> Head:
    """Seal up to 2,000 waiting lines in the leader's transaction and return the new head."""
    head = current_head(session)
    waiting = session.execute(
        select(AuditLog.id, AuditLog.mac)
        .join(AuditUnsealed, AuditUnsealed.audit_id == AuditLog.id)
        .order_by(AuditLog.at, AuditLog.id)
        .limit(BATCH)
    ).all()
    for audit_id, mac in waiting:
        head = Head(head.count + 1, next_link(head.link, head.count + 1, mac))
        session.add(AuditSeal(seq=head.count, audit_id=audit_id, link=head.link))
    sealed = [audit_id for audit_id, _ in waiting]
    session.execute(delete(AuditUnsealed).where(AuditUnsealed.audit_id.in_(sealed)))
    leases.assert_fence(session, held)
    return head


def head_file(home: Home) -> Path:
    """Where the heads are written."""
    return home.root / "audit.head"


def append_head(home: Home, head: Head) -> None:
    """Append one line durably: canonical JSON with count, link and time."""
    path = head_file(home)
    fresh = not path.exists()
    line = dumps({"v": 1, "count": head.count, "link": head.link.hex(), "at": clock.now()}) + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if not _ends_with_newline(path):
            line = b"\n" + line  # the last line was torn by a crash; verification skips it and says so
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if fresh:
        sync_folder(path.parent)


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class Sealer:
    """Seals once a second while ``held()`` gives the leader's lease."""

    def __init__(self, runtime: Runtime, held: Callable[[], Held | None]) -> None:
        self._runtime = runtime
        self._held = held
        self._written: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Seal until ``stop``; a failed round is logged and the next one tries again."""
        while not stop.wait(1.0):
            try:
                self.round()
            except MulianError as error:
                _log.warning("audit.not_sealed", code=error.code)
            except Exception as error:
                _log.error("audit.not_sealed", exc_info=error)

    def round(self) -> Head | None:
        """Seal what is unsealed and bring ``audit.head`` up to it; None while another process leads.

        The head is appended after the commit: a crash between the two leaves the file one step behind, and the
        next round of any leader catches up.
        """
        held = self._held()
        if held is None:
            self._written = None
            return None
        with self._runtime.database.read() as session:
            head = current_head(session)
            waiting = _has_unsealed(session)
        while waiting:
            before = head.count
            head = self._runtime.database.run(lambda session: seal(session, held))
            waiting = head.count - before == BATCH
        if head.count and head.count != self._written:
            append_head(self._runtime.home, head)
            self._written = head.count
        return head


def _has_unsealed(session: Session) -> bool:
    return session.execute(select(AuditUnsealed.audit_id).limit(1)).first() is not None
