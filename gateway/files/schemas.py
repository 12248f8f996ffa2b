"""File resources on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import Wire
from kernel.text import Plain


class FileOut(Wire):
    """A file that may be asked for; ``size`` in bytes."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    entry_id: uuid.UUID | None
    file_name: str
    size: int
    state: str
    created_by: str
    created_at: datetime


class FilePage(Wire):
    """A page of files."""

    items: list[FileOut]
    total: int
    page: int
    size: int


class FilePurposeIn(Wire):
    """What the file is needed for, or why it is withdrawn."""

    reason: Annotated[Plain, Field(min_length=2, max_length=1000, examples=["低保复核：核对婚姻登记情况"])]


class FileRequestOut(Wire):
    """A request. ``state``: pending, approved, rejected or withdrawn."""

    id: uuid.UUID
    resource_id: uuid.UUID
    purpose: str
    state: str
    approval_id: uuid.UUID | None
    valid_until: datetime | None
    created_at: datetime


class FileRequestPage(Wire):
    """A page of requests."""

    items: list[FileRequestOut]
    total: int
    page: int
    size: int


class FileDownloadOut(Wire):
    """A download; ``digest`` of what was handed out, ``marked`` whether it bears the person's name."""

    request_id: uuid.UUID
    at: datetime
    user_name: str
    digest: str
    marked: bool


class FileDownloadPage(Wire):
    """A page of downloads."""

    items: list[FileDownloadOut]
    total: int
    page: int
    size: int
