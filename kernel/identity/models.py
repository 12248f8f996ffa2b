"""Tables of identity."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class Department(Base):
    """A unit of the district: 委办局, 街道 or other, valid for a time, with aliases."""

    __tablename__ = "department"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    short_name: Mapped[str | None] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    region: Mapped[str | None] = mapped_column(String(12))
    aliases: Mapped[list[str]] = mapped_column(JSONText())
    sort: Mapped[int] = mapped_column(Integer, default=0)
    valid_from: Mapped[datetime] = mapped_column(Instant())
    valid_to: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer, default=1)


class Role(Base):
    """A named permission set; ``mac`` authenticates it so that a direct edit is noticed."""

    __tablename__ = "role"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(10))
    permissions: Mapped[list[str]] = mapped_column(JSONText())
    standard: Mapped[bool] = mapped_column(Boolean, default=False)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer, default=1)


class RoleOffer(Base):
    """A permission that was offered to a standard role, once; ``outcome``: known, granted, held or withheld."""

    __tablename__ = "role_offer"
    role_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    permission: Mapped[str] = mapped_column(String(120), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))
    offered_at: Mapped[datetime] = mapped_column(Instant())


class User(Base):
    """A person's account."""

    __tablename__ = "app_user"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    password_hash: Mapped[str] = mapped_column(Text)
    password_history: Mapped[list[str]] = mapped_column(JSONText())
    password_changed_at: Mapped[datetime] = mapped_column(Instant())
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant())
    last_seen_at: Mapped[datetime | None] = mapped_column(Instant())
    created_at: Mapped[datetime] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer, default=1)


class UserRole(Base):
    """Which roles a user holds."""

    __tablename__ = "user_role"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    role_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("role.id"), primary_key=True)


class LoginSession(Base):
    """A browser session: an opaque cookie of which only the digest is kept."""

    __tablename__ = "login_session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant())
    seen_at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())


class ApiToken(Base):
    """A machine client's bearer token (digest only), with its own permission subset."""

    __tablename__ = "api_token"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    permissions: Mapped[list[str]] = mapped_column(JSONText())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())
    created_at: Mapped[datetime] = mapped_column(Instant())


class SignInFailure(Base):
    """Failed sign-ins per address, kept for the delay and the block."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_address_at", "address", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant())


class IdempotencyKey(Base):
    """A write that was answered: actor, route and key, digest of the body, sealed response."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("actor", "route", "key"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(80))
    route: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(Integer)
    response: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())
