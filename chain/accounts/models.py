"""Tables of accounts: exchanges of their keys."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText

_OPEN = text("state IN ('proposed', 'granting', 'switching', 'retiring', 'undoing')")


class AccountRotation(Base):
    """One exchange of an account's key, ``purpose`` as in :mod:`chain.accounts.holders`.

    ``state``: proposed → granting → switching → retiring → done; rejected, or undoing → undone. ``new_key`` is the
    sealed key until the new account is in force, ``old_key`` the sealed old one from then until it has no right left;
    both are emptied when they are of no more use. ``waiting`` are the rights that only persons can move:
    {kind, contract, environment, address, detail, data} each. ``last_block``: where the old account's last transaction
    was sealed.
    """

    __tablename__ = "chain_account_rotation"
    __table_args__ = (
        Index("ix_chain_account_rotation_open", "purpose", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(60))
    old_address: Mapped[str] = mapped_column(String(42))
    new_address: Mapped[str] = mapped_column(String(42))
    new_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    waiting: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    problem: Mapped[str] = mapped_column(Text)
    last_block: Mapped[int | None] = mapped_column(BigInteger)
    approval_id: Mapped[uuid.UUID | None]
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    switched_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
