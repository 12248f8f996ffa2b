"""Use cases on the catalogue of copies: record one, record that it was deleted."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from crypto.copies import queries, rules
from crypto.copies.models import CryptoCopy
from crypto.copies.rules import CopyKind
from crypto.errors import COPY_INVALID
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

MANAGE = "crypto.key.manage"


def register(
    session: Session, actor: Actor, *, kind: CopyKind, location: str, made_at: datetime,
    key_store: bool | None = None, expires_at: datetime | None = None, note: str = "",
) -> CryptoCopy:
    """Record a copy; whatever makes one (a dump, an undo file) calls this in the transaction that makes it.

    ``made_at`` is when its making began: what changes while it is made may be in it as it was before. ``key_store``
    says that a copy of another kind holds the provider's objects too. Raises 403, ``crypto.copy.invalid``.
    """
    require(actor, MANAGE)
    now = clock.now()
    rules.check(made_at, expires_at, now)
    copy_id = ids.new()
    with_keys = kind in rules.WITH_KEYS or bool(key_store)
    audit_id = record(
        session, actor, action="crypto.copy.register", object_type="crypto_copy", object_id=str(copy_id),
        detail={"kind": kind, "location": location, "made_at": made_at, "expires_at": expires_at,
                "key_store": with_keys},
    )
    row = CryptoCopy(
        id=copy_id, kind=kind, location=location, made_at=made_at, key_store=with_keys, expires_at=expires_at,
        deleted_at=None, note=note, created_by=actor.name, created_at=now, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def mark_deleted(session: Session, actor: Actor, *, copy_id: uuid.UUID, note: str) -> CryptoCopy:
    """Record that a copy was deleted, by whom and how; raise 403, ``crypto.copy.unknown``, ``crypto.copy.invalid``."""
    require(actor, MANAGE)
    row = queries.get(session, copy_id)
    if row.deleted_at is not None:
        raise COPY_INVALID(reason="已登记删除", reason_en="its deletion is recorded already")
    row.deleted_at = clock.now()
    row.note = f"{row.note}\n{note}".strip()
    row.audit_id = record(
        session, actor, action="crypto.copy.delete", object_type="crypto_copy", object_id=str(row.id),
        detail={"location": row.location, "note": note},
    )
    session.flush([row])
    return row
