"""HTTP of the change feed: open to all, because it tells only what is public."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import func

from catalog.ckan.conditions import query_condition
from catalog.ckan.errors import ActionError
from catalog.feed import queries
from catalog.feed.errors import AFTER_INVALID, QUERY_INVALID
from catalog.feed.schemas import ChangeOut, Changes, PublicCount
from catalog.nodes.models import DataEntry
from kernel.http import Session_, public, router

api = router(prefix="/catalog/public", tags=["catalog"])


@api.get("/changes", **public())
def list_changes(
    session: Session_,
    after: Annotated[int, Query(ge=0, le=2**53 - 1, description="已取到的变更号，从 0 开始")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Changes:
    """公开目录变更：按变更号依次读取，不重不漏"""
    head, _ = queries.head(session)
    if after > head:
        raise AFTER_INVALID(head=head)
    found = [ChangeOut.model_validate(one) for one in queries.changes(session, after, limit)]
    return Changes(items=found, next=found[-1].seq if found else after, head=head)


@api.get("/count", **public())
def count(session: Session_, q: Annotated[str, Query(max_length=200, description="检索词")] = "") -> PublicCount:
    """公开目录数量；带检索词时为命中数"""
    try:
        where = query_condition(session, q.replace("\0", ""))
    except ActionError as error:
        raise QUERY_INVALID(reason=error.message) from error
    departments = session.scalar(queries.shown(func.count(DataEntry.department_id.distinct())).where(where)) or 0
    return PublicCount(total=queries.count(session, where), departments=departments)
