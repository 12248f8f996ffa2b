"""Grants over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from gateway.broker import ledger
from gateway.broker.limits import BYTES, CALLS, DAY, MONTH
from gateway.grants import queries, service
from gateway.grants.models import Grant
from gateway.grants.schemas import GrantOut, GrantPage, Revocation
from gateway.permissions import GRANT_READ, GRANT_REVOKE
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/gateway/grants", tags=["gateway"])


@api.get("", **needs(GRANT_READ))
def list_grants(
    session: Session_, actor: Actor_, page: Page_, state: Annotated[str | None, Query(max_length=20)] = None,
) -> GrantPage:
    """List grants of own applications and own interfaces."""
    rows, total = paginate(session, queries.visible(actor, state=state), page)
    return GrantPage(items=_out(session, rows), total=total, page=page.number, size=page.size)


@api.post("/{grant_id}/revoke", **needs(GRANT_REVOKE))
def revoke_grant(session: Session_, actor: Actor_, grant_id: uuid.UUID, body: Revocation) -> GrantOut:
    """End a grant; it acts on open connections within two seconds."""
    return _out(session, [service.revoke(session, actor, grant_id=grant_id, reason=body.reason)])[0]


def _out(session: Session, grants: Sequence[Grant]) -> list[GrantOut]:
    names, today = queries.names(session, grants), clock.business_day(clock.now())
    used = ledger.used_by_grant(session, [grant.id for grant in grants], today)
    result: list[GrantOut] = []
    for grant in grants:
        app, code, name = names[grant.id]
        result.append(GrantOut(
            id=grant.id, number=grant.number, app_id=grant.app_id, app_name=app, interface_id=grant.interface_id,
            interface_code=code, interface_name=name, demand_id=grant.demand_id, fields=grant.fields,
            purpose=grant.purpose, expires_at=grant.expires_at, quota_day=grant.quota_day,
            quota_month=grant.quota_month, bytes_day=grant.bytes_day, bytes_month=grant.bytes_month, rate=grant.rate,
            used_today=used.get((grant.id, CALLS, DAY), 0), used_month=used.get((grant.id, CALLS, MONTH), 0),
            bytes_today=used.get((grant.id, BYTES, DAY), 0), bytes_this_month=used.get((grant.id, BYTES, MONTH), 0),
            state=grant.state, version=grant.version, created_at=grant.created_at, ended_at=grant.ended_at,
            ended_reason=grant.ended_reason,
        ))
    return result
