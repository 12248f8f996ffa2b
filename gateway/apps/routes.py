"""Applications over HTTP."""

import uuid

from fastapi import Request
from sqlalchemy.orm import Session

from gateway.apps import keys, queries, service
from gateway.apps.models import App
from gateway.apps.schemas import (
    AppDetail,
    AppIn,
    AppOut,
    AppPage,
    CredentialOut,
    ImportedKeyIn,
    IssuedOut,
    PublicKeyIn,
    Reason,
)
from gateway.apps.service import Issued
from gateway.permissions import APP_BLOCK, APP_MANAGE, APP_READ
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.actor import require

api = router(prefix="/gateway/apps", tags=["gateway"])


@api.get("", **needs(APP_READ))
def list_apps(session: Session_, actor: Actor_, page: Page_) -> AppPage:
    """List the applications of the caller's scope."""
    rows, total = paginate(session, queries.visible(actor), page)
    return AppPage(items=[AppOut.model_validate(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(APP_MANAGE))
def create_app(session: Session_, actor: Actor_, request: Request, body: AppIn) -> IssuedOut:
    """Register an application; the answer shows its secret once."""
    department = body.department_id or actor.department_id
    if department is None:
        raise NOT_FOUND()
    request.state.shows_secret = True
    made = service.create(
        session, actor, name=body.name, department_id=department, system_name=body.system_name,
        environment=body.environment,
    )
    return _issued(session, made)


@api.get("/{app_id}", **needs(APP_READ))
def read_app(session: Session_, actor: Actor_, app_id: uuid.UUID) -> AppDetail:
    """Return an application."""
    app = session.get(App, app_id)
    if app is None:
        raise NOT_FOUND()
    require(actor, APP_READ, department_id=app.department_id)
    return _detail(session, app)


@api.post("/{app_id}/credentials", status_code=201, **needs(APP_MANAGE))
def issue_credential(session: Session_, actor: Actor_, request: Request, app_id: uuid.UUID) -> IssuedOut:
    """Issue the next version of the secret, shown once; the one before stays valid until revoked."""
    request.state.shows_secret = True
    return _issued(session, service.issue(session, actor, app_id=app_id))


@api.post("/{app_id}/credentials/public-key", status_code=201, **needs(APP_MANAGE))
def add_public_key(session: Session_, actor: Actor_, app_id: uuid.UUID, body: PublicKeyIn) -> AppDetail:
    """Keep an SM2 public key: calls signed by mulian-sm2-v1 are accepted with it."""
    return _detail(session, keys.add_public(session, actor, app_id=app_id, public_key=body.public_key))


@api.post("/{app_id}/credentials/import", status_code=201, **needs(APP_MANAGE))
def import_key(session: Session_, actor: Actor_, app_id: uuid.UUID, body: ImportedKeyIn) -> AppDetail:
    """Take over a key of an older platform; each interface consents to its signature profile apart."""
    return _detail(session, keys.import_key(
        session, actor, app_id=app_id, profile=body.profile, requester=body.requester, secret=body.secret,
    ))


@api.post("/{app_id}/credentials/{key_version}/revoke", **needs(APP_MANAGE))
def revoke_credential(session: Session_, actor: Actor_, app_id: uuid.UUID, key_version: int) -> AppDetail:
    """Revoke a version of the secret."""
    return _detail(session, service.revoke(session, actor, app_id=app_id, key_version=key_version))


@api.post("/{app_id}/block", **needs(APP_BLOCK))
def block_app(session: Session_, actor: Actor_, app_id: uuid.UUID, body: Reason) -> AppDetail:
    """Block an application at once."""
    return _detail(session, service.set_blocked(session, actor, app_id=app_id, blocked=True, reason=body.reason))


@api.post("/{app_id}/unblock", **needs(APP_BLOCK))
def unblock_app(session: Session_, actor: Actor_, app_id: uuid.UUID, body: Reason) -> AppDetail:
    """Let a blocked application call again."""
    return _detail(session, service.set_blocked(session, actor, app_id=app_id, blocked=False, reason=body.reason))


def _detail(session: Session, app: App) -> AppDetail:
    credentials = [CredentialOut.model_validate(one) for one in queries.credentials(session, app.id)]
    requesters = {row.profile: row.name for row in queries.requesters_of(session, app.id)}
    return AppDetail(**AppOut.model_validate(app).model_dump(), credentials=credentials, requesters=requesters)


def _issued(session: Session, issued: Issued) -> IssuedOut:
    return IssuedOut(
        **_detail(session, issued.app).model_dump(), key_version=issued.key_version, secret=issued.secret,
    )
