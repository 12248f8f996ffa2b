"""Reads of applications."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gateway.apps.models import App, Credential
from kernel.identity.actor import Actor


def visible(actor: Actor) -> Select[App]:
    """Return the applications an actor sees, by name."""
    query = select(App).order_by(App.name, App.id)
    if actor.kind != "system" and actor.scope != "all":
        query = query.where(App.department_id == actor.department_id)
    return query


def credentials(session: Session, app_id: uuid.UUID) -> Sequence[Credential]:
    """Return all versions of an application's secret."""
    return session.scalars(
        select(Credential).where(Credential.app_id == app_id).order_by(Credential.key_version)
    ).all()


def live(session: Session) -> list[tuple[App, list[Credential]]]:
    """Return active applications with their active credentials, by AppKey."""
    found: dict[uuid.UUID, list[Credential]] = {}
    for credential in session.scalars(
        select(Credential).where(Credential.state == "active").order_by(Credential.key_version)
    ):
        found.setdefault(credential.app_id, []).append(credential)
    rows = session.scalars(select(App).where(App.state == "active").order_by(App.app_key))
    return [(app, found.get(app.id, [])) for app in rows]
