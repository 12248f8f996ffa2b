"""Running a rotation, of a field key or of an index key, from where it stands to its end."""

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from crypto.rotation import queries, service
from crypto.rotation.field_machine import FieldMachine
from crypto.rotation.index_machine import IndexMachine
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import ENC
from kernel.identity.actor import Actor
from kernel.runtime import Runtime

Observer = Callable[[CryptoRotation], None]
CHUNK_ROWS = 8192


def run(
    runtime: Runtime, actor: Actor, rotation_id: uuid.UUID, *, observe: Observer = lambda _: None,
    before_commit: Callable[[RotationState], None] = lambda _: None, chunk_rows: int = CHUNK_ROWS,
) -> CryptoRotation:
    """Carry a rotation on from where it stands until the old key is retired, or until the scope's window closes.

    It stops between two steps, at a commit, with ``waits_until`` and the job for then; verifying is one step, which
    a window that closes does not cut short.

    ``observe(rotation)`` is called after every committed transaction; an exception from it stops the run, which
    can be resumed. ``before_commit(state)`` is called as the last thing in every write transaction begun in
    ``state``: drills die there. Raises ``crypto.rotation.lease_lost`` while another process works on it,
    ``kernel.lease.lost`` when one took over, ``crypto.rotation.rows_unreadable``, ``crypto.sealed``.
    """
    purpose = runtime.database.run(lambda session: queries.get(session, rotation_id).purpose, write=False)
    made = FieldMachine if purpose == ENC else IndexMachine

    def look(session: Session) -> tuple[CryptoRotation, datetime | None]:
        rotation = queries.get(session, rotation_id)
        return rotation, service.closed_until(session, rotation)

    machine = made(runtime, actor, rotation_id, chunk_rows, before_commit)
    try:
        while True:
            rotation, closed_until = machine.read(look)
            observe(rotation)
            step = machine.steps.get(RotationState(rotation.state))
            if step is None or (closed_until and rotation.waits_until == closed_until):
                return rotation
            (machine.wait if closed_until else step)(rotation)
    finally:
        machine.release()
