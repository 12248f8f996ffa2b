"""What comments send and take."""

import uuid
from datetime import datetime

from pydantic import Field

from catalog.comments.rules import LIMIT
from kernel.http.wire import Wire


class CommentIn(Wire):
    """A new comment; ``parent_id`` makes it a reply. ``@姓名`` or ``@用户名`` names somebody."""

    body: str = Field(min_length=1, max_length=LIMIT, examples=["@张三 请核实更新周期"])
    parent_id: uuid.UUID | None = None


class CommentEdit(Wire):
    """The new text."""

    body: str = Field(min_length=1, max_length=LIMIT)


class Mentioned(Wire):
    """Somebody who was told."""

    user_id: uuid.UUID
    name: str


class CommentOut(Wire):
    """A comment; the text of a deleted one is empty. ``own``: the caller may change it (ETag is ``revision``)."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    body: str
    author: str
    author_department: str
    created_at: datetime
    edited_at: datetime | None
    deleted: bool
    own: bool
    revision: int
    mentions: list[Mentioned]
    replies: list["CommentOut"] = Field(default_factory=list)


class CommentPage(Wire):
    """Threads, newest first, each with its replies, oldest first; ``comments`` counts all that are not deleted."""

    items: list[CommentOut]
    total: int
    page: int
    size: int
    comments: int


class TraceOut(Wire):
    """What a comment said until ``at``."""

    revision: int
    action: str = Field(examples=["edit", "delete"])
    body: str
    at: datetime
