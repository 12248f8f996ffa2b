"""Tables of comments."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class NodeComment(Base):
    """One comment. ``root_id`` is the first comment of its thread (itself for that one)."""

    __tablename__ = "node_comment"
    __table_args__ = (Index("ix_node_comment_node_id", "node_id", "root_id", "created_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID]
    root_id: Mapped[uuid.UUID]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("node_comment.id"))
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    author_name: Mapped[str] = mapped_column(String(100))
    author_department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
    edited_at: Mapped[datetime | None] = mapped_column(Instant())
    deleted_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CommentMention(Base):
    """A person named in a comment, who was told."""

    __tablename__ = "comment_mention"
    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("node_comment.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)


class CommentTrace(Base):
    """What a comment said before an edit or its deletion. Insert only."""

    __tablename__ = "comment_trace"
    __table_args__ = (UniqueConstraint("comment_id", "revision"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("node_comment.id"))
    revision: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
