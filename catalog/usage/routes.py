"""HTTP of usage."""

import uuid
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from sqlalchemy import func, select

from catalog.nodes import service as nodes
from catalog.permissions import READ
from catalog.usage import queries, service
from catalog.usage.interest import interest
from catalog.usage.queries import By
from catalog.usage.schemas import EntryUsage, UsagePoint, UsedEntry, UsedPage
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, router

api = router(prefix="/catalog", tags=["catalog"])
Days = Annotated[int, Query(ge=1, le=1100, description="最近多少天，含今天")]


def _period(days: int) -> tuple[date, date]:
    until = clock.business_day(clock.now())
    return until - timedelta(days=days - 1), until


@api.get("/entries/{entry_id}/usage", **needs(READ))
def entry_usage(session: Session_, actor: Actor_, entry_id: uuid.UUID, days: Days = 90) -> EntryUsage:
    """数据目录的使用情况：浏览、下载、调用逐日数"""
    nodes.found(session, actor, "data_entry", entry_id)
    since, until = _period(days)
    rows = queries.days_of(session, entry_id, since.isoformat(), until.isoformat())
    return EntryUsage(
        entry_id=entry_id, since=since.isoformat(), until=until.isoformat(),
        points=[UsagePoint(**point) for point in service.series(rows, since, until)],
        totals=queries.totals(session, entry_id), **interest(session, entry_id),
    )


@api.get("/usage/daily", **needs(READ))
def daily_usage(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, days: Days = 90
) -> list[UsagePoint]:
    """使用情况逐日合计（有使用的日子）"""
    since, until = _period(days)
    rows = queries.daily(session, actor, department_id, since.isoformat(), until.isoformat())
    return [
        UsagePoint(day=day, views=views, downloads=downloads, calls=calls, failed=failed)
        for day, views, downloads, calls, failed in rows
    ]


@api.get("/usage/top", **needs(READ))
def top_entries(
    session: Session_, actor: Actor_, page: Page_, by: By = "views", department_id: uuid.UUID | None = None,
    days: Days = 30,
) -> UsedPage:
    """使用最多的数据目录"""
    since, until = _period(days)
    query = queries.top(actor, by, department_id, since.isoformat(), until.isoformat())
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(page.size).offset(page.offset))
    return UsedPage(
        items=[
            UsedEntry(
                entry_id=row[0], code=row[1], name=row[2], department=row[3], views=row[4], downloads=row[5],
                calls=row[6], failed=row[7],
            )
            for row in rows
        ],
        total=total, page=page.number, size=page.size, since=since.isoformat(), until=until.isoformat(),
    )
