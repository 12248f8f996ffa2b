"""The exchange of a blind-index key, through a second column; every arrow as in :mod:`crypto.rotation.field_machine`.

planned → key_ready (writers fill both columns from here on) → switch (writers that began before are waited for) →
reencrypt (the second column is filled for the rest) ⇄ scan → verify (every second index is computed again; the new
key becomes the active one) → move (indexes go into the first column, chunk by chunk) → retired (every first index is
computed again). Look-ups ask both columns under the key in use, so that each state finds every row.

Aborted before the new key was in use: aborting → clear (writers fill the first column only, the second is emptied) →
aborted (every first index is computed again). Aborted afterwards: aborting → move (to its end, so that the second
column is free) → switch → … → move → aborted, the same exchange with the old key coming in.
"""

import hashlib
import time
import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.envelope import row_keys
from crypto.envelope.row_keys import RowKey
from crypto.errors import ROTATION_WAITS
from crypto.keys import service as keys
from crypto.keys.rules import KeyState
from crypto.rotation import index_queries
from crypto.rotation.direction import source, target
from crypto.rotation.field_machine import (
    VERIFY_ROWS,
    FieldMachine,
    count_chunk,
    next_pass,
    rows_bad,
    scan_next,
)
from crypto.rotation.index_queries import IndexRow, IndexRows
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import BLIND_INDEX
from kernel import clock
from kernel.identity.actor import Actor
from kernel.runtime import Runtime

_SETTLE_SECONDS = 20.0  # within the lease; a job that gave up comes back


