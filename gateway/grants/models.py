"""A grant."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.broker.limits import Limits
from kernel.db import Base, Instant, JSONText


class Grant(Base):
    """``fields``: field name → in clear. ``quota_*`` calls and ``bytes_*`` of answers a Beijing day or month;
    ``rate`` per 1,000 s with
    ``burst``; 0 means no limit of that kind.

    ``state``: active, revoked, expired or replaced (a later demand of the same app for the same interface).
    """

    __tablename__ = "gateway_grant"
    __table_args__ = (
        Index(
            "uq_gateway_grant_active", "app_id", "interface_id", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_app.id"))
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"), index=True)
    demand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("demand.id"), index=True)
    fields: Mapped[dict[str, bool]] = mapped_column(JSONText())
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant())
    quota_day: Mapped[int] = mapped_column(Integer)
    quota_month: Mapped[int] = mapped_column(Integer)
    bytes_day: Mapped[int] = mapped_column(BigInteger)
    bytes_month: Mapped[int] = mapped_column(BigInteger)
    rate: Mapped[int] = mapped_column(Integer)
    burst: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    ended_reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]

    @property
    def limits(self) -> Limits:
        """How much may be called, as the data plane reads it."""
        return Limits(self.quota_day, self.quota_month, self.bytes_day, self.bytes_month, self.rate, self.burst)
