"""HTTP of quality."""

import uuid
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Query, Response
from sqlalchemy import func, select

from catalog.nodes.kinds import KindKey
from catalog.permissions import READ
from catalog.quality import export, jobs, queries, service, views
from catalog.quality.permissions import COMPUTE
from catalog.quality.schemas import (
    DepartmentQuality,
    FailingPage,
    NodeQuality,
    RefreshOut,
    RuleOut,
    Summary,
    TrendPoint,
)
from kernel import clock
from kernel.http import Actor_, Page_, Session_, download, needs, router
from kernel.jobs.service import enqueue
from kernel.text import Plain

api = router(prefix="/catalog/quality", tags=["catalog"])
Dimension = Literal["norm", "complete", "accurate", "consistent", "timely", "accessible"]
Rule_ = Annotated[Plain | None, Query(max_length=40, description="规则编号，见 /catalog/quality/rules")]


@api.get("/rules", **needs(READ))
def list_rules() -> list[RuleOut]:
    """质量规则"""
    return views.rule_list()


@api.get("/summary", **needs(READ))
def get_summary(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, kind: KindKey | None = None
) -> Summary:
    """六性：合计、分级、分规则"""
    return views.summary(session, actor, department_id, kind)


@api.get("/departments", **needs(READ))
def list_departments(session: Session_, actor: Actor_, kind: KindKey | None = None) -> list[DepartmentQuality]:
    """各部门六性"""
    return views.departments(session, actor, kind)


@api.get("/failures", **needs(READ))
def list_failures(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None, kind: KindKey | None = None,
    rule: Rule_ = None, dimension: Dimension | None = None, node_id: uuid.UUID | None = None,
) -> FailingPage:
    """不合格单元"""
    query = queries.failures(
        service.scope(actor, department_id), node_kind=kind, rule=rule, dimension=dimension, node_id=node_id
    )
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(page.size).offset(page.offset)).mappings()
    return FailingPage(
        items=[views.failing(dict(row), row["department"]) for row in rows], total=total, page=page.number,
        size=page.size,
    )


@api.get("/failures/export", **needs(READ))
def export_failures(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, kind: KindKey | None = None,
    rule: Rule_ = None, dimension: Dimension | None = None,
) -> Response:
    """导出不合格单元"""
    query = queries.failures(service.scope(actor, department_id), node_kind=kind, rule=rule, dimension=dimension)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = [dict(row) for row in session.execute(query.limit(export.LIMIT)).mappings()]
    data = export.workbook(rows, total, views.summary(session, actor, department_id, kind))
    return download(data, "数据目录质量检查.xlsx")


@api.get("/nodes/{kind}/{node_id}", **needs(READ))
def get_node_quality(session: Session_, actor: Actor_, kind: KindKey, node_id: uuid.UUID) -> NodeQuality:
    """一个目录的六性（现算）"""
    return views.of_node(session, actor, kind, node_id)


@api.get("/trend", **needs(READ))
def get_trend(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, kind: KindKey | None = None,
    days: Annotated[int, Query(ge=1, le=1100, description="最近多少天")] = 90,
) -> list[TrendPoint]:
    """六性逐日变化"""
    today = clock.business_day(clock.now())
    since = today - timedelta(days=days - 1)
    return views.trend(session, actor, department_id, kind, since.isoformat(), today.isoformat())


@api.post("/refresh", status_code=202, **needs(COMPUTE))
def refresh(session: Session_, actor: Actor_, department_id: uuid.UUID | None = None) -> RefreshOut:
    """立即重新计算（后台进行）"""
    only = service.scope(actor, department_id)
    params = {"departments": None if only is None else [str(one) for one in only], "force": True}
    return RefreshOut(job_id=enqueue(session, actor, jobs.REFRESH, params, department_id).id)
