"""Use cases on grants: what an application, or the officers of another department, may look up."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from crypto.errors import LOOKUP_APP_UNKNOWN, LOOKUP_GRANT_INVALID
from crypto.identifiers import queries as identifiers
from crypto.lookups.models import LookupGrant
from crypto.lookups.port import apps
from crypto.lookups.rules import Direction
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor, require
from kernel.identity.models import Department

GRANT = "crypto.lookup.grant"


def create(
    session: Session, actor: Actor, *, department_id: uuid.UUID, business: str, purpose_code: str,
    fields: dict[str, bool], directions: Sequence[Direction], persons_day: int, per_minute: int, expires_at: datetime,
    app_id: uuid.UUID | None = None, grantee_id: uuid.UUID | None = None,
) -> LookupGrant:
    """Grant look-ups of a department's fields (name → in clear) to one application or one department.

    A department that takes over another's duties gets its look-ups this way: nothing is re-encrypted and identifiers
    stay valid. Raises 403, 404, ``crypto.lookup.grant_invalid``, ``crypto.lookup.app_unknown``,
    ``crypto.identifier.field_unknown``.
    """
    require(actor, GRANT, department_id=department_id)
    if (app_id is None) == (grantee_id is None):
        raise _invalid("须授予一个应用或一个单位", "it names one application or one department")
    if app_id is not None and not apps().names(session, [app_id]):
        raise LOOKUP_APP_UNKNOWN(app_id=app_id)
    if grantee_id is not None and (grantee_id == department_id or session.get(Department, grantee_id) is None):
        raise _invalid("没有此单位，或为本单位", "there is no such department, or it is the own one")
    if not fields or not directions:
        raise _invalid("至少一个字段、一个方向", "at least one field and one direction")
    if expires_at <= clock.now():
        raise _invalid("有效期已过", "its time is over")
    for name in fields:
        identifiers.field(session, department_id, name)
    grant_id = ids.new()
    audit_id = record(
        session, actor, action="crypto.lookup.grant", object_type="lookup_grant", object_id=str(grant_id),
        detail={
            "app": str(app_id) if app_id else None, "grantee": str(grantee_id) if grantee_id else None,
            "business": business, "purpose": purpose_code, "fields": fields, "directions": list(directions),
            "persons_day": persons_day,
        },
        department_id=department_id,
    )
    row = LookupGrant(
        id=grant_id, department_id=department_id, app_id=app_id, grantee_id=grantee_id, business=business,
        purpose_code=purpose_code, fields=fields, directions=list(directions), persons_day=persons_day,
        per_minute=per_minute, state="active", expires_at=expires_at, created_by=actor.name, created_at=clock.now(),
        audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def revoke(session: Session, actor: Actor, *, grant_id: uuid.UUID, reason: str) -> LookupGrant:
    """End a grant at once; again has no effect."""
    row = session.get(LookupGrant, grant_id)
    if row is None:
        raise NOT_FOUND()
    require(actor, GRANT, department_id=row.department_id)
    if row.state == "active":
        row.state = "revoked"
        row.audit_id = record(
            session, actor, action="crypto.lookup.revoke", object_type="lookup_grant", object_id=str(row.id),
            detail={"reason": reason}, department_id=row.department_id,
        )
    return row


def _invalid(reason: str, reason_en: str) -> MulianError:
    return LOOKUP_GRANT_INVALID(reason=reason, reason_en=reason_en)
