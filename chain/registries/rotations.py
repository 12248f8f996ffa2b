"""Finished rotations of crypto for KeyRotationLog: which key version is complete, never key material."""

from sqlalchemy.orm import Session

from chain.registries.rules import ROTATIONS, commitment, id_word
from chain.registries.service import Draft, note
from crypto.rotation.events import RotationFinished
from kernel.runtime import runtime_of

PURPOSE = "chain.registry.key"
OBJECT = "crypto_rotation"


def on_rotation_finished(session: Session, event: RotationFinished) -> None:
    """Write the new key version down with the digest of the rotation's certificate.

    A key is named by a keyed digest of department and scope, so that the log tells nobody which column it is.
    """
    if event.aborted or event.new_key_id is None:
        return  # the version that was complete before still is
    name = runtime_of(session).box.mac(PURPOSE, f"{event.department_id}|{event.scope}".encode())
    goal = {
        "department": id_word(event.department_id), "version": event.new_key_id,
        "completion": commitment(event.certificate),
    }
    note(session, ROTATIONS, [
        Draft(name.hex(), event.new_key_id, goal, OBJECT, str(event.rotation_id), event.department_id)
    ])
