"""What was withdrawn stays known: its code, when and why. Readers get 410, public feeds show it as deleted."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from catalog.public.errors import GONE
from catalog.public.models import Tombstone
from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import Actor


def write(
    session: Session, actor: Actor, kind_key: str, reasons: Mapping[uuid.UUID, str],
    rows: Mapping[uuid.UUID, Mapping[str, Any]], audit_id: uuid.UUID,
) -> None:
    """Set the stone of each node that was just withdrawn (``reasons`` by node)."""
    if not reasons:
        return
    now = clock.now()
    session.execute(insert(Tombstone), [
        {
            "node_id": node_id, "node_kind": kind_key, "code": rows[node_id]["code"], "name": rows[node_id]["name"],
            "department_id": rows[node_id]["department_id"], "version": rows[node_id]["version"] + 1,
            "reason": reason, "withdrawn_at": now, "withdrawn_by": actor.name, "audit_id": audit_id,
        }
        for node_id, reason in reasons.items()
    ])


def of_node(session: Session, node_id: uuid.UUID) -> Tombstone | None:
    """The stone of a node by its id."""
    return session.get(Tombstone, node_id)


def of_code(session: Session, code: str) -> Tombstone | None:
    """The stone of a node by its code."""
    return session.scalar(select(Tombstone).where(Tombstone.code == code))


def gone(stone: Tombstone) -> MulianError:
    """The 410 that names when and why."""
    day = clock.business_day(stone.withdrawn_at).isoformat()
    return GONE(
        code=stone.code, name=stone.name, day=day, at=clock.iso(stone.withdrawn_at), reason=stone.reason or "未登记原因",
        version=stone.version,
    )


def listing(kind_key: str, *, since: datetime | None = None, until: datetime | None = None) -> Select[Tombstone]:
    """Stones of a kind in the order of withdrawal: what a feed with memory of the deleted shows."""
    query = select(Tombstone).where(Tombstone.node_kind == kind_key)
    if since is not None:
        query = query.where(Tombstone.withdrawn_at >= since)
    if until is not None:
        query = query.where(Tombstone.withdrawn_at < until)
    return query.order_by(Tombstone.withdrawn_at, Tombstone.node_id)


def known(session: Session, node_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these nodes were withdrawn."""
    return set(session.scalars(select(Tombstone.node_id).where(Tombstone.node_id.in_(node_ids))))
