"""Reads of applications."""

import contextlib
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from gateway.apps.models import App, Credential, Requester
from gateway.signing.rules import PROFILE
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def visible(actor: Actor) -> Select[App]:
    """Return the applications an actor sees, by name."""
    query = select(App).order_by(App.name, App.id)
    if actor.kind != "system" and actor.scope != "all":
        query = query.where(App.department_id == actor.department_id)
    return query


def in_use(words: str) -> Select[App]:
    """Return active applications of every department with the words in name, system, department, AppKey or as id."""
    query = select(App).join(Department, Department.id == App.department_id).where(App.state == "active")
    text = words.strip().lower()
    if text:
        columns = (App.name, App.system_name, App.app_key, Department.name)
        matches = [func.lower(one).contains(text, autoescape=True) for one in columns]
        with contextlib.suppress(ValueError):
            matches.append(App.id == uuid.UUID(text))
        query = query.where(or_(*matches))
    return query.order_by(App.name, App.id)


def credentials(session: Session, app_id: uuid.UUID) -> Sequence[Credential]:
    """Return all versions of an application's keys, of every signature profile."""
    return session.scalars(
        select(Credential).where(Credential.app_id == app_id).order_by(Credential.key_version)
    ).all()


def secrets_of(session: Session, app_id: uuid.UUID) -> Sequence[Credential]:
    """Return the versions of the secret that the platform itself has issued."""
    return [one for one in credentials(session, app_id) if one.profile == PROFILE]


def requester(session: Session, app_id: uuid.UUID, profile: str) -> Requester | None:
    """Return the name by which an older platform knows the application."""
    return session.scalars(select(Requester).where(Requester.app_id == app_id, Requester.profile == profile)).first()


def requesters_of(session: Session, app_id: uuid.UUID) -> Sequence[Requester]:
    """Return the names by which older platforms know an application."""
    return session.scalars(select(Requester).where(Requester.app_id == app_id).order_by(Requester.profile)).all()


def requesters(session: Session, environment: str) -> dict[tuple[uuid.UUID, str], str]:
    """Return (application, profile) → name of an environment."""
    rows = session.scalars(select(Requester).where(Requester.environment == environment))
    return {(row.app_id, row.profile): row.name for row in rows}


def by_keys(session: Session, app_keys: Collection[str]) -> Sequence[App]:
    """Return the applications of these AppKeys."""
    return session.scalars(select(App).where(App.app_key.in_(app_keys))).all()


def keys(session: Session) -> Sequence[tuple[uuid.UUID, str]]:
    """Return (id, AppKey) of every application."""
    return session.execute(select(App.id, App.app_key)).tuples().all()


def live(session: Session, environment: str) -> list[tuple[App, list[Credential]]]:
    """Return the environment's active applications with their active credentials, by AppKey."""
    found: dict[uuid.UUID, list[Credential]] = {}
    for credential in session.scalars(
        select(Credential).where(Credential.state == "active").order_by(Credential.key_version)
    ):
        found.setdefault(credential.app_id, []).append(credential)
    wanted = select(App).where(App.state == "active", App.environment == environment)
    rows = session.scalars(wanted.order_by(App.app_key))
    return [(app, found.get(app.id, [])) for app in rows]
