"""Certificates of lower floors that are anchored when their event comes."""

from sqlalchemy.orm import Session

from chain.anchoring.service import append_leaf
from crypto.rotation.events import RotationFinished

KEYS = "keys"


def on_rotation_finished(session: Session, event: RotationFinished) -> None:
    """Anchor the certificate of a changed key in the transaction that retires the old one."""
    append_leaf(
        session, stream=KEYS, record=event.certificate, object_type="crypto_rotation",
        object_id=str(event.rotation_id), version=1, department_id=event.department_id,
    )
