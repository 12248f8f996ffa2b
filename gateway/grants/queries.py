"""Reads of grants."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gateway.apps.models import App
from gateway.grants.models import Grant
from gateway.interfaces.models import Interface
from kernel.identity.actor import Actor


def visible(actor: Actor, *, state: str | None = None) -> Select[Grant]:
    """Return the grants an actor sees: of own apps and of own interfaces; newest first."""
    query = select(Grant).order_by(Grant.created_at.desc(), Grant.id.desc())
    if actor.kind != "system" and actor.scope != "all":
        own_apps = select(App.id).where(App.department_id == actor.department_id)
        own_interfaces = select(Interface.id).where(Interface.department_id == actor.department_id)
        query = query.where(Grant.app_id.in_(own_apps) | Grant.interface_id.in_(own_interfaces))
    return query.where(Grant.state == state) if state else query


def active(session: Session) -> Sequence[tuple[Grant, str]]:
    """Return active grants with their interface's code; those of interfaces never published are left out."""
    rows = session.execute(
        select(Grant, Interface.code).join(Interface, Interface.id == Grant.interface_id)
        .where(Grant.state == "active", Interface.state.in_(("published", "retired")))
        .order_by(Interface.code, Grant.number)
    )
    return [(grant, code) for grant, code in rows]


def active_for(session: Session, interface_id: uuid.UUID) -> Sequence[Grant]:
    """Return the active grants of an interface."""
    return session.scalars(
        select(Grant).where(Grant.interface_id == interface_id, Grant.state == "active").order_by(Grant.number)
    ).all()


def ending_before(session: Session, instant: datetime) -> Sequence[Grant]:
    """Return active grants whose term ends before ``instant``."""
    return session.scalars(
        select(Grant).where(Grant.state == "active", Grant.expires_at < instant).order_by(Grant.number)
    ).all()


def has_active(session: Session, demand_id: uuid.UUID) -> bool:
    """Tell whether a demand still has an active grant."""
    active = select(Grant.id).where(Grant.demand_id == demand_id, Grant.state == "active")
    return session.scalar(active.limit(1)) is not None


def active_of(session: Session, app_id: uuid.UUID, interface_id: uuid.UUID) -> Grant | None:
    """Return the active grant of an app for an interface."""
    return session.scalar(
        select(Grant).where(Grant.app_id == app_id, Grant.interface_id == interface_id, Grant.state == "active")
    )


def names(session: Session, grants: Sequence[Grant]) -> dict[uuid.UUID, tuple[str, str, str]]:
    """Return grant id → (app name, interface code, interface name)."""
    rows = session.execute(
        select(Grant.id, App.name, Interface.code, Interface.name)
        .join(App, App.id == Grant.app_id).join(Interface, Interface.id == Grant.interface_id)
        .where(Grant.id.in_([grant.id for grant in grants]))
    )
    return {id_: (app, code, name) for id_, app, code, name in rows}
