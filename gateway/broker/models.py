"""Quota that was debited, and whether a broker has ever served this installation."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Integer
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class QuotaDay(Base):
    """Units of a grant that left the database on one business day (Beijing)."""

    __tablename__ = "gateway_quota_day"
    __table_args__ = (CheckConstraint("debited >= 0", name="not_negative"),)

    grant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    debited: Mapped[int] = mapped_column(Integer)


class BrokerStart(Base):
    """One row an environment once its broker has served: without its nonce journal the next start uses the floor."""

    __tablename__ = "gateway_broker_start"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_at: Mapped[datetime] = mapped_column(Instant())
    starts: Mapped[int] = mapped_column(Integer)
