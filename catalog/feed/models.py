"""Tables of the change feed."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class FeedChange(Base):
    """One change of the public part: ``op`` upsert or withdraw. Insert only; ``seq`` has no gaps.

    ``at`` grows with ``seq`` and is later than the commit that made the row visible (``service.MARGIN``), so a
    reader that asks again from the time of its last answer misses nothing.
    """

    __tablename__ = "feed_change"
    __table_args__ = (Index("ix_feed_change_entry_id_version", "entry_id", "version"),)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    op: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(160))
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant(), index=True)


class FeedRecord(Base):
    """The last change of an entry that ever was public. It outlives the entry: it is its tombstone too."""

    __tablename__ = "feed_record"
    __table_args__ = (Index("ix_feed_record_public_entry_id", "public", "entry_id"),)
    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    public: Mapped[bool] = mapped_column(Boolean)
    code: Mapped[str] = mapped_column(String(160))
    department_id: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str | None] = mapped_column(String(64))
    first_at: Mapped[datetime] = mapped_column(Instant())
    at: Mapped[datetime] = mapped_column(Instant(), index=True)


class FeedEpoch(Base):
    """A history of the feed. A new one begins when the database was restored to an earlier state: what readers took
    after that state may differ, so everything is told again after ``after_seq``. Insert only; the last is current.
    """

    __tablename__ = "feed_epoch"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32), unique=True)
    after_seq: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(Instant())


class FeedDirty(Base):
    """Entries whose public state must be looked at again; filled by triggers, emptied by the sealer."""

    __tablename__ = "feed_dirty"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    entry_id: Mapped[uuid.UUID]
