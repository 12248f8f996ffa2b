"""The search document of a node. The full-text tables are made by the migration, one form a database."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class SearchDoc(Base):
    """What a search compares with: codes, title and body of a node in normal form.

    ``number`` is the order of registration, the row of the full-text index, and the order of hits within a tier.
    ``head`` is the beginning of the title, for the exact name; ``initials`` the first letters in pinyin.
    """

    __tablename__ = "search_doc"
    __table_args__ = (
        Index("ix_search_doc_department_id_number", "department_id", "number"),
        Index("ix_search_doc_initials", "initials", postgresql_ops={"initials": "varchar_pattern_ops"}),
    )
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    code: Mapped[str] = mapped_column(String(200), index=True)
    legacy: Mapped[str | None] = mapped_column(String(500), index=True)
    head: Mapped[str] = mapped_column(String(64), index=True)
    initials: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


DOC = SearchDoc.__table__
"""The table itself: a search builds several statements, and those of entities cost four times as much to build."""


class SavedSearch(Base):
    """A search that a person keeps; with ``notify`` new matches are told."""

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("user_id", "name"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[str] = mapped_column(String(100))
    q: Mapped[str] = mapped_column(String(200))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONText())
    notify: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
    checked_at: Mapped[datetime | None] = mapped_column(Instant())


class SavedSearchHit(Base):
    """A match that the person has been told of, or that was there when the notice was switched on."""

    __tablename__ = "saved_search_hit"
    saved_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("saved_search.id", ondelete="CASCADE"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
