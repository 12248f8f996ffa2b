"""Grants end with their term: the department hears of it 30 and 7 days ahead, the demand becomes expired."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from catalog.demands.service import mark_expired
from gateway.apps.models import App
from gateway.grants import queries, service
from gateway.grants.models import Grant
from gateway.interfaces.models import Interface
from gateway.snapshot import service as snapshots
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import system_actor
from kernel.notices.service import notify

REMINDED_DAYS = (30, 7)


def sweep(session: Session, *, now: datetime) -> dict[str, int]:
    """End the grants whose term is over, remind of those that end in 30 or 7 days; return how many of each."""
    ended, reminded, today = 0, 0, clock.business_day(now)
    audit_id: uuid.UUID | None = None
    for grant in queries.ending_before(session, now + timedelta(days=max(REMINDED_DAYS) + 1)):
        if grant.expires_at <= now:
            audit_id = _expire(session, grant)
            ended += 1
        elif _days_left(grant, today) in REMINDED_DAYS:
            _remind(session, grant, _days_left(grant, today))
            reminded += 1
    if audit_id is not None:
        snapshots.build(session, audit_id=audit_id)
    return {"ended": ended, "reminded": reminded}


def _days_left(grant: Grant, today: date) -> int:
    return (clock.business_day(grant.expires_at) - today).days


def _expire(session: Session, grant: Grant) -> uuid.UUID:
    audit_id = record(
        session, system_actor("gateway.grants"), action="gateway.grant.expire", object_type="gateway_grant",
        object_id=str(grant.id), detail={"number": grant.number}, department_id=None,
    )
    service.end(grant, "expired", "到期", audit_id)
    session.flush()
    if not queries.has_active(session, grant.demand_id):
        mark_expired(session, demand_id=grant.demand_id)
    return audit_id


def _remind(session: Session, grant: Grant, days: int) -> None:
    app, interface = session.get_one(App, grant.app_id), session.get_one(Interface, grant.interface_id)
    notify(
        session, department_id=app.department_id, severity="warning", url="/gateway/demands",
        title_zh=f"接口授权 {grant.number} 将在 {days} 天后到期", title_en=f"Grant {grant.number} ends in {days} days",
        body_zh=f"应用「{app.name}」调用「{interface.name}」的授权即将到期，需要继续使用请重新申请",
        body_en=f"{app.name} may call {interface.code} no longer then; file a new demand to go on",
    )
