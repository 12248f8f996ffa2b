"""Grants follow what their demand was given, in whatever revision serves it."""

import uuid

from sqlalchemy.orm import Session

from catalog.demands import queries as demands
from catalog.demands import service as demand_service
from catalog.demands.models import Demand
from gateway.grants import queries, rules
from gateway.grants.models import Grant
from gateway.interfaces.models import InterfaceRevision


def fields_of(session: Session, grant: Grant, revision: InterfaceRevision) -> dict[str, bool]:
    """Return field name → in clear that the grant's demand opens in a revision."""
    demand = session.get_one(Demand, grant.demand_id)
    event = demand_service.approved_event(session, demand)
    return rules.granted_fields(
        revision.definition["contract"]["fields"], {item.item_id: item.clear for item in event.items},
        {item.name: item.clear for item in event.items}, demands.item_names(session, demand.entry_id),
    )


def refit(session: Session, interface_id: uuid.UUID, revision: InterfaceRevision, audit_id: uuid.UUID) -> None:
    """Give the active grants of an interface the fields of the revision that is served now."""
    for grant in queries.active_for(session, interface_id):
        fields = fields_of(session, grant, revision)
        if fields != grant.fields:
            grant.fields, grant.audit_id = fields, audit_id
            grant.version += 1
