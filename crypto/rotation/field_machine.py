"""The rotation of a field key: every arrow is one transaction under a lease, idempotent, resumable after kill -9.

planned → key_ready → switch → reencrypt ⇄ scan → verify → retired. Reading and computing happen outside write
units; a write unit only swaps envelopes, moves the cursor and proves that the lease is still ours.

Aborted, it runs the other way: aborting → switch → reencrypt ⇄ scan → verify → aborted, with the two keys exchanged
(:mod:`crypto.rotation.direction`) and nothing else; from where no key was switched yet it ends at once.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.envelope import packed_keys, row_keys
from crypto.envelope.row_keys import JSONKey, RowKey
from crypto.errors import ROTATION_LEASE, ROTATION_ROWS_BAD
from crypto.keys import service as keys
from crypto.keys.keyring import Keyring
from crypto.keys.rules import KeyState
from crypto.rotation import certify, queries, service
from crypto.rotation.direction import source, target
from crypto.rotation.events import RotationFinished
from crypto.rotation.models import CryptoRotation
from crypto.rotation.overlap import Overlap
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState, abort_certificate, certificate
from crypto.rotation.transfer import Page
from crypto.scopes import fences, registry
from crypto.scopes import queries as scopes
from crypto.scopes.registry import EncryptedTable
from crypto.scopes.rules import ENC
from kernel import clock
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.events import publish
from kernel.identity.actor import Actor
from kernel.leases import holder as holders
from kernel.leases import service as leases
from kernel.runtime import Runtime

T = TypeVar("T")
LEASE_SECONDS = 30.0
VERIFY_ROWS = 20_000
GAP_SECONDS = 0.01  # SQLite's lock is not fair: who asks again and again would find it taken by the next chunk
MAX_LISTED = 1_000


class FieldMachine:
    """One holder of the lease, working on one rotation."""

    purpose = ENC

    def __init__(
        self, runtime: Runtime, actor: Actor, rotation_id: uuid.UUID, chunk_rows: int,
        before_commit: Callable[[RotationState], None] = lambda _: None,
    ) -> None:
        self._before_commit = before_commit
        self._runtime, self._actor, self._id, self._chunk_rows = runtime, actor, rotation_id, chunk_rows
        self._keyring = Keyring.open(runtime)
        held = runtime.database.run(
            lambda session: leases.acquire(session, service.lease_of(rotation_id), holders.mine(), LEASE_SECONDS)
        )
        if held is None:
            raise ROTATION_LEASE()
        self._held = held
        rotation = self.read(lambda session: queries.get(session, rotation_id))
        self._scope = self.read(lambda session: scopes.name_of(scopes.get(session, rotation.scope_id)))
        self._table = registry.table_of(self._scope.table)
        self._rows = ScopeRows(self._table, self._scope)
        self._beside = Overlap[_Prepared]()
        self.steps: dict[RotationState, Callable[[CryptoRotation], None]] = {
            RotationState.PLANNED: self._make_key,
            RotationState.KEY_READY: self._switch,
            RotationState.SWITCH: self._begin,
            RotationState.REENCRYPT: self._reencrypt,
            RotationState.SCAN: self._scan,
            RotationState.VERIFY: self._verify,
            RotationState.ABORTING: self._turn,
        }

    def read(self, unit: Callable[[Session], T]) -> T:
        """Run a read unit."""
        return self._runtime.database.run(unit, write=False)

    def release(self) -> None:
        """Give the lease back; if that fails, its time runs out by itself."""
        self._beside.close()
        self._runtime.database.run(lambda session: leases.release(session, self._held))

    def wait(self, rotation: CryptoRotation) -> None:
        """Stop outside the scope's window, where it stands: a job goes on in the next one."""
        self._write(RotationState(rotation.state), service.wait)

    def _write(self, expected: RotationState, change: Callable[[Session, CryptoRotation], None]) -> None:
        """Apply ``change`` when the rotation is still in ``expected``; end with the proof of the lease."""

        def unit(session: Session) -> None:
            rotation = queries.get(session, self._id)
            if rotation.state == expected:
                rotation.waits_until = None
                change(session, rotation)
                rotation.updated_at = clock.now()
                session.flush()
            self._held = leases.renew(session, self._held)
            self._before_commit(expected)

        self._runtime.database.run(unit)

    def _make_key(self, _: CryptoRotation) -> None:
        def change(session: Session, rotation: CryptoRotation) -> None:
            scope = scopes.get(session, rotation.scope_id)
            key = keys.create_key(session, self._actor, scope, self.purpose, state=KeyState.PRE_ACTIVE)
            rotation.new_key_id, rotation.state = key.key_id, RotationState.KEY_READY

        self._write(RotationState.PLANNED, change)

    def _turn(self, rotation: CryptoRotation) -> None:
        """The first step back. Where nothing was ever written under the new key, it is the last one too."""
        if rotation.switched_at is not None:
            self._switch(rotation)
            return

        def change(session: Session, current: CryptoRotation) -> None:
            if current.new_key_id is not None:
                keys.drop(
                    session, self._actor, key_id=current.new_key_id, department_id=current.department_id)
            self._finish(session, current, None, None, clock.now())

        self._write(RotationState.ABORTING, change)

    def _switch(self, found: CryptoRotation) -> None:
        """One key active, the other decrypt-only, fence set: after this commit nobody writes the other one."""

        def change(session: Session, rotation: CryptoRotation) -> None:
            scopes.get(session, rotation.scope_id).fence_key_id = target(rotation)
            session.flush()
            if rotation.abort:
                certify.drop_of(session, self._table, self._scope.column, source(rotation))
            fences.lock(session, self._table)  # writers in flight finish first, so the scan will see their rows
            keys.replace(
                session, self._actor, old_key_id=source(rotation), new_key_id=target(rotation),
                department_id=rotation.department_id,
            )
            fences.rebuild(session, self._table)
            rotation.state = RotationState.SWITCH
            rotation.switched_at = rotation.switched_at or clock.now()

        self._write(RotationState(found.state), change)

    def _begin(self, _: CryptoRotation) -> None:
        def change(session: Session, rotation: CryptoRotation) -> None:
            if rotation.abort:  # another department's may have been added while the switch was under way
                certify.drop_of(session, self._table, self._scope.column, source(rotation))
            rotation.total = self._rows.count_others(session, target(rotation))
            next_pass(rotation)

        self._write(RotationState.SWITCH, change)

    def _reencrypt(self, rotation: CryptoRotation) -> None:
        """One chunk: read, decrypt, encrypt, compare; then swap and move the cursor in one transaction.

        While it is being written the next one is made ready. Rows that somebody writes meanwhile are left to the
        next pass, as ever.
        """
        key_id, passes, after = target(rotation), rotation.passes, self._after(rotation)
        ready = self._beside.take((key_id, passes, after), lambda: self._prepare(key_id, after))
        if len(ready.chunk) == self._chunk_rows:
            last = ready.chunk.keys[-1]
            self._beside.begin((key_id, passes, last), lambda: self._prepare(key_id, last))

        def change(session: Session, current: CryptoRotation) -> None:
            fitted = self._rows.swap(session, ready.rows, ready.fresh) if ready.rows else 0
            count_chunk(current, fitted, len(ready.rows), ready.bad)

        self._write_chunk(rotation, ready.chunk.keys, change, scan_next)

    def _prepare(self, key_id: int, after: RowKey | None) -> "_Prepared":
        """Read the chunk behind ``after`` and encrypt it under a key; may run beside the writing of another."""
        chunk, opened = self.read(lambda session: self._read_chunk(session, key_id, after))
        rows, clear, bad = sound(chunk, opened)
        fresh = self._keyring.encrypt_under(self._runtime.database, key_id, rows.keys, clear) if rows else []
        return _Prepared(chunk, rows, fresh, bad)

    def _write_chunk(
        self, rotation: CryptoRotation, chunk: Sequence[RowKey], change: Callable[[Session, CryptoRotation], None],
        follow: Callable[[CryptoRotation], None],
    ) -> None:
        """Change one chunk and step behind it; ``follow`` says what comes behind the last one."""
        def step(session: Session, current: CryptoRotation) -> None:
            if current.cursor != rotation.cursor:
                return  # an earlier attempt of this chunk was committed although its answer was lost
            change(session, current)
            if len(chunk) < self._chunk_rows:
                follow(current)
            else:
                current.cursor = row_keys.to_json(chunk[-1])

        self._write(RotationState(rotation.state), step)
        if self._runtime.database.dialect == "sqlite":
            time.sleep(GAP_SECONDS)

    def _read_chunk(
        self, session: Session, key_id: int, after: RowKey | None,
    ) -> tuple[Page, list[bytes | Failure | None]]:
        chunk = self._rows.others(session, key_id, after, self._chunk_rows)
        return chunk, self._keyring.decrypt_column(self._scope, chunk.keys, chunk.envelopes, session=session)

    def _after(self, rotation: CryptoRotation) -> RowKey | None:
        return None if rotation.cursor is None else row_keys.from_json(self._rows.kind, rotation.cursor)

    def _scan(self, _: CryptoRotation) -> None:
        """Count the rows of other keys again: none → verify; else another pass; only unreadable ones: stop."""
        unreadable: list[JSONKey] = []

        def change(session: Session, rotation: CryptoRotation) -> None:
            if self._left(session, rotation) == 0:
                rotation.state = RotationState.VERIFY
                return
            if rotation.unreadable:
                unreadable[:] = rotation.unreadable
            next_pass(rotation)

        self._write(RotationState.SCAN, change)
        if unreadable:
            raise rows_bad(unreadable)

    def _left(self, session: Session, rotation: CryptoRotation) -> int:
        return self._rows.count_others(session, target(rotation))

    def _verify(self, rotation: CryptoRotation) -> None:
        """Open every row in one snapshot, digest them in order, then retire the key that was left."""
        for certify_step in (certify.add, certify.validate, certify.drop_older):
            self._runtime.database.run(partial(self._certify, step=certify_step))
        snapshot_at = clock.now()
        rows, digest, bad = self.read(lambda session: self._open_all(session))
        if bad:
            raise rows_bad(bad)

        def change(session: Session, current: CryptoRotation) -> None:
            self._finish(session, current, rows, digest, snapshot_at)

        self._write(RotationState.VERIFY, change)

    def _finish(
        self, session: Session, current: CryptoRotation, rows: int | None, digest: str | None, snapshot_at: datetime,
    ) -> None:
        """Retire the key that was left. ``rows`` None: no row was looked at, the new key was never in use."""
        issued = self._issued(current, rows, digest, snapshot_at)
        left = current.new_key_id if current.abort else current.old_key_id
        if left is not None:
            keys.retire(session, self._actor, key_id=left, department_id=current.department_id)
        current.state = RotationState.ABORTED if current.abort else RotationState.RETIRED
        current.finished_at, current.certificate = clock.now(), issued
        record(
            session, self._actor, action="crypto.rotation.finish", object_type="crypto_rotation",
            object_id=str(current.id), detail={"certificate": issued}, department_id=current.department_id,
        )
        publish(session, RotationFinished(
            rotation_id=current.id, department_id=current.department_id, scope=str(self._scope),
            old_key_id=current.old_key_id, new_key_id=current.new_key_id, rows=rows, certificate=issued,
            aborted=bool(current.abort),
        ))

    def _issued(
        self, current: CryptoRotation, rows: int | None, digest: str | None, snapshot_at: datetime,
    ) -> dict[str, Any]:
        common: dict[str, Any] = {
            "rotation_id": current.id, "department_id": current.department_id, "table": self._scope.table,
            "column": self._scope.column, "rows": rows, "digest": digest, "snapshot_at": snapshot_at,
            "passes": current.passes, "maker": current.maker_name, "checker": current.checker_name,
            "purpose": self.purpose, "row_key": self._rows.kind,
        }
        if current.abort:
            return abort_certificate(
                **common, kept_key_id=current.old_key_id, dropped_key_id=current.new_key_id, moved=current.done,
                abort=current.abort,
            )
        return certificate(
            **common, old_key_id=current.old_key_id, new_key_id=target(current), skipped=current.skipped)

    def _certify(self, session: Session, step: Callable[[Session, EncryptedTable, str], None]) -> None:
        step(session, self._table, self._scope.column)
        self._held = leases.renew(session, self._held)
        self._before_commit(RotationState.VERIFY)

    def _open_all(self, session: Session) -> tuple[int, str, list[RowKey]]:
        digest, count, bad = hashlib.new("sm3"), 0, list[RowKey]()

        def look(page: Page) -> tuple[int, list[RowKey]]:
            opened = self._keyring.decrypt_column(self._scope, page.keys, page.envelopes)
            digest.update(packed_keys.digested(page.keys, page.envelopes))
            return len(page), sound(page, opened)[2]

        for rows, unreadable in self._beside.each(self._rows.pages(session, VERIFY_ROWS), look):
            count += rows
            bad += unreadable
        return count, digest.hexdigest(), bad


