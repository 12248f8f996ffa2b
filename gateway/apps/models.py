"""An application and the versions of its secret."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class App(Base):
    """An application of a department in one environment (production or test). ``state``: active or blocked."""

    __tablename__ = "gateway_app"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    app_key: Mapped[str] = mapped_column(String(40), unique=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    system_name: Mapped[str | None] = mapped_column(String(200))
    environment: Mapped[str] = mapped_column(String(12), server_default="production")
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class Credential(Base):
    """One version of a key, sealed by the SecretBox: a secret, or the public key of an application that signs by SM2.

    ``profile``: the signature profile that it is for; ``state``: active or revoked. At most two of
    a profile are active.
    """

    __tablename__ = "gateway_credential"
    __table_args__ = (UniqueConstraint("app_id", "key_version"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_app.id"))
    key_version: Mapped[int] = mapped_column(Integer)
    profile: Mapped[str] = mapped_column(String(20), server_default="mulian-sm3-v1")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class Requester(Base):
    """The name by which an older platform knows an application; it belongs to one application of an environment."""

    __tablename__ = "gateway_requester"
    __table_args__ = (UniqueConstraint("app_id", "profile"),)
    environment: Mapped[str] = mapped_column(String(12), primary_key=True)
    profile: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_app.id"))
