"""Attach, read and remove files."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND
from kernel.files import rules
from kernel.files.errors import DAMAGED, EMPTY, NAME_INVALID, TOO_LARGE, TYPE_REFUSED
from kernel.files.models import Attachment
from kernel.files.registry import Verb, owner_of
from kernel.files_atomic import write_atomic
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

PURPOSE = "attachment"


def attach(
    session: Session, actor: Actor, *, object_type: str, object_id: str, name: str, data: bytes, sensitive: bool = False
) -> Attachment:
    """Store a file of an object the actor may change.

    The bytes are durable before the row is committed; a rolled-back row leaves an unnamed file behind, never a
    row without its file. Raises ``name_invalid``, ``empty``, ``too_large``, ``type_refused``.
    """
    owner = owner_of(object_type)
    department_id = owner.rights(session, actor, object_id, "write")
    clean = rules.clean_name(name)
    if clean is None:
        raise NAME_INVALID()
    media_type = _check(clean, data)
    file_id = ids.new()
    row = Attachment(
        id=file_id, object_type=object_type, object_id=object_id, department_id=department_id, name=clean,
        media_type=media_type, size=len(data), digest=f"sm3:1:{sm3_hex(data)}",
        sensitive=sensitive or owner.sensitive, created_at=clock.now(), created_by=actor.user_id,
        audit_id=_note(session, actor, "attach", file_id, object_type, object_id, department_id),
    )
    stored = runtime_of(session).box.seal(PURPOSE, data) if row.sensitive else data
    path = _path(session, row)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, stored, 0o600)
    session.add(row)
    session.flush([row])
    return row


def open_file(session: Session, actor: Actor, *, file_id: uuid.UUID) -> tuple[Attachment, bytes]:
    """The row and its clear bytes, checked against the digest. Raises ``kernel.file.damaged``."""
    row = _allowed(session, actor, file_id, "read")
    try:
        data = _path(session, row).read_bytes()
        data = runtime_of(session).box.open(PURPOSE, data) if row.sensitive else data
    except Exception as error:
        raise DAMAGED(name=row.name) from error
    if row.digest != f"sm3:1:{sm3_hex(data)}":
        raise DAMAGED(name=row.name)
    return row, data


def remove(session: Session, actor: Actor, *, file_id: uuid.UUID) -> None:
    """Hide an attachment; the bytes stay for the trail until retention removes them."""
    row = _allowed(session, actor, file_id, "write")
    row.removed_at = clock.now()
    row.audit_id = _note(session, actor, "remove", row.id, row.object_type, row.object_id, row.department_id)


def attachments_of(session: Session, actor: Actor, *, object_type: str, object_id: str) -> Sequence[Attachment]:
    """Attachments of an object the actor may read."""
    owner_of(object_type).rights(session, actor, object_id, "read")
    return session.scalars(
        select(Attachment)
        .where(Attachment.object_type == object_type, Attachment.object_id == object_id,
               Attachment.removed_at.is_(None))
        .order_by(Attachment.created_at, Attachment.id)
    ).all()


def _check(name: str, data: bytes) -> str:
    if not data:
        raise EMPTY(name=name)
    if len(data) > rules.MAX_BYTES:
        raise TOO_LARGE(name=name, limit=rules.MAX_BYTES)
    media_type = rules.sniff(name, data)
    if media_type is None:
        raise TYPE_REFUSED(name=name)
    return media_type


def _allowed(session: Session, actor: Actor, file_id: uuid.UUID, verb: Verb) -> Attachment:
    row = session.get(Attachment, file_id)
    if row is None or row.removed_at is not None:
        raise NOT_FOUND()
    owner_of(row.object_type).rights(session, actor, row.object_id, verb)
    return row


def _path(session: Session, row: Attachment) -> Path:
    """The name on disk is the id alone: nothing that a user typed reaches the file system."""
    return runtime_of(session).home.files_dir / row.id.hex[-2:] / row.id.hex


def _note(
    session: Session, actor: Actor, verb: str, file_id: uuid.UUID, object_type: str, object_id: str,
    department_id: uuid.UUID | None,
) -> uuid.UUID:
    return record(
        session, actor, action=f"kernel.file.{verb}", object_type="attachment", object_id=str(file_id),
        detail={"of": f"{object_type}/{object_id}"}, department_id=department_id,
    )
