"""/chain/apps and /chain/units: applications on the chain, and 单位上链健康."""

import uuid
from typing import Annotated

from fastapi import Query, Request

from chain.apps import callbacks, health, promotion, queries, service, views
from chain.apps.models import ChainApp
from chain.apps.rules import Environment
from chain.apps.schemas import (
    AboutIn,
    AnnouncementPage,
    ApplyIn,
    CallbackIn,
    ChainAppDetail,
    ChainAppPage,
    ChainAskedOut,
    ChainIssuedOut,
    ChainReportOut,
    ChainUseOut,
    EnvironmentIn,
    QuotaIn,
    ReasonIn,
    RegisterIn,
    ReportIn,
    SettleIn,
    UnitHealthOut,
    UnitHealthPage,
)
from chain.apps.service import APPROVE, MANAGE, READ, About
from kernel import clock
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.text import Plain

api = router(prefix="/chain", tags=["chain"])
Words_ = Annotated[Plain, Query(max_length=100)]


@api.get("/apps", **needs(READ))
def list_chain_apps(session: Session_, actor: Actor_, page: Page_, q: Words_ = "") -> ChainAppPage:
    """List the applications of the caller's scope, newest first."""
    rows, total = paginate(session, queries.visible(actor, q), page)
    return ChainAppPage(items=views.apps(session, rows), total=total, page=page.number, size=page.size)


@api.post("/apps", status_code=201, **needs(MANAGE))
def register_chain_app(session: Session_, actor: Actor_, body: RegisterIn) -> ChainAppDetail:
    """登记: register an application; its place in the test environment opens at once."""
    department = body.department_id or actor.department_id
    if department is None:
        raise NOT_FOUND()
    row = service.register(session, actor, code=body.code, department_id=department, about=_about(body))
    return views.detail(session, row)


@api.get("/apps/{app_id}", **needs(READ))
def get_chain_app(session: Session_, actor: Actor_, app_id: uuid.UUID) -> ChainAppDetail:
    """Return an application with places, checks and reports."""
    return views.detail(session, service.own(session, actor, app_id, READ))


@api.put("/apps/{app_id}", **needs(MANAGE))
def describe_chain_app(session: Session_, actor: Actor_, app_id: uuid.UUID, body: AboutIn) -> ChainAppDetail:
    """Change what an application says of itself."""
    return views.detail(session, service.describe(session, actor, app_id=app_id, about=_about(body)))


@api.post("/apps/{app_id}/credentials", status_code=201, **needs(MANAGE))
def issue_chain_credential(
    session: Session_, actor: Actor_, request: Request, app_id: uuid.UUID, body: EnvironmentIn
) -> ChainIssuedOut:
    """Issue a secret for one environment, shown once; the version before stays valid until it is revoked."""
    request.state.shows_secret = True
    made = service.issue(session, actor, app_id=app_id, environment=body.environment)
    place = service.place_in(session, session.get_one(ChainApp, app_id), body.environment)
    return ChainIssuedOut(
        environment=body.environment, stream=place.stream, app_key=made.app_key, key_version=made.key_version,
        secret=made.secret,
    )


@api.post("/apps/{app_id}/credentials/{environment}/{key_version}/revocation", **needs(MANAGE))
def revoke_chain_credential(
    session: Session_, actor: Actor_, app_id: uuid.UUID, environment: Environment, key_version: int
) -> ChainAppDetail:
    """Revoke a version of a secret."""
    row = service.revoke(session, actor, app_id=app_id, environment=environment, key_version=key_version)
    return views.detail(session, row)


@api.put("/apps/{app_id}/callback", **needs(MANAGE))
def set_chain_callback(session: Session_, actor: Actor_, app_id: uuid.UUID, body: CallbackIn) -> ChainAppDetail:
    """Say where final batches of one environment are announced; null ends it."""
    service.set_callback(session, actor, app_id=app_id, environment=body.environment, url=body.url)
    return views.detail(session, service.own(session, actor, app_id, READ))


@api.get("/apps/{app_id}/callbacks", **needs(READ))
def list_chain_callbacks(
    session: Session_, actor: Actor_, page: Page_, app_id: uuid.UUID, environment: Environment = Environment.TEST
) -> AnnouncementPage:
    """List callbacks of one environment, newest first; delivered ones are forgotten after two weeks."""
    place = service.place_in(session, service.own(session, actor, app_id, READ), environment)
    rows, total = paginate(session, queries.callbacks(place.stream), page)
    return AnnouncementPage(items=views.announcements(rows), total=total, page=page.number, size=page.size)


