"""Quota that was debited, and which broker answers for which application."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class QuotaUse(Base):
    """Units of a grant that left the database in one Beijing day or month.

    ``measure``: calls or bytes; ``span``: day or month; ``start``: its first day.
    """

    __tablename__ = "gateway_quota_use"
    __table_args__ = (CheckConstraint("debited >= 0", name="not_negative"),)

    grant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(5), primary_key=True)
    span: Mapped[str] = mapped_column(String(5), primary_key=True)
    start: Mapped[date] = mapped_column(Date, primary_key=True)
    debited: Mapped[int] = mapped_column(BigInteger)


class Broker(Base):
    """A broker that has served. Its lease (``gateway.broker.ID``) says whether it lives.

    ``address``: where other brokers reach it; ``deposed_at``: when another one took its lease away, until it is back.
    """

    __tablename__ = "gateway_broker"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(200))
    deposed_at: Mapped[datetime | None] = mapped_column(Instant())


class AppOwner(Base):
    """The broker that remembers an application's nonces. ``app``: hex digest of the AppKey.

    ``floor``: timestamps (Unix seconds) up to it are refused, because the broker before may have accepted them.
    """

    __tablename__ = "gateway_app_owner"
    __table_args__ = (Index("ix_gateway_app_owner_broker_id", "broker_id"),)

    app: Mapped[str] = mapped_column(String(32), primary_key=True)
    broker_id: Mapped[str] = mapped_column(String(32))
    floor: Mapped[int] = mapped_column(BigInteger)
