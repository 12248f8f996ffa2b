"""Running a rotation, of a field key or of an index key, from where it stands to its end."""

import uuid
from collections.abc import Callable

from crypto.rotation import queries
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
    """Carry a rotation on from where it stands until the old key is retired.

    ``observe(rotation)`` is called after every committed transaction; an exception from it stops the run, which
    can be resumed. ``before_commit(state)`` is called as the last thing in every write transaction begun in
    ``state``: drills die there. Raises ``crypto.rotation.lease_lost`` while another process works on it,
    ``kernel.lease.lost`` when one took over, ``crypto.rotation.rows_unreadable``, ``crypto.sealed``.
    """
    purpose = runtime.database.run(lambda session: queries.get(session, rotation_id).purpose, write=False)
    made = FieldMachine if purpose == ENC else IndexMachine
    machine = made(runtime, actor, rotation_id, chunk_rows, before_commit)
    try:
        while True:
            rotation = machine.read(lambda session: queries.get(session, rotation_id))
            observe(rotation)
            step = machine.steps.get(RotationState(rotation.state))
            if step is None:
                return rotation
            step(rotation)
    finally:
        machine.release()
