"""Tables of look-ups: grants, the log, and the persons of each look-up as blind indexes."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class LookupGrant(Base):
    """What an application (or the officers of another department, such as a successor) may look up, and how much.

    ``fields``: field name → in clear (else masked). ``directions``: "value", "identifier". ``state``: active, revoked.
    """

    __tablename__ = "lookup_grant"
    __table_args__ = (Index("ix_lookup_grant_app_id", "app_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    app_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("gateway_app.id"))
    grantee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    business: Mapped[str] = mapped_column(String(200))
    purpose_code: Mapped[str] = mapped_column(String(40))
    fields: Mapped[dict[str, bool]] = mapped_column(JSONText())
    directions: Mapped[list[str]] = mapped_column(JSONText())
    persons_day: Mapped[int] = mapped_column(Integer)
    per_minute: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    expires_at: Mapped[datetime] = mapped_column(Instant())
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class LookupLog(Base):
    """One look-up, answered or refused. ``holder`` is who the quota belongs to: a user or an application.

    ``purpose`` is the purpose code of a system or the reason of a person, ``reference`` the 办件编号 or 工单号,
    ``digest`` the HMAC of what was asked: it tells two look-ups apart and nothing more.
    """

    __tablename__ = "lookup_log"
    __table_args__ = (
        UniqueConstraint("holder", "nonce"),
        Index("ix_lookup_log_at", "at"),
        Index("ix_lookup_log_holder_at", "holder", "at"),
        Index("ix_lookup_log_department_id_at", "department_id", "at"),
        Index("ix_lookup_log_grant_id_at", "grant_id", "at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant())
    door: Mapped[str] = mapped_column(String(8))
    direction: Mapped[str] = mapped_column(String(12))
    holder: Mapped[str] = mapped_column(String(40))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    field_number: Mapped[int] = mapped_column(Integer, ForeignKey("identifier_field.number"))
    actor_name: Mapped[str] = mapped_column(String(120))
    operator: Mapped[str] = mapped_column(String(80))
    business: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(500))
    reference: Mapped[str] = mapped_column(String(80))
    grant_id: Mapped[uuid.UUID | None]
    approval_id: Mapped[uuid.UUID | None]
    clear: Mapped[bool] = mapped_column(Boolean)
    asked: Mapped[int] = mapped_column(Integer)
    found: Mapped[int] = mapped_column(Integer)
    unknown: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(80))
    refused: Mapped[str | None] = mapped_column(String(80))
    alarm: Mapped[str | None] = mapped_column(String(12))
    nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    audit_id: Mapped[uuid.UUID]


class LookupPerson(Base):
    """One person of an answered look-up: the blind index, and the id behind the identifier where there is one."""

    __tablename__ = "lookup_person"
    __table_args__ = (
        Index("ix_lookup_person_holder_day_identifier_id", "holder", "day", "identifier_id"),
        Index("ix_lookup_person_value_bi", "value_bi"),
        Index("ix_lookup_person_identifier_id", "identifier_id"),
    )
    log_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lookup_log.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(40))
    day: Mapped[int] = mapped_column(Integer)
    field_number: Mapped[int] = mapped_column(Integer)
    value_bi: Mapped[bytes] = mapped_column(LargeBinary)
    identifier_id: Mapped[int | None] = mapped_column(BigInteger)
