"""Counters behind codes, the profiles that a district loads as data, past codes of nodes, and regions."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class CodeCounter(Base):
    """The last number given out in a scope; it only grows, so a code is never reused."""

    __tablename__ = "code_counter"
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class CodeProfile(Base):
    """A table that the district loads: how a system numbers code lists, or the patterns of codes.

    ``kind`` is numbers or patterns; ``active`` matters for patterns, of which at most one set is in force.
    """

    __tablename__ = "code_profile"
    __table_args__ = (UniqueConstraint("kind", "key"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(60))
    zh: Mapped[str] = mapped_column(String(200))
    en: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(400))
    body: Mapped[dict[str, Any]] = mapped_column(JSONText())
    active: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ClassCode(Base):
    """A row of the 类-项-目-细目 table, as a district loaded it; ``source`` names the document it came from."""

    __tablename__ = "class_code"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(400))
    valid_to: Mapped[datetime | None] = mapped_column(Instant())


class NodeCode(Base):
    """A code that a node or one of its children bore until ``valid_to``; the present code is the node's own."""

    __tablename__ = "node_code"
    __table_args__ = (Index("ix_node_code_node_id", "node_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID]
    code: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(200), unique=True)
    valid_from: Mapped[datetime] = mapped_column(Instant())
    valid_to: Mapped[datetime] = mapped_column(Instant())
    successor: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(20))


class Region(Base):
    """A GB/T 2260 code of an imported table; the bundled table is a file beside ``regions.py``.

    ``first`` and ``last`` are revisions (YYYYMM): the table that first and last held the code.
    """

    __tablename__ = "region_code"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    first: Mapped[str] = mapped_column(String(6))
    last: Mapped[str] = mapped_column(String(6))


class RegionChange(Base):
    """A code that ended and the code that continues it."""

    __tablename__ = "region_change"
    old: Mapped[str] = mapped_column(String(6), primary_key=True)
    new: Mapped[str] = mapped_column(String(6), primary_key=True)
    effective: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(400))
