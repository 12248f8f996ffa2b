"""Every SELECT of file resources."""

import uuid

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from gateway.files.models import FileDownload, FileRequest, FileResource
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor


def resource(session: Session, resource_id: uuid.UUID) -> FileResource:
    """Return a file resource; raise 404."""
    row = session.get(FileResource, resource_id)
    if row is None:
        raise NOT_FOUND()
    return row


def request(session: Session, request_id: uuid.UUID) -> FileRequest:
    """Return a request; raise 404."""
    row = session.get(FileRequest, request_id)
    if row is None:
        raise NOT_FOUND()
    return row


def by_code(session: Session, code: str) -> FileResource | None:
    """Return a file resource by its code."""
    return session.scalar(select(FileResource).where(FileResource.code == code))


def listing(query: str | None) -> Select[FileResource]:
    """Return the file resources that may be asked for."""
    rows = select(FileResource).where(FileResource.state == "active").order_by(FileResource.code)
    if query:
        rows = rows.where(or_(FileResource.code.contains(query, autoescape=True),
                              FileResource.name.contains(query, autoescape=True)))
    return rows


def requests(actor: Actor) -> Select[FileRequest]:
    """Return the actor's own requests, newest first."""
    return select(FileRequest).where(FileRequest.user_id == actor.user_id).order_by(
        FileRequest.created_at.desc(), FileRequest.id)


def downloads(resource_id: uuid.UUID) -> Select[FileDownload]:
    """Return a file's downloads, newest first."""
    return select(FileDownload).where(FileDownload.resource_id == resource_id).order_by(
        FileDownload.at.desc(), FileDownload.id)
