"""HTTP of the change feed: open to all, because it tells only what is public."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import func

from catalog.ckan.conditions import query_condition
from catalog.ckan.errors import ActionError
from catalog.feed import epochs, queries
from catalog.feed.errors import AFTER_INVALID, EPOCH_OTHER, QUERY_INVALID
from catalog.feed.schemas import ChangeOut, Changes, PublicCount
from catalog.nodes.models import DataEntry
from kernel.http import Session_, public, router

api = router(prefix="/catalog/public", tags=["catalog"])


@api.get("/changes", **public())
def list_changes(
    session: Session_,
    after: Annotated[int, Query(ge=0, le=2**53 - 1, description="已取到的变更号，从 0 开始")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    epoch: Annotated[str, Query(max_length=40, description="上次应答的 epoch；已改变时拒绝")] = "",
    cursor: Annotated[str, Query(max_length=80, description="上次应答的 cursor，代替 after 与 epoch")] = "",
) -> Changes:
    """公开目录变更：按变更号依次读取，不重不漏；序列重新开始时给出 409，须从 0 重新同步"""
    if cursor:
        place = epochs.Place.read(cursor)
        epochs.check(session, place)
        after = place.seq
    now = queries.epoch(session).epoch
    head, _ = queries.head(session)
    if epoch and epoch != now:
        raise EPOCH_OTHER(epoch=now, head=head)
    if after > head:
        raise AFTER_INVALID(head=head)
    found = [ChangeOut.model_validate(one) for one in queries.changes(session, after, limit)]
    last = found[-1].seq if found else after
    return Changes(items=found, next=last, head=head, epoch=now, cursor=epochs.place_of(session, last).text())


@api.get("/count", **public())
def count(session: Session_, q: Annotated[str, Query(max_length=200, description="检索词")] = "") -> PublicCount:
    """公开目录数量；带检索词时为命中数"""
    try:
        where = query_condition(session, q.replace("\0", ""))
    except ActionError as error:
        raise QUERY_INVALID(reason=error.message) from error
    departments = session.scalar(queries.shown(func.count(DataEntry.department_id.distinct())).where(where)) or 0
    return PublicCount(total=queries.count(session, where), departments=departments)
