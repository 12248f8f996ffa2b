"""Certificates of lower floors that are anchored when their event comes."""

from sqlalchemy.orm import Session

from chain.anchoring.service import append_leaf
from crypto.destruction.events import KekDestroyed
from crypto.rotation.events import RotationFinished

KEYS = "keys"


def on_rotation_finished(session: Session, event: RotationFinished) -> None:
    """Anchor the certificate of a changed key in the transaction that retires the old one."""
    append_leaf(
        session, stream=KEYS, record=event.certificate, object_type="crypto_rotation",
        object_id=str(event.rotation_id), version=1, department_id=event.department_id,
    )


def on_kek_destroyed(session: Session, event: KekDestroyed) -> None:
    """Anchor the certificate of a destruction in the transaction that issues it."""
    append_leaf(
        session, stream=KEYS, record=event.certificate, object_type="crypto_kek", object_id=str(event.kek_id),
        version=1, department_id=event.department_id,
    )
