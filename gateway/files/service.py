"""Use cases of file resources: publish, withdraw, apply, download."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry
from catalog.public.release import require_released
from gateway.files import queries
from gateway.files.errors import CODE_TAKEN, NOT_APPROVED, STATE
from gateway.files.models import FileDownload, FileRequest, FileResource
from gateway.permissions import FILE_APPLY, FILE_MANAGE
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.documents.marks import mark
from kernel.errors import NOT_FOUND
from kernel.files import service as files
from kernel.identity.actor import Actor, require, system_actor
from kernel.identity.names import names_of

KIND = "gateway.file.download"
OBJECT = "gateway_file"
VALID = timedelta(days=7)


def publish(
    session: Session, actor: Actor, *, code: str, name: str, department_id: uuid.UUID, file_name: str, data: bytes,
    entry_id: uuid.UUID | None = None,
) -> FileResource:
    """List a file; its bytes are kept sealed.

    Raises 403, 404, ``gateway.file.code_taken``, ``kernel.file.*``; of an important or core entry
    ``catalog.release.missing``.
    """
    require(actor, FILE_MANAGE, department_id=department_id)
    if queries.by_code(session, code) is not None:
        raise CODE_TAKEN(code=code)
    if entry_id is not None:
        entry = session.get(DataEntry, entry_id)
        if entry is None or entry.department_id != department_id:
            raise NOT_FOUND()
        require_released(session, [entry_id], "export")
    resource_id = ids.new()
    kept = files.attach(
        session, system_actor("gateway.file"), object_type=OBJECT, object_id=str(department_id), name=file_name,
        data=data, sensitive=True)
    row = FileResource(
        id=resource_id, code=code, name=name, department_id=department_id, entry_id=entry_id, file_id=kept.id,
        file_name=kept.name, size=kept.size, state="active", version=1, created_by=actor.name, created_at=clock.now(),
    )
    row.audit_id = _note(session, actor, row, "publish", digest=kept.digest)
    session.add(row)
    session.flush([row])
    return row


def withdraw(session: Session, actor: Actor, *, resource_id: uuid.UUID, reason: str) -> FileResource:
    """Take a file off the list; approved requests for it end."""
    row = queries.resource(session, resource_id)
    require(actor, FILE_MANAGE, department_id=row.department_id)
    if row.state != "active":
        raise STATE(code=row.code, state=row.state)
    row.state, row.version = "withdrawn", row.version + 1
    row.audit_id = _note(session, actor, row, "withdraw", reason=reason)
    return row


def apply(session: Session, actor: Actor, *, resource_id: uuid.UUID, purpose: str) -> FileRequest:
    """Ask for a file as it is now; somebody else with the right to approve in its department decides."""
    require(actor, FILE_APPLY)
    row = queries.resource(session, resource_id)
    if row.state != "active" or actor.user_id is None:
        raise STATE(code=row.code, state=row.state)
    request_id = ids.new()
    request = FileRequest(
        id=request_id, resource_id=row.id, file_id=row.file_id, purpose=purpose, user_id=actor.user_id,
        user_name=actor.name, department_id=actor.department_id, approval_id=None, state="pending", valid_until=None,
        created_at=clock.now(), audit_id=_note(session, actor, row, "apply", request=str(request_id), purpose=purpose),
    )
    session.add(request)
    session.flush([request])
    request.approval_id = approvals.propose(
        session, actor, kind=KIND, params={"request_id": str(request.id), "file_id": str(row.file_id)},
        title_zh=f"下载文件「{row.name}」：{purpose[:100]}", title_en=f"Download {row.code}", object_type=OBJECT,
        object_id=str(row.id), department_id=row.department_id).id
    session.flush([request])
    return request


def decided(session: Session, approval: Approval, state: str) -> None:
    """Write an approval's decision on its request."""
    request = queries.request(session, uuid.UUID(approval.params["request_id"]))
    request.state = state
    if state == "approved":
        request.valid_until = clock.now() + VALID


def download(session: Session, actor: Actor, *, request_id: uuid.UUID) -> tuple[str, bytes]:
    """Return the file's name and bytes, marked with who and when where its kind allows, and write it down.

    Raises 403, 404 for another person's request, ``gateway.file.not_approved``, ``gateway.file.state``.
    """
    require(actor, FILE_APPLY)
    request = queries.request(session, request_id)
    if request.user_id != actor.user_id:
        raise NOT_FOUND()
    row = queries.resource(session, request.resource_id)
    now = clock.now()
    if request.state != "approved" or request.valid_until is None or request.valid_until <= now:
        raise NOT_APPROVED()
    if row.state != "active":
        raise STATE(code=row.code, state=row.state)
    kept, data = files.open_file(session, system_actor("gateway.file"), file_id=request.file_id)
    name = names_of(session, [actor.user_id]).of(actor.user_id, actor.name)
    words = f"{name} {clock.business_day(now).isoformat()} 申请 {str(request.id)[-12:]} 仅限申请用途，不得外传"
    given, marked = mark(data, kept.media_type, words)
    digest = f"sm3:1:{sm3_hex(given)}"
    session.add(FileDownload(
        id=ids.new(), resource_id=row.id, request_id=request.id, at=now, user_name=actor.name, digest=digest,
        marked=marked, audit_id=_note(session, actor, row, "download", request=str(request.id), digest=digest,
                                      marked=marked),
    ))
    return kept.name, given


def _note(session: Session, actor: Actor, row: FileResource, verb: str, **detail: Any) -> uuid.UUID:
    return record(
        session, actor, action=f"gateway.file.{verb}", object_type=OBJECT, object_id=str(row.id),
        detail={"code": row.code, **detail}, department_id=row.department_id,
    )
