"""HTTP of releases of important and core data, and of what was withdrawn."""

import uuid
from typing import Annotated

from fastapi import Query

from catalog.entries.schemas import Because
from catalog.permissions import READ, RELEASE, RELEASE_APPROVE
from catalog.public import release, tombstones
from catalog.public.models import Release
from catalog.public.schemas import (
    ReleaseIn,
    ReleaseOut,
    ReleasePage,
    ReleaseProposed,
    TombstoneOut,
    TombstonePage,
)
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.wire import When
from kernel.identity.names import Names, names_of

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/releases", **needs(READ))
def list_releases(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
    purpose: Annotated[str | None, Query(pattern="^(export|interface|push)?$")] = None,
    valid: Annotated[bool, Query(description="只列有效的")] = True,
) -> ReleasePage:
    """重要、核心数据出域批准"""
    departments = [department_id] if department_id else None
    if actor.scope == "own" and actor.kind != "system":
        own = [actor.department_id] if actor.department_id else []
        departments = [one for one in own if departments is None or one in departments]
    query = release.listing(departments=departments, purpose=purpose, valid=valid)
    rows, total = release.page(session, query, limit=page.size, offset=page.offset)
    names = names_of(session, usernames=(one.revoked_by for one, *_ in rows))
    items = [_shown(one, code, name, names) for one, code, name in rows]
    return ReleasePage(items=items, total=total, page=page.number, size=page.size)


def _shown(one: Release, code: str, name: str, names: Names) -> ReleaseOut:
    return ReleaseOut(
        id=one.id, entry_id=one.entry_id, code=code, name=name, purpose=one.purpose, level=one.level,
        receiver=one.receiver, basis=one.basis, approval_id=one.approval_id, approved_at=one.approved_at,
        valid_until=one.valid_until, revoked_at=one.revoked_at, revoked_by=names.of(None, one.revoked_by) or None,
        revoke_reason=one.revoke_reason,
    )


@api.post("/releases", status_code=201, **needs(RELEASE))
def request_release(session: Session_, actor: Actor_, body: ReleaseIn) -> ReleaseProposed:
    """申请重要、核心数据出域；由数据局另一人批准"""
    approval = release.request(session, actor, **body.model_dump())
    return ReleaseProposed(approval_id=approval.id, state=approval.state)


@api.post("/releases/{release_id}/revoke", **needs(RELEASE_APPROVE))
def revoke_release(session: Session_, actor: Actor_, release_id: uuid.UUID, body: Because) -> ReleaseOut:
    """收回出域批准，立即生效"""
    one = release.revoke(session, actor, release_id, body.reason)
    code, name = release.entry_of(session, one)
    return _shown(one, code, name, names_of(session, usernames=[one.revoked_by]))


@api.get("/tombstones", **needs(READ))
def list_tombstones(
    session: Session_, actor: Actor_, page: Page_,
    kind: Annotated[str, Query(pattern="^(duty|data_entry|system|db_table)$")] = "data_entry",
    since: When | None = None, until: When | None = None,
) -> TombstonePage:
    """已撤销的目录：编码、时间与理由"""
    rows, total = paginate(session, tombstones.listing(kind, since=since, until=until), page)
    items = [
        TombstoneOut(
            node_id=one.node_id, node_kind=one.node_kind, code=one.code, name=one.name,
            department_id=one.department_id, version=one.version, reason=one.reason, withdrawn_at=one.withdrawn_at,
        )
        for one in rows
    ]
    return TombstonePage(items=items, total=total, page=page.number, size=page.size)
