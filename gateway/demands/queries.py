"""Reads across the chain need → demand → grant."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from catalog.demands.models import Demand
from gateway.grants.models import Grant
from kernel.audit.models import AuditLog


def timeline(session: Session, demand: Demand) -> Sequence[AuditLog]:
    """Return every act on the demand, its need and its grants, the oldest first."""
    grants = session.scalars(select(Grant.id).where(Grant.demand_id == demand.id)).all()
    wanted = [("demand", [demand.id]), ("gateway_grant", grants), ("need", [demand.need_id] if demand.need_id else [])]
    matches = [
        and_(AuditLog.object_type == kind, AuditLog.object_id.in_([str(one) for one in found]))
        for kind, found in wanted if found
    ]
    return session.scalars(
        select(AuditLog).where(or_(*matches)).order_by(AuditLog.at, AuditLog.id)
    ).all()
