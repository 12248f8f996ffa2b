"""Use cases of applications. A secret is returned once, by the call that makes it, and kept sealed."""

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from gateway import errors
from gateway.apps import queries
from gateway.apps.models import App, Credential
from gateway.permissions import APP_BLOCK, APP_MANAGE
from gateway.signing.rules import PROFILE
from gateway.snapshot import service as snapshots
from gateway.snapshot.follow import PURPOSE
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

LIVE_VERSIONS = 2


@dataclass(frozen=True)
class Issued:
    """A new secret. ``secret``: 43 characters; its ASCII bytes are the HMAC key."""

    app: App
    key_version: int
    secret: str


def create(
    session: Session, actor: Actor, *, name: str, department_id: uuid.UUID, system_name: str | None = None,
    environment: str = snapshots.PRODUCTION,
) -> Issued:
    """Register an application in one environment and issue its first secret. In the test environment it may call
    every interface at once, on synthetic data; its AppKey means nothing in the other one.
    """
    require(actor, APP_MANAGE, department_id=department_id)
    app_id, app_key = ids.new(), "ak" + secrets.token_hex(12)
    audit_id = record(
        session, actor, action="gateway.app.create", object_type="gateway_app", object_id=str(app_id),
        detail={"name": name, "app_key": app_key, "environment": environment}, department_id=department_id,
    )
    app = App(
        id=app_id, name=name, app_key=app_key, department_id=department_id, system_name=system_name,
        environment=environment, state="active", version=1, created_by=actor.user_id, created_at=clock.now(),
        audit_id=audit_id,
    )
    session.add(app)
    session.flush()
    return _issue(session, app, 1, audit_id)


def issue(session: Session, actor: Actor, *, app_id: uuid.UUID) -> Issued:
    """Issue the next version of the secret; the version before stays valid until it is revoked."""
    app = own(session, actor, app_id, APP_MANAGE)
    number = next_version(session, app, PROFILE)
    audit_id = _record(session, actor, app, "credential.issue", {"key_version": number})
    return _issue(session, app, number, audit_id)


def add(
    session: Session, actor: Actor, app: App, *, profile: str, key: bytes, detail: dict[str, Any],
) -> Credential:
    """Keep a key that the application brings along as its next version."""
    number = next_version(session, app, profile)
    audit_id = _record(session, actor, app, "credential.add", {"key_version": number, "profile": profile, **detail})
    return _keep(session, app, number, profile, key, audit_id)


def next_version(session: Session, app: App, profile: str) -> int:
    """Return the number of the next key; raise ``gateway.app.credentials`` when two of its profile are live."""
    versions = queries.credentials(session, app.id)
    if sum(one.state == "active" and one.profile == profile for one in versions) >= LIVE_VERSIONS:
        raise errors.CREDENTIALS_FULL()
    return versions[-1].key_version + 1


def revoke(session: Session, actor: Actor, *, app_id: uuid.UUID, key_version: int) -> App:
    """Revoke a version of the secret: calls signed with it are refused from the next snapshot on."""
    app = own(session, actor, app_id, APP_MANAGE)
    found = [one for one in queries.credentials(session, app.id) if one.key_version == key_version]
    if not found:
        raise NOT_FOUND()
    if found[0].state == "active":
        audit_id = _record(session, actor, app, "credential.revoke", {"key_version": key_version})
        found[0].state, found[0].revoked_at, found[0].audit_id = "revoked", clock.now(), audit_id
        app.version += 1
        snapshots.build(session, audit_id=audit_id, environment=app.environment)
    return app


def set_blocked(session: Session, actor: Actor, *, app_id: uuid.UUID, blocked: bool, reason: str) -> App:
    """Block an application at once, or let it call again."""
    app = own(session, actor, app_id, APP_BLOCK)
    wanted = "blocked" if blocked else "active"
    if app.state == wanted:
        raise errors.APP_STATE(name=app.name, state=app.state)
    audit_id = _record(session, actor, app, "block" if blocked else "unblock", {"reason": reason})
    app.state, app.audit_id = wanted, audit_id
    app.version += 1
    snapshots.build(session, audit_id=audit_id, environment=app.environment)
    return app


def _issue(session: Session, app: App, number: int, audit_id: uuid.UUID) -> Issued:
    secret = secrets.token_urlsafe(32)
    _keep(session, app, number, PROFILE, secret.encode(), audit_id)
    return Issued(app, number, secret)


def _keep(session: Session, app: App, number: int, profile: str, key: bytes, audit_id: uuid.UUID) -> Credential:
    made = Credential(
        id=ids.new(), app_id=app.id, key_version=number, profile=profile,
        sealed=runtime_of(session).box.seal(PURPOSE, key), state="active", created_at=clock.now(), audit_id=audit_id,
    )
    session.add(made)
    snapshots.build(session, audit_id=audit_id, environment=app.environment)
    return made


def own(session: Session, actor: Actor, app_id: uuid.UUID, permission: str) -> App:
    """Return an application that the actor may act for. :raises: ``kernel.not_found``, ``kernel.forbidden``."""
    app = session.get(App, app_id)
    if app is None:
        raise NOT_FOUND()
    require(actor, permission, department_id=app.department_id)
    return app


def _record(session: Session, actor: Actor, app: App, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, actor, action=f"gateway.app.{verb}", object_type="gateway_app", object_id=str(app.id),
        detail={"app_key": app.app_key, **detail}, department_id=app.department_id,
    )
