"""Reads of maintenance windows."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.interfaces.models import Interface
from gateway.maintenance.models import Maintenance
from kernel import clock


def of_interface(session: Session, interface_id: uuid.UUID, since: datetime) -> Sequence[Maintenance]:
    """Return the windows of an interface that end after ``since``, by their start."""
    return session.scalars(
        select(Maintenance).where(Maintenance.interface_id == interface_id, Maintenance.ends_at > since)
        .order_by(Maintenance.starts_at)
    ).all()


def coming(session: Session, now: datetime) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Return interface id → windows that are open or to come, as the snapshot holds them (Unix seconds)."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    rows = session.scalars(
        select(Maintenance).where(Maintenance.ends_at > now, Maintenance.cancelled_at.is_(None))
        .order_by(Maintenance.starts_at, Maintenance.id)
    )
    for row in rows:
        found.setdefault(row.interface_id, []).append({
            "from": clock.to_micros(row.starts_at) // 1_000_000, "to": clock.to_micros(row.ends_at) // 1_000_000,
            "text": row.text,
        })
    return found


def between(session: Session, code: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the windows of an interface that touch [start, end), as far as they lie in it."""
    rows = session.scalars(
        select(Maintenance).join(Interface, Interface.id == Maintenance.interface_id).where(
            Interface.code == code, Maintenance.starts_at < end, Maintenance.ends_at > start,
            Maintenance.cancelled_at.is_(None),
        ).order_by(Maintenance.starts_at)
    )
    return [(max(row.starts_at, start), min(row.ends_at, end)) for row in rows]


def under_maintenance(session: Session, now: datetime) -> set[uuid.UUID]:
    """Return the interfaces whose window is open now: they are not down."""
    return set(session.scalars(
        select(Maintenance.interface_id).where(
            Maintenance.starts_at <= now, Maintenance.ends_at > now, Maintenance.cancelled_at.is_(None),
        )
    ))
