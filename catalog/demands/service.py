"""Use cases of demands: apply, decide stage by stage, deliver."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from catalog.demands import errors, queries, rules
from catalog.demands.events import ApprovedItem, DemandApproved
from catalog.demands.models import Demand, DemandItem
from catalog.needs import service as needs
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.events import publish
from kernel.identity.actor import Actor, require

APPLY, REVIEW, BUREAU = "gateway.demand.apply", "gateway.demand.review", "gateway.demand.bureau"
_LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Application:
    """What an applicant writes. ``items``: item id → wanted in clear; ``negotiation``: the legal basis on which items
    that are not shared are asked for; ``need_id``: the need whose number the demand carries on.
    Limits of 0 are not asked for."""

    entry_id: uuid.UUID
    consumer_ref: uuid.UUID
    items: Mapping[uuid.UUID, bool]
    matter: str
    basis: str
    purpose: str
    calls_per_day: int
    valid_until: datetime
    need_id: uuid.UUID | None = None
    negotiation: str = ""
    calls_per_month: int = 0
    calls_per_second: int = 0
    bytes_per_day: int = 0
    bytes_per_month: int = 0


def apply(session: Session, actor: Actor, *, application: Application, department_id: uuid.UUID) -> Demand:
    """File a demand. Unconditional items are granted at once; others go to the source department, then the bureau."""
    require(actor, APPLY, department_id=department_id)
    now = clock.now()
    entry = queries.entry(session, application.entry_id)
    if entry is None:
        raise NOT_FOUND()
    if entry.status not in ("published", "change_review", "change_rejected"):
        raise errors.ENTRY_NOT_PUBLISHED(code=entry.code)
    if not now < application.valid_until <= now + _LONGEST:
        raise errors.VALIDITY()
    if not application.items:
        raise errors.NO_ITEMS()
    found = queries.entry_items(session, entry.id, list(application.items))
    if len(found) != len(application.items):
        raise errors.ITEM_FOREIGN()
    shares = {item.id: rules.item_share_type(item.share_type, entry.share_type) for item in found}
    stages = rules.route(
        (rules.Wanted(shares[item.id], item.sensitive or item.pii, application.items[item.id]) for item in found),
        negotiated=bool(application.negotiation.strip()),
    )
    if stages is None:
        raise errors.NOT_SHARED()
    demand_id = ids.new()
    number = _next_number(session, now) if application.need_id is None else needs.number_for(
        session, need_id=application.need_id, entry_id=entry.id, department_id=department_id,
    )
    audit_id = record(
        session, actor, action="catalog.demand.apply", object_type="demand", object_id=str(demand_id),
        detail={"number": number, "entry": entry.code, "items": len(found), "consumer": application.consumer_ref},
        department_id=department_id,
    )
    demand = Demand(
        id=demand_id, number=number, entry_id=entry.id, department_id=department_id, provider_id=entry.department_id,
        consumer_ref=application.consumer_ref, need_id=application.need_id,
        negotiation=application.negotiation.strip() if rules.NONE in shares.values() else "",
        matter=application.matter, basis=application.basis,
        purpose=application.purpose, calls_per_day=application.calls_per_day, valid_until=application.valid_until,
        calls_per_month=application.calls_per_month, calls_per_second=application.calls_per_second,
        bytes_per_day=application.bytes_per_day, bytes_per_month=application.bytes_per_month,
        status="provider_review", stage=stages[0] if stages else "", submitted_by=actor.user_id,
        submitted_name=actor.name, submitted_at=now, version=1, audit_id=audit_id,
    )
    session.add(demand)
    session.flush()
    session.add_all([
        DemandItem(
            id=ids.new(), demand_id=demand_id, item_id=item.id, name=item.name, share_type=shares[item.id],
            clear=application.items[item.id],
        )
        for item in found
    ])
    session.flush()
    if not stages:
        _settle(session, actor, demand, {item.id: application.items[item.id] for item in found})
    return demand


def approve(
    session: Session, actor: Actor, *, demand_id: uuid.UUID, opinion: str,
    items: Mapping[uuid.UUID, bool] | None = None,
) -> Demand:
    """Agree at the current stage. ``items`` (item id → in clear) narrows what is given; None agrees to all of it but
    what is not shared: that must be named by each who agrees to it.
    """
    demand = _to_decide(session, actor, demand_id)
    given = _narrowed(session, demand, items)
    following = rules.next_stage(rules.ROUTES[rules.CONDITIONAL], demand.stage)
    if not following:
        demand.opinion = opinion
        _settle(session, actor, demand, given)
        return demand
    demand.audit_id = _record(session, actor, demand, "agree", opinion)
    for row in queries.items_of(session, demand.id):
        row.approved, row.clear_approved = row.item_id in given, given.get(row.item_id, False)
    demand.provider_decided_by, demand.stage = actor.user_id, following
    demand.version += 1
    return demand


def reject(session: Session, actor: Actor, *, demand_id: uuid.UUID, opinion: str) -> Demand:
    """Refuse a demand, with the reason."""
    demand = _to_decide(session, actor, demand_id)
    demand.audit_id = _record(session, actor, demand, "reject", opinion)
    demand.status, demand.stage, demand.opinion = "rejected", "", opinion
    demand.decided_by, demand.decided_at = actor.user_id, clock.now()
    demand.version += 1
    return demand


def mark_delivered(session: Session, *, demand_id: uuid.UUID) -> None:
    """The grant exists (called by the floor that made it)."""
    demand = session.get(Demand, demand_id)
    if demand is not None and demand.status == "provisioning":
        demand.status = "delivered"
        demand.version += 1


def mark_expired(session: Session, *, demand_id: uuid.UUID) -> None:
    """The term of everything that was given is over (called by the floor that gave it)."""
    demand = session.get(Demand, demand_id)
    if demand is not None and demand.status == "delivered":
        demand.status = "expired"
        demand.version += 1


def approved_event(session: Session, demand: Demand) -> DemandApproved:
    """Return the event of an approved demand, also for a later try to make its grant."""
    items = tuple(
        ApprovedItem(row.item_id, row.name, bool(row.clear_approved))
        for row in queries.items_of(session, demand.id) if row.approved
    )
    return DemandApproved(
        demand.id, demand.number, demand.entry_id, demand.consumer_ref, items, demand.purpose, demand.calls_per_day,
        demand.valid_until, demand.audit_id, demand.calls_per_month, demand.calls_per_second, demand.bytes_per_day,
        demand.bytes_per_month,
    )


def _to_decide(session: Session, actor: Actor, demand_id: uuid.UUID) -> Demand:
    demand = session.get(Demand, demand_id)
    if demand is None:
        raise NOT_FOUND()
    if demand.stage == "bureau":
        require(actor, BUREAU)
    else:
        require(actor, REVIEW, department_id=demand.provider_id)
    if demand.status != "provider_review" or not demand.stage:
        raise errors.STATE(number=demand.number, status=demand.status)
    if actor.user_id is not None and actor.user_id == demand.submitted_by:
        raise errors.SAME_PERSON()
    return demand


def _narrowed(
    session: Session, demand: Demand, items: Mapping[uuid.UUID, bool] | None,
) -> dict[uuid.UUID, bool]:
    """Return what is given: never more than was asked for, nor more than the stage before gave."""
    given: dict[uuid.UUID, bool] = {}
    for row in queries.items_of(session, demand.id):
        named = row.item_id in items if items is not None else row.share_type != rules.NONE
        if row.approved is False or not named:
            continue
        limit = row.clear if row.clear_approved is None else row.clear_approved
        given[row.item_id] = limit and (items is None or items[row.item_id])
    if not given:
        raise errors.NO_ITEMS()
    return given


def _settle(session: Session, actor: Actor, demand: Demand, given: Mapping[uuid.UUID, bool]) -> None:
    demand.audit_id = _record(session, actor, demand, "approve", demand.opinion or "")
    for row in queries.items_of(session, demand.id):
        row.approved, row.clear_approved = row.item_id in given, given.get(row.item_id, False)
    demand.status, demand.stage = "provisioning", ""
    demand.decided_by, demand.decided_at = actor.user_id, clock.now()
    demand.version += 1
    session.flush()
    publish(session, approved_event(session, demand))


def _record(session: Session, actor: Actor, demand: Demand, verb: str, opinion: str) -> uuid.UUID:
    return record(
        session, actor, action=f"catalog.demand.{verb}", object_type="demand", object_id=str(demand.id),
        detail={"number": demand.number, "stage": demand.stage, "opinion": opinion}, department_id=demand.provider_id,
    )


def _next_number(session: Session, now: datetime) -> str:
    prefix = f"SQ{clock.business_day(now):%Y%m%d}"
    last = queries.last_number(session, prefix)
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