@dataclass(frozen=True)
class _Prepared:
    """A chunk with the rows of it that opened, their new envelopes, and the keys of the others."""

    chunk: Page
    rows: Page
    fresh: list[bytes]
    bad: list[RowKey]


def sound(page: Page, opened: list[bytes | Failure | None]) -> tuple[Page, list[bytes], list[RowKey]]:
    """Return the rows that opened, their clear values, and the keys of the others."""
    if set(map(type, opened)) <= {bytes}:  # as a rule: no need to ask each again
        return page, cast("list[bytes]", opened), []
    good = [row for row, value in enumerate(opened) if isinstance(value, bytes)]
    bad = [page.keys[row] for row, value in enumerate(opened) if isinstance(value, Failure)]
    return page.only(good), [value for value in opened if isinstance(value, bytes)], bad


def next_pass(rotation: CryptoRotation) -> None:
    """Begin again with the first row; every pass is counted."""
    rotation.state, rotation.cursor, rotation.unreadable = RotationState.REENCRYPT, None, []
    rotation.passes += 1


def count_chunk(rotation: CryptoRotation, fitted: int, tried: int, bad: Sequence[RowKey]) -> None:
    """Add a chunk: rows changed, rows written meanwhile by others, and up to a limit which do not open."""
    rotation.done += fitted
    rotation.skipped += tried - fitted
    rotation.unreadable = (rotation.unreadable + list(map(row_keys.to_json, bad)))[:MAX_LISTED]


def rows_bad(bad: Sequence[RowKey]) -> MulianError:
    """Return ``crypto.rotation.rows_unreadable`` with the first of the rows that do not open."""
    return ROTATION_ROWS_BAD(count=len(bad), rows=", ".join(map(str, bad[:20])))


def scan_next(rotation: CryptoRotation) -> None:
    """A pass has met its last row: look for what it missed."""
    rotation.state = RotationState.SCAN

