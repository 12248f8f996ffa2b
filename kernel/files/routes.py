"""Attachments over HTTP. The rights are those of the object that owns them."""

import uuid
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query, UploadFile
from starlette.responses import Response

from kernel.files import rules, service
from kernel.files.errors import TOO_LARGE
from kernel.files.schemas import AttachmentList, AttachmentOut
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/files", tags=["files"])
ObjectType = Annotated[str, Query(max_length=60)]
ObjectId = Annotated[str, Query(max_length=80)]


@api.get("", **needs(None))
def list_files(session: Session_, actor: Actor_, object_type: ObjectType, object_id: ObjectId) -> AttachmentList:
    """List the attachments of an object."""
    rows = service.attachments_of(session, actor, object_type=object_type, object_id=object_id)
    return AttachmentList(items=[AttachmentOut.model_validate(row) for row in rows])


@api.post("", status_code=201, **needs(None))
def upload(
    session: Session_, actor: Actor_, file: UploadFile, object_type: Annotated[str, Form(max_length=60)],
    object_id: Annotated[str, Form(max_length=80)], sensitive: Annotated[bool, Form()] = False,
) -> AttachmentOut:
    """Attach a file; its type is decided by its content."""
    name = file.filename or ""
    data = file.file.read(rules.MAX_BYTES + 1)
    if len(data) > rules.MAX_BYTES:
        raise TOO_LARGE(name=name, limit=rules.MAX_BYTES)
    row = service.attach(
        session, actor, object_type=object_type, object_id=object_id, name=name, data=data, sensitive=sensitive
    )
    return AttachmentOut.model_validate(row)


@api.get("/{file_id}", response_class=Response, **needs(None))
def download(session: Session_, actor: Actor_, file_id: uuid.UUID) -> Response:
    """Download an attachment, verified against its digest; a browser saves it and never shows it."""
    row, data = service.open_file(session, actor, file_id=file_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(data, media_type=row.media_type, headers=headers)


@api.delete("/{file_id}", status_code=204, **needs(None))
def remove(session: Session_, actor: Actor_, file_id: uuid.UUID) -> None:
    """Remove an attachment."""
    service.remove(session, actor, file_id=file_id)
