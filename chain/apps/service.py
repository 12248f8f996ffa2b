"""Use cases of applications on the chain: register, describe, credentials, callback address, suspend, quota."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.apps import queries, rules
from chain.apps.errors import CHAIN_APP_ACCOUNT, CHAIN_APP_CODE, CHAIN_APP_PLACE, CHAIN_APP_STATE, CHAIN_APP_TAKEN
from chain.apps.models import ChainApp, ChainAppPlace
from chain.apps.port import Issued, credentials
from chain.apps.rules import Environment, Life
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.outbound import guard
from kernel.outbound import rules as outbound
from kernel.outbound.errors import URL_INVALID
from kernel.runtime import runtime_of

READ = "chain.app.read"
MANAGE = "chain.app.manage"
APPROVE = "chain.app.approve"
ENVIRONMENT_ZH = {Environment.TEST: "测试环境", Environment.PRODUCTION: "正式环境"}


@dataclass(frozen=True)
class About:
    """What an application says of itself."""

    name: str
    system_name: str
    purpose: str
    contact: str
    contracts: Sequence[str] = ()
    accounts: Sequence[str] = ()
    open_check: bool = True


def register(session: Session, actor: Actor, *, code: str, department_id: uuid.UUID, about: About) -> ChainApp:
    """登记: open the application with its place in the test environment; no secret is issued yet.

    Raises ``chain.app.code``, ``chain.app.taken``, ``chain.app.account``.
    """
    require(actor, MANAGE, department_id=department_id)
    if not rules.valid_code(code):
        raise CHAIN_APP_CODE(code=code)
    if queries.by_code(session, code) is not None:
        raise CHAIN_APP_TAKEN(code=code)
    _check(about)
    app_id = ids.new()
    audit_id = record(
        session, actor, action="chain.app.register", object_type="chain_app", object_id=str(app_id),
        detail={"code": code, **_said(about)}, department_id=department_id,
    )
    app = ChainApp(
        id=app_id, code=code, department_id=department_id, **_said(about), life=Life.REGISTERED, suspended=None,
        version=1, created_by=actor.user_id, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(app)
    session.flush([app])
    open_place(session, app, Environment.TEST, rules.TEST_QUOTA, audit_id)
    return app


def open_place(
    session: Session, app: ChainApp, environment: Environment, quota: int, audit_id: uuid.UUID
) -> ChainAppPlace:
    """Open an application's place in an environment; its stream begins with the first evidence."""
    place = ChainAppPlace(
        id=ids.new(), app_id=app.id, environment=environment, stream=rules.stream_of(app.code, environment),
        credential_id=None, daily_quota=quota, callback_url=None, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(place)
    session.flush([place])
    return place


def describe(session: Session, actor: Actor, *, app_id: uuid.UUID, about: About) -> ChainApp:
    """Change what an application says of itself; code, department and environments stay."""
    app = own(session, actor, app_id, MANAGE)
    _check(about)
    audit_id = note(session, actor, app, "describe", _said(about))
    for name, value in _said(about).items():
        setattr(app, name, value)
    app.version, app.audit_id = app.version + 1, audit_id
    return app


def issue(session: Session, actor: Actor, *, app_id: uuid.UUID, environment: Environment) -> Issued:
    """Issue a secret for one environment, shown once; the version before stays valid until it is revoked."""
    app = own(session, actor, app_id, MANAGE)
    place = place_in(session, app, environment)
    if app.suspended is not None:
        raise CHAIN_APP_STATE(name=app.name, life=app.life, wanted="issue")
    if place.credential_id is None:
        name = f"{app.name}（链·{ENVIRONMENT_ZH[environment]}）"[:200]
        made = credentials().register(
            session, actor, name=name, department_id=app.department_id, system_name=app.system_name
        )
        place.credential_id = made.credential_id
    else:
        made = credentials().issue(session, actor, credential_id=place.credential_id)
    detail = {"environment": environment, "app_key": made.app_key, "key_version": made.key_version}
    place.audit_id = note(session, actor, app, "credential.issue", detail)
    return made


def revoke(
    session: Session, actor: Actor, *, app_id: uuid.UUID, environment: Environment, key_version: int
) -> ChainApp:
    """Revoke a version of a secret: calls signed with it are refused from now on."""
    app = own(session, actor, app_id, MANAGE)
    place = place_in(session, app, environment)
    if place.credential_id is None:
        raise NOT_FOUND()
    credentials().revoke(session, actor, credential_id=place.credential_id, key_version=key_version)
    note(session, actor, app, "credential.revoke", {"environment": environment, "key_version": key_version})
    return app


def set_callback(
    session: Session, actor: Actor, *, app_id: uuid.UUID, environment: Environment, url: str | None
) -> ChainAppPlace:
    """Say where batches that became final are announced; None ends it. The address is checked again at each call."""
    app = own(session, actor, app_id, MANAGE)
    place = place_in(session, app, environment)
    if url is not None:
        try:
            outbound.origin_of(url, guard.allowed_by(runtime_of(session).settings))
        except ValueError as error:
            raise URL_INVALID(reason=str(error)) from error
    place.audit_id = note(session, actor, app, "callback", {"environment": environment, "url": url})
    place.callback_url = url
    return place


def suspend(session: Session, actor: Actor, *, app_id: uuid.UUID, reason: str) -> ChainApp:
    """Refuse every call of an application from now on; what it stored stays and is still anchored."""
    app = own(session, actor, app_id, APPROVE)
    if app.suspended is not None:
        raise CHAIN_APP_STATE(name=app.name, life=app.life, wanted="suspend")
    app.audit_id = note(session, actor, app, "suspend", {"reason": reason})
    app.suspended, app.version = reason, app.version + 1
    return app


def resume(session: Session, actor: Actor, *, app_id: uuid.UUID, reason: str) -> ChainApp:
    """Let a suspended application call again."""
    app = own(session, actor, app_id, APPROVE)
    if app.suspended is None:
        raise CHAIN_APP_STATE(name=app.name, life=app.life, wanted="resume")
    app.audit_id = note(session, actor, app, "resume", {"reason": reason})
    app.suspended, app.version = None, app.version + 1
    return app


def own(session: Session, actor: Actor, app_id: uuid.UUID, permission: str) -> ChainApp:
    """Return an application of the actor's departments; 404 for others."""
    app = session.get(ChainApp, app_id)
    if app is None:
        raise NOT_FOUND()
    require(actor, permission, department_id=app.department_id)
    return app


def place_in(session: Session, app: ChainApp, environment: Environment) -> ChainAppPlace:
    """Return an application's place; raise ``chain.app.place`` before it was opened."""
    place = queries.places(session, app.id).get(environment)
    if place is None:
        raise CHAIN_APP_PLACE(name=app.name, environment=ENVIRONMENT_ZH[environment], environment_en=environment.value)
    return place


def note(session: Session, actor: Actor, app: ChainApp, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    """Write a line of the audit trail about an application."""
    return record(
        session, actor, action=f"chain.app.{verb}", object_type="chain_app", object_id=str(app.id),
        detail={"code": app.code, **detail}, department_id=app.department_id,
    )


def _check(about: About) -> None:
    for address in about.accounts:
        if not rules.valid_account(address):
            raise CHAIN_APP_ACCOUNT(address=address)


def _said(about: About) -> dict[str, Any]:
    return {
        "name": about.name, "system_name": about.system_name, "purpose": about.purpose, "contact": about.contact,
        "contracts": sorted(set(about.contracts)), "accounts": sorted({one.lower() for one in about.accounts}),
        "open_check": about.open_check,
    }
