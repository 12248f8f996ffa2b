"""Demands over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from catalog.demands import queries, service
from catalog.demands.models import Demand
from catalog.demands.service import Application
from gateway.apps.models import App
from gateway.demands import queries as chain
from gateway.demands.schemas import (
    Decision,
    DemandDetail,
    DemandIn,
    DemandItemOut,
    DemandOut,
    DemandPage,
    Rejection,
    Timeline,
    TimelineEntry,
)
from gateway.errors import APP_OF_TEST
from gateway.permissions import DEMAND_APPLY, DEMAND_READ, DEMAND_REVIEW
from gateway.snapshot.service import PRODUCTION
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.actor import Actor, require
from kernel.identity.names import names_of

api = router(prefix="/gateway/demands", tags=["gateway"])


@api.get("", **needs(DEMAND_READ))
def list_demands(
    session: Session_, actor: Actor_, page: Page_, status: Annotated[str | None, Query(max_length=20)] = None,
) -> DemandPage:
    """List demands of the own department and for its data."""
    rows, total = paginate(session, queries.visible(actor, status=status), page)
    return DemandPage(items=_out(session, rows), total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(DEMAND_APPLY))
def apply(session: Session_, actor: Actor_, body: DemandIn) -> DemandDetail:
    """File a demand for an application."""
    app = session.get(App, body.app_id)
    if app is None:
        raise NOT_FOUND()
    require(actor, DEMAND_APPLY, department_id=app.department_id)
    if app.environment != PRODUCTION:
        raise APP_OF_TEST(name=app.name)
    made = service.apply(session, actor, department_id=app.department_id, application=Application(
        entry_id=body.entry_id, consumer_ref=app.id, items={one.item_id: one.clear for one in body.items},
        matter=body.matter, basis=body.basis, purpose=body.purpose, calls_per_day=body.calls_per_day,
        valid_until=body.valid_until, need_id=body.need_id, negotiation=body.negotiation,
        calls_per_month=body.calls_per_month, calls_per_second=body.calls_per_second,
        bytes_per_day=body.bytes_per_day, bytes_per_month=body.bytes_per_month,
    ))
    return _detail(session, made)


@api.get("/{demand_id}", **needs(DEMAND_READ))
def read_demand(session: Session_, actor: Actor_, demand_id: uuid.UUID) -> DemandDetail:
    """Return a demand with its items."""
    return _detail(session, _seen(session, actor, demand_id))


@api.get("/{demand_id}/timeline", **needs(DEMAND_READ))
def read_timeline(session: Session_, actor: Actor_, demand_id: uuid.UUID) -> Timeline:
    """Return what happened under the demand's number, from the need to the grants."""
    return Timeline(items=[
        TimelineEntry(
            at=one.at, action=one.action, actor_name=one.actor_name, number=str(one.detail.get("number", "")),
            text=next((str(one.detail[key]) for key in ("opinion", "reason", "answer") if one.detail.get(key)), ""),
        )
        for one in chain.timeline(session, _seen(session, actor, demand_id))
    ])


@api.post("/{demand_id}/approve", **needs(DEMAND_REVIEW))
def approve_demand(session: Session_, actor: Actor_, demand_id: uuid.UUID, body: Decision) -> DemandDetail:
    """Agree at the current stage, to all or to fewer items."""
    items = None if body.items is None else {one.item_id: one.clear for one in body.items}
    made = service.approve(session, actor, demand_id=demand_id, opinion=body.opinion, items=items)
    return _detail(session, made)


@api.post("/{demand_id}/reject", **needs(DEMAND_REVIEW))
def reject_demand(session: Session_, actor: Actor_, demand_id: uuid.UUID, body: Rejection) -> DemandDetail:
    """Refuse a demand."""
    return _detail(session, service.reject(session, actor, demand_id=demand_id, opinion=body.opinion))


def _seen(session: Session, actor: Actor, demand_id: uuid.UUID) -> Demand:
    demand = session.get(Demand, demand_id)
    if demand is None or not (actor.sees(demand.department_id) or actor.sees(demand.provider_id)):
        raise NOT_FOUND()
    return demand


def _detail(session: Session, demand: Demand) -> DemandDetail:
    items = [DemandItemOut.model_validate(one) for one in queries.items_of(session, demand.id)]
    return DemandDetail(**_out(session, [demand])[0].model_dump(), items=items)


def _out(session: Session, rows: Sequence[Demand]) -> list[DemandOut]:
    names = names_of(session, (row.submitted_by for row in rows))
    return [
        DemandOut.model_validate(row).model_copy(
            update={"submitted_name": names.of(row.submitted_by, row.submitted_name)}
        )
        for row in rows
    ]
