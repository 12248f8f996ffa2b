"""Tables of file resources: the file, who asked for it, who downloaded it."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class FileResource(Base):
    """A file that others may ask for; its bytes are a sealed attachment. ``state``: active or withdrawn."""

    __tablename__ = "gateway_file"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_entry.id"), index=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attachment.id"))
    file_name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class FileRequest(Base):
    """A person's application for one file as it was then; approved by a second person of the file's department."""

    __tablename__ = "gateway_file_request"
    __table_args__ = (Index("ix_gateway_file_request_user_id", "user_id", "created_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_file.id"), index=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attachment.id"))
    purpose: Mapped[str] = mapped_column(Text)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    approval_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("approval.id"))
    state: Mapped[str] = mapped_column(String(12))
    valid_until: Mapped[datetime | None] = mapped_column(Instant())
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class FileDownload(Base):
    """One download: who, when, what was handed out (SM3) and whether it bears the mark."""

    __tablename__ = "gateway_file_download"
    __table_args__ = (Index("ix_gateway_file_download_resource_id", "resource_id", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_file.id"))
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_file_request.id"))
    at: Mapped[datetime] = mapped_column(Instant())
    user_name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(80))
    marked: Mapped[bool] = mapped_column(Boolean)
    audit_id: Mapped[uuid.UUID]