class IndexMachine(FieldMachine):
    """One holder of the lease, working on one rotation of an index key."""

    purpose = BLIND_INDEX

    def __init__(
        self, runtime: Runtime, actor: Actor, rotation_id: uuid.UUID, chunk_rows: int,
        before_commit: Callable[[RotationState], None] = lambda _: None,
    ) -> None:
        super().__init__(runtime, actor, rotation_id, chunk_rows, before_commit)
        self._indexes = IndexRows(self._table, self._scope)
        self.steps[RotationState.MOVE] = self._move
        self.steps[RotationState.CLEAR] = self._clear

    def _turn(self, rotation: CryptoRotation) -> None:
        """The first step back: a key that was not in use yet is written no more, one that is finishes its move."""
        if rotation.new_key_id is None:
            super()._turn(rotation)
            return

        def change(session: Session, current: CryptoRotation) -> None:
            new_key = source(current)
            if self._in_use(session, new_key):
                current.state = RotationState.MOVE
                return
            keys.drop(session, self._actor, key_id=new_key, department_id=current.department_id)
            current.state, current.total = RotationState.CLEAR, self._indexes.count_next(session)

        self._write(RotationState.ABORTING, change)

    def _in_use(self, session: Session, key_id: int) -> bool:
        """Tell whether writers fill the first column under a key, or would if it were not compromised."""
        key = keys.get(session, key_id)
        return key.state in (KeyState.ACTIVE, KeyState.COMPROMISED)

    def _switch(self, _: CryptoRotation) -> None:
        def change(session: Session, rotation: CryptoRotation) -> None:
            rotation.state, rotation.switched_at = RotationState.SWITCH, clock.now()

        self._write(RotationState.KEY_READY, change)

    def _begin(self, _: CryptoRotation) -> None:
        def change(session: Session, rotation: CryptoRotation) -> None:
            rotation.total = self._indexes.count(session)
            next_pass(rotation)

        self._settle()  # whoever began before the new key was there writes one index only
        self._write(RotationState.SWITCH, change)

    def _reencrypt(self, rotation: CryptoRotation) -> None:
        chunk, computed = self.read(lambda session: self._read_lacking(session, rotation))
        changes = [(row[0], row[1], index) for row, index in zip(chunk, computed, strict=True) if index is not None]
        bad = [row[0] for row, index in zip(chunk, computed, strict=True) if index is None]

        def change(session: Session, current: CryptoRotation) -> None:
            count_chunk(current, self._indexes.fill(session, changes) if changes else 0, len(changes), bad)

        self._write_chunk(rotation, [row[0] for row in chunk], change, scan_next)

    def _read_lacking(
        self, session: Session, rotation: CryptoRotation,
    ) -> tuple[list[IndexRow], list[bytes | None]]:
        chunk = self._indexes.lacking(session, self._after(rotation), self._chunk_rows)
        return chunk, self._computed(session, chunk, target(rotation))

    def _left(self, session: Session, rotation: CryptoRotation) -> int:
        return self._indexes.count_lacking(session)

    def _verify(self, rotation: CryptoRotation) -> None:
        """Compute every second index again, then let the coming key be the one in use."""
        self._check(rotation, lambda row: row[3])

        def change(session: Session, current: CryptoRotation) -> None:
            keys.replace(
                session, self._actor, old_key_id=source(current), new_key_id=target(current),
                department_id=current.department_id,
            )
            from_the_first(current)
            current.state = RotationState.MOVE

        self._write(RotationState.VERIFY, change)

    def _move(self, rotation: CryptoRotation) -> None:
        """One chunk into the first column; when none is left from the first row on, the other key retires."""
        if not self._emptied(rotation, self._indexes.move):
            return
        if self.read(lambda session: self._in_use(session, target(rotation))):
            self._close(rotation)
            return

        def come_back(session: Session, current: CryptoRotation) -> None:
            keys.recall(session, self._actor, key_id=target(current), department_id=current.department_id)
            current.state = RotationState.SWITCH

        self._write(RotationState.MOVE, come_back)

    def _clear(self, rotation: CryptoRotation) -> None:
        """One chunk of the second column; when it is empty from the first row on, the key that never came retires."""
        if self._emptied(rotation, self._indexes.clear):
            self._close(rotation)

    def _emptied(self, rotation: CryptoRotation, change: Callable[[Session, list[RowKey]], None]) -> bool:
        """Take a chunk out of the second column; tell whether nothing is left in it, from the first row on."""
        chunk = self.read(lambda session: self._indexes.to_move(session, self._after(rotation), self._chunk_rows))
        if chunk or rotation.cursor is not None:
            self._write_chunk(rotation, chunk, lambda session, current: self._take(session, current, chunk, change),
                              from_the_first)
            return False
        self._settle()  # whoever began before the keys changed writes the second column once more
        return not self.read(lambda session: self._indexes.to_move(session, None, 1))

    def _take(
        self, session: Session, current: CryptoRotation, chunk: list[RowKey],
        change: Callable[[Session, list[RowKey]], None],
    ) -> None:
        change(session, chunk)
        if current.state == RotationState.CLEAR:
            current.done += len(chunk)

    def _close(self, rotation: CryptoRotation) -> None:
        """Compute every first index again and retire the key that was left."""
        snapshot_at = clock.now()
        rows, digest = self._check(rotation, lambda row: row[2])
        self._write(RotationState(rotation.state), lambda session, current: self._finish(
            session, current, rows, digest, snapshot_at))

    def _check(self, rotation: CryptoRotation, found: Callable[[IndexRow], bytes | None]) -> tuple[int, str]:
        """Compute every index again in one snapshot; return rows and the digest of (key ‖ index) in order."""

        def look(session: Session) -> tuple[int, str, list[RowKey]]:
            digest, after, count, bad = hashlib.new("sm3"), None, 0, list[RowKey]()
            while page := self._indexes.page(session, after, VERIFY_ROWS):
                computed = self._computed(session, page, target(rotation))
                bad += [row[0] for row, index in zip(page, computed, strict=True) if not index or found(row) != index]
                pairs = zip(page, computed, strict=True)
                digest.update(b"".join(row_keys.digested(row[0], index or b"") for row, index in pairs))
                count, after = count + len(page), page[-1][0]
            return count, digest.hexdigest(), bad

        rows, digest, bad = self.read(look)
        if bad:
            raise rows_bad(bad)
        return rows, digest

    def _computed(self, session: Session, page: list[IndexRow], key_id: int) -> list[bytes | None]:
        """Return each row's index under a key, None where a row does not open."""
        opened = self._keyring.decrypt(self._scope, [(row[0], row[1]) for row in page], session=session)
        messages = [None if isinstance(clear, Failure) or clear is None else self._indexes.normalise(clear.decode())
                    for clear in opened]
        return self._keyring.index_under(session, key_id, messages)

    def _settle(self) -> None:
        """Wait until every transaction of before has ended; SQLite's write units never overlap.

        Raises ``crypto.rotation.waits``, with which the job comes back later.
        """
        if self._runtime.database.dialect != "postgresql":
            return
        begun, deadline = self.read(index_queries.now_there), time.monotonic() + _SETTLE_SECONDS
        while self.read(lambda session: index_queries.older_transactions(session, begun)):
            if time.monotonic() > deadline:
                raise ROTATION_WAITS(rotation=str(self._id))
            time.sleep(0.05)


def from_the_first(rotation: CryptoRotation) -> None:
    """Look at every row again, from the first on."""
    rotation.cursor = None
