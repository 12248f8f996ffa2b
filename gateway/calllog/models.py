"""The register of shipped segments."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class ShippedSegment(Base):
    """One segment that is a Parquet file now. ``aborted``: calls without a line; ``lost``: lines without room;
    ``usage_period``: the hour under which it was written to the chain's log of use, if it was."""

    __tablename__ = "gateway_calllog_segment"
    __table_args__ = (Index("ix_gateway_calllog_segment_first_at", "first_at"),)

    gateway: Mapped[str] = mapped_column(String(32), primary_key=True)
    worker: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    file: Mapped[str] = mapped_column(String(200))
    sm3: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(Integer)
    aborted: Mapped[int] = mapped_column(Integer)
    lost: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Instant())
    last_at: Mapped[datetime] = mapped_column(Instant())
    shipped_at: Mapped[datetime] = mapped_column(Instant())
    usage_period: Mapped[int | None] = mapped_column(BigInteger)