@api.post("/apps/{app_id}/callbacks", status_code=202, **needs(MANAGE))
def try_chain_callback(session: Session_, actor: Actor_, app_id: uuid.UUID, body: EnvironmentIn) -> AnnouncementPage:
    """Send a trial announcement to the callback address."""
    callbacks.trial(session, actor, app_id=app_id, environment=body.environment)
    place = service.place_in(session, service.own(session, actor, app_id, MANAGE), body.environment)
    rows = list(session.scalars(queries.callbacks(place.stream).limit(1)))
    return AnnouncementPage(items=views.announcements(rows), total=1, page=1, size=1)


@api.post("/apps/{app_id}/callbacks/{message_id}/settlement", **needs(MANAGE))
def settle_chain_callback(
    session: Session_, actor: Actor_, app_id: uuid.UUID, message_id: uuid.UUID, body: SettleIn
) -> AnnouncementPage:
    """Try a dead letter again, or give it up with a reason; those behind it go on."""
    row = callbacks.settle(session, actor, app_id=app_id, message_id=message_id, reason=body.reason)
    return AnnouncementPage(items=views.announcements([row]), total=1, page=1, size=1)


@api.get("/apps/{app_id}/use", **needs(READ))
def get_chain_app_use(
    session: Session_, actor: Actor_, app_id: uuid.UUID, environment: Environment = Environment.TEST,
    days: Annotated[int, Query(ge=1, le=400)] = 30,
) -> ChainUseOut:
    """Return the last days of an application in one environment, today last."""
    place = service.place_in(session, service.own(session, actor, app_id, READ), environment)
    return ChainUseOut(environment=environment, items=views.use(session, place.id, days))


@api.post("/apps/{app_id}/reports", status_code=201, **needs(MANAGE))
def make_chain_report(session: Session_, actor: Actor_, app_id: uuid.UUID, body: ReportIn) -> ChainReportOut:
    """测试报告: freeze what the test environment has shown, once every check holds."""
    return views.report(promotion.report(session, actor, app_id=app_id, conclusion=body.conclusion))


@api.post("/apps/{app_id}/application", status_code=202, **needs(MANAGE))
def apply_for_production(session: Session_, actor: Actor_, app_id: uuid.UUID, body: ApplyIn) -> ChainAskedOut:
    """Ask a second person for the production environment, on the newest report."""
    asked = promotion.apply(session, actor, app_id=app_id, daily_quota=body.daily_quota)
    return ChainAskedOut(approval_id=asked.id, state=asked.state)


@api.post("/apps/{app_id}/quota", status_code=202, **needs(MANAGE))
def ask_chain_quota(session: Session_, actor: Actor_, app_id: uuid.UUID, body: QuotaIn) -> ChainAskedOut:
    """Ask a second person for another daily quota."""
    asked = promotion.ask_quota(
        session, actor, app_id=app_id, environment=body.environment, daily_quota=body.daily_quota, reason=body.reason
    )
    return ChainAskedOut(approval_id=asked.id, state=asked.state)


@api.post("/apps/{app_id}/suspension", **needs(APPROVE))
def suspend_chain_app(session: Session_, actor: Actor_, app_id: uuid.UUID, body: ReasonIn) -> ChainAppDetail:
    """Refuse every call of an application from now on."""
    return views.detail(session, service.suspend(session, actor, app_id=app_id, reason=body.reason))


@api.post("/apps/{app_id}/resumption", **needs(APPROVE))
def resume_chain_app(session: Session_, actor: Actor_, app_id: uuid.UUID, body: ReasonIn) -> ChainAppDetail:
    """Let a suspended application call again."""
    return views.detail(session, service.resume(session, actor, app_id=app_id, reason=body.reason))


@api.get("/units", **needs("chain.anchor.read"))
def list_unit_health(session: Session_, actor: Actor_, page: Page_, q: Words_ = "") -> UnitHealthPage:
    """单位上链健康: list departments with their oldest record off the chain, last anchor, failures and node."""
    rows, total = paginate(session, health.departments(actor, q), page)
    found, now = health.read(session, [row.id for row in rows]), clock.now()
    items = [_health(row.id, row.name, found[row.id], found[row.id].state(now)) for row in rows]
    return UnitHealthPage(items=items, total=total, page=page.number, size=page.size)


def _health(department_id: uuid.UUID, name: str, unit: health.UnitHealth, state: str) -> UnitHealthOut:
    node = unit.node
    return UnitHealthOut(
        department_id=department_id, department=name, state=state, records=unit.records, waiting=unit.waiting,
        oldest_waiting_at=unit.oldest_waiting, last_anchored_at=unit.last_anchored, halted=unit.halted,
        callback_dead=unit.callback_dead, refused_today=unit.refused_today, apps=unit.apps,
        node=node.name if node else None, node_state=node.state if node else None, node_lag=node.lag if node else None,
    )


def _about(body: AboutIn) -> About:
    return About(
        body.name, body.system_name, body.purpose, body.contact, body.contracts, body.accounts, body.open_check
    )
