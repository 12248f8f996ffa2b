"""/gateway/files: file resources."""

import uuid
from typing import Annotated

from fastapi import Body, Query, Request, Response

from gateway.files import queries, service
from gateway.files.schemas import (
    FileDownloadOut,
    FileDownloadPage,
    FileOut,
    FilePage,
    FilePurposeIn,
    FileRequestOut,
    FileRequestPage,
)
from gateway.permissions import FILE_APPLY, FILE_MANAGE, FILE_READ
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router
from kernel.identity.actor import require
from kernel.text import Plain

api = router(prefix="/gateway/files", tags=["gateway"])
Bytes_ = Annotated[bytes, Body(media_type="application/octet-stream", description="文件的原始字节，至多 50 MB")]


@api.get("", **needs(FILE_READ))
def list_file_resources(
    session: Session_, page: Page_, q: Annotated[Plain | None, Query(max_length=100, description="代码或名称")] = None,
) -> FilePage:
    """List the files that may be asked for; what is offered is no secret inside the district."""
    rows, total = paginate(session, queries.listing(q), page)
    return FilePage(items=[FileOut.model_validate(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(FILE_MANAGE))
def publish_file_resource(
    request: Request, session: Session_, actor: Actor_, data: Bytes_,
    code: Annotated[str, Query(pattern=r"^[a-z][a-z0-9_-]{1,38}$")], name: Annotated[Plain, Query(max_length=200)],
    department_id: uuid.UUID, file_name: Annotated[Plain, Query(max_length=120)], entry_id: uuid.UUID | None = None,
) -> FileOut:
    """List a file; it is kept sealed."""
    request.state.takes_secret = True
    return FileOut.model_validate(service.publish(
        session, actor, code=code, name=name, department_id=department_id, file_name=file_name, data=data,
        entry_id=entry_id))


@api.post("/{resource_id}/withdrawal", **needs(FILE_MANAGE))
def withdraw_file_resource(session: Session_, actor: Actor_, resource_id: uuid.UUID, body: FilePurposeIn) -> FileOut:
    """Take a file off the list."""
    return FileOut.model_validate(service.withdraw(session, actor, resource_id=resource_id, reason=body.reason))


@api.get("/{resource_id}/downloads", **needs(FILE_MANAGE))
def list_file_downloads(session: Session_, actor: Actor_, page: Page_, resource_id: uuid.UUID) -> FileDownloadPage:
    """List who downloaded a file."""
    require(actor, FILE_MANAGE, department_id=queries.resource(session, resource_id).department_id)
    rows, total = paginate(session, queries.downloads(resource_id), page)
    items = [FileDownloadOut.model_validate(row) for row in rows]
    return FileDownloadPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/{resource_id}/requests", status_code=201, **needs(FILE_APPLY))
def request_file(session: Session_, actor: Actor_, resource_id: uuid.UUID, body: FilePurposeIn) -> FileRequestOut:
    """Ask for a file; the file's department decides."""
    return FileRequestOut.model_validate(service.apply(
        session, actor, resource_id=resource_id, purpose=body.reason))


@api.get("/requests/mine", **needs(FILE_APPLY))
def list_file_requests(session: Session_, actor: Actor_, page: Page_) -> FileRequestPage:
    """List one's own requests."""
    rows, total = paginate(session, queries.requests(actor), page)
    items = [FileRequestOut.model_validate(row) for row in rows]
    return FileRequestPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/requests/{request_id}/download", response_class=Response, **needs(FILE_APPLY))
def download_file_resource(session: Session_, actor: Actor_, request_id: uuid.UUID) -> Response:
    """Download an approved file, marked where its kind allows; each download is on record."""
    name, data = service.download(session, actor, request_id=request_id)
    return download(data, name)
