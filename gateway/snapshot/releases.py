"""Interfaces follow the level of their data entry: withheld without a listed release, served again with one."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.events import EntryPublished, ReleaseChanged
from gateway.interfaces.models import Interface
from gateway.snapshot import queries
from gateway.snapshot.service import PRODUCTION, build, document
from kernel import canonical
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.identity.actor import system_actor


def on_entry_published(session: Session, event: EntryPublished) -> None:
    """A version of an entry became valid: its level may be another one."""
    if _served(session, (one.node_id for one in event.versions if one.node_kind == "data_entry")):
        build(session, audit_id=event.audit_id)


def on_release_changed(session: Session, event: ReleaseChanged) -> None:
    """A release was listed or revoked."""
    if event.purpose == "interface" and _served(session, (event.entry_id,)):
        build(session, audit_id=event.audit_id)


def expire(session: Session) -> bool:
    """Withhold what a release that ran out had let through; whether the configuration changed."""
    number = queries.head_number(session, PRODUCTION)
    last = queries.load(session, PRODUCTION, number) if number else None
    if last is None or last.sm3 == sm3_hex(canonical.dumps(document(session, PRODUCTION))):
        return False
    audit_id = record(
        session, system_actor("gateway.release"), action="gateway.snapshot.refresh", object_type="gateway_snapshot",
        object_id=str(number + 1), detail={"after": number},
    )
    build(session, audit_id=audit_id)
    return True


def _served(session: Session, entry_ids: Iterable[uuid.UUID]) -> bool:
    """Whether a published interface rests on one of these; there are few interfaces and often thousands of entries."""
    held = set(session.scalars(select(Interface.entry_id).where(Interface.state == "published")))
    return not held.isdisjoint(entry_ids)
