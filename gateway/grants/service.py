"""Use cases of grants: made by an approved demand, ended by revocation or a later demand."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.demands import queries as demand_queries
from catalog.demands import service as demands
from catalog.demands.events import DemandApproved
from gateway import errors
from gateway.apps.models import App
from gateway.events import GrantMade, GrantRevoked, InterfacePublished
from gateway.grants import fitting, queries, rules
from gateway.grants.models import Grant
from gateway.interfaces import queries as interfaces
from gateway.interfaces.models import Interface
from gateway.permissions import GRANT_REVOKE
from gateway.snapshot import service as snapshots
from gateway.snapshot.service import PRODUCTION
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.events import publish
from kernel.identity.actor import Actor, require, system_actor


def on_demand_approved(session: Session, event: DemandApproved) -> None:
    """Make the grants of a demand: one for each published interface of the entry.

    Without a published interface, or without a known app, the demand stays 配置中 (provisioning).
    """
    app = session.get(App, event.consumer_ref)
    if app is None or app.environment != PRODUCTION:
        return
    made = 0
    for interface in interfaces.published_for(session, event.entry_id):
        revision = next(one for one in interfaces.revisions(session, interface.id) if one.number == interface.revision)
        fields = rules.granted_fields(
            revision.definition["contract"]["fields"], {item.item_id: item.clear for item in event.items},
            {item.name: item.clear for item in event.items}, demand_queries.item_names(session, event.entry_id),
        )
        stream = revision.definition["contract"]["mode"] == "stream"
        if fields or stream:
            made += 1
            _make(session, event, app, interface, fields, made)
    if made:
        demands.mark_delivered(session, demand_id=event.demand_id)
        snapshots.build(session, audit_id=event.audit_id)


def on_interface_published(session: Session, event: InterfacePublished) -> None:
    """Serve the demands that were approved before their interface existed; fit the grants to the revision."""
    revision = interfaces.revision(session, event.interface_id, event.revision)
    assert revision is not None
    fitting.refit(session, event.interface_id, revision, event.audit_id)
    for demand in demand_queries.waiting(session, event.entry_id):
        on_demand_approved(session, demands.approved_event(session, demand))


def revoke(session: Session, actor: Actor, *, grant_id: uuid.UUID, reason: str) -> Grant:
    """End a grant: the next snapshot refuses its calls, also on open connections."""
    grant = session.get(Grant, grant_id)
    if grant is None:
        raise NOT_FOUND()
    interface = session.get(Interface, grant.interface_id)
    assert interface is not None
    require(actor, GRANT_REVOKE, department_id=interface.department_id)
    if grant.state != "active":
        raise errors.GRANT_STATE(number=grant.number, state=grant.state)
    audit_id = record(
        session, actor, action="gateway.grant.revoke", object_type="gateway_grant", object_id=str(grant.id),
        detail={"number": grant.number, "reason": reason}, department_id=interface.department_id,
    )
    end(grant, "revoked", reason, audit_id)
    session.flush()
    publish(session, GrantRevoked(grant.id, grant.number, audit_id))
    snapshots.build(session, audit_id=audit_id)
    return grant


def _make(
    session: Session, event: DemandApproved, app: App, interface: Interface, fields: dict[str, bool], index: int,
) -> None:
    grant_id, number = ids.new(), f"{event.number}-{index}"
    detail: dict[str, Any] = {
        "number": number, "app_key": app.app_key, "interface": interface.code,
        "clear": sorted(name for name, clear in fields.items() if clear), "fields": sorted(fields),
    }
    audit_id = record(
        session, system_actor("gateway.grants"), action="gateway.grant.make", object_type="gateway_grant",
        object_id=str(grant_id), detail=detail, department_id=interface.department_id,
    )
    before = queries.active_of(session, app.id, interface.id)
    if before is not None:
        end(before, "replaced", number, audit_id)
        session.flush()
    rate, burst = rules.pace(event.calls_per_day, event.calls_per_second)
    session.add(Grant(
        id=grant_id, number=number, app_id=app.id, interface_id=interface.id, demand_id=event.demand_id, fields=fields,
        purpose=event.purpose, expires_at=event.valid_until, quota_day=event.calls_per_day,
        quota_month=event.calls_per_month, bytes_day=event.bytes_per_day, bytes_month=event.bytes_per_month,
        rate=rate, burst=burst, state="active", version=1, created_at=clock.now(), audit_id=audit_id,
    ))
    session.flush()
    publish(session, GrantMade(grant_id, number, app.id, interface.id, event.demand_id, audit_id))


def end(grant: Grant, state: str, reason: str, audit_id: uuid.UUID) -> None:
    """Write the end of a grant: revoked, replaced or expired."""
    grant.state, grant.ended_at, grant.ended_reason, grant.audit_id = state, clock.now(), reason, audit_id
    grant.version += 1
