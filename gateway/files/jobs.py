"""What file resources register on import: the kind of their approvals, and who reads their bytes: this feature only."""

import uuid

from sqlalchemy.orm import Session

from gateway.files.service import KIND, OBJECT, decided
from gateway.permissions import FILE_APPROVE
from kernel.approvals.registry import approval_kind
from kernel.errors import NOT_FOUND
from kernel.files.registry import Verb, attachable
from kernel.identity.actor import Actor


def _rights(session: Session, actor: Actor, object_id: str, verb: Verb) -> uuid.UUID | None:
    """Nobody gets at the bytes past the approval: the feature itself opens them as the system."""
    if actor.kind != "system":
        raise NOT_FOUND()
    return uuid.UUID(object_id)


attachable(OBJECT, _rights, sensitive=True)
approval_kind(
    KIND, checker_permission=FILE_APPROVE, zh="下载文件资源", en="Download a file",
    on_approved=lambda session, approval: decided(session, approval, "approved"),
    on_rejected=lambda session, approval: decided(session, approval, "rejected"),
    on_withdrawn=lambda session, approval: decided(session, approval, "withdrawn"),
)
