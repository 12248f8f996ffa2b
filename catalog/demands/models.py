"""A demand and its items."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Demand(Base):
    """``consumer_ref``: the application that will call, by its id on an upper floor. ``stage``: who decides next
    (``provider`` the source department, ``bureau`` the data bureau, "" nobody). Limits of 0 are not asked for."""

    __tablename__ = "demand"
    __table_args__ = (Index("ix_demand_entry_id_status", "entry_id", "status"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id"))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    consumer_ref: Mapped[uuid.UUID] = mapped_column(index=True)
    matter: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    calls_per_day: Mapped[int] = mapped_column(Integer)
    calls_per_month: Mapped[int] = mapped_column(Integer)
    calls_per_second: Mapped[int] = mapped_column(Integer)
    bytes_per_day: Mapped[int] = mapped_column(BigInteger)
    bytes_per_month: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[datetime] = mapped_column(Instant())
    status: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(10))
    opinion: Mapped[str | None] = mapped_column(Text)
    submitted_by: Mapped[uuid.UUID | None]
    submitted_name: Mapped[str] = mapped_column(String(120))
    submitted_at: Mapped[datetime] = mapped_column(Instant())
    provider_decided_by: Mapped[uuid.UUID | None]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer)
    audit_id: Mapped[uuid.UUID]


class DemandItem(Base):
    """One item of a demand; ``clear``: asked for (and, once approved, given) unmasked."""

    __tablename__ = "demand_item"
    __table_args__ = (UniqueConstraint("demand_id", "item_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    demand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("demand.id", ondelete="CASCADE"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_item.id"))
    name: Mapped[str] = mapped_column(String(200))
    share_type: Mapped[str] = mapped_column(String(20))
    clear: Mapped[bool] = mapped_column(Boolean)
    approved: Mapped[bool | None] = mapped_column(Boolean)
    clear_approved: Mapped[bool | None] = mapped_column(Boolean)
