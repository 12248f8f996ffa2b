"""HTTP of history: the directory as of an instant, one node, the difference between two instants, workbooks."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response

from catalog.history import difference, export, links, queries, service
from catalog.history.difference import Changed, Difference, Narrow
from catalog.history.links import LinkFilters
from catalog.history.queries import Filters
from catalog.history.rules import ChildChanges, instant, label, span
from catalog.history.schemas import (
    AsOfCounts,
    AsOfPage,
    ChangedOut,
    ChildrenOut,
    CountOut,
    DiffCounts,
    DiffPage,
    FieldOut,
    LinkOut,
    LinkRowOut,
    LinkRowPage,
    NodeAtOut,
    SideOut,
    ThenOut,
)
from catalog.permissions import READ
from kernel import clock
from kernel.http import Actor_, Page_, Session_, download, needs, router
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
At = Annotated[str, Query(max_length=40, description="日期（当日终了）或带时区的时刻", examples=["2026-11-01"])]
Kind = Annotated[Plain | None, Query(max_length=20, description="duty、data_entry、system、db_table")]
LinkKind = Annotated[Plain | None, Query(max_length=20, description="duty_data、data_system、system_table、item_column 等")]
Text = Annotated[Plain | None, Query(max_length=200, description="编码或当时的名称包含")]


@api.get("/as-of", **needs(READ))
def as_of(
    session: Session_, actor: Actor_, page: Page_, at: At, kind: Kind = None,
    department_id: uuid.UUID | None = None, q: Text = None,
) -> AsOfPage:
    """历史查询：某一时点的四级目录"""
    when = instant(at, clock.now())
    filters = Filters(service.kind_checked(kind), department_id, q)
    rows, total = service.listed(session, actor, when, filters, limit=page.size, offset=page.offset)
    return AsOfPage(at=when, items=[_then(row) for row in rows], total=total, page=page.number, size=page.size)


@api.get("/as-of/counts", **needs(READ))
def as_of_counts(
    session: Session_, actor: Actor_, at: At, kind: Kind = None, department_id: uuid.UUID | None = None
) -> AsOfCounts:
    """历史查询：某一时点各部门各级的数量"""
    when = instant(at, clock.now())
    rows = service.counts(session, actor, when, Filters(service.kind_checked(kind), department_id))
    totals: dict[str, int] = {}
    for row in rows:
        for level, count in row.levels.items():
            totals[level] = totals.get(level, 0) + count
    return AsOfCounts(at=when, departments=[CountOut.model_validate(row) for row in rows], totals=totals)


@api.get("/as-of/links", **needs(READ))
def as_of_links(
    session: Session_, actor: Actor_, page: Page_, at: At, kind: LinkKind = None,
    department_id: uuid.UUID | None = None,
) -> LinkRowPage:
    """历史查询：某一时点的全部关联"""
    when, filters = instant(at, clock.now()), LinkFilters(kind, department_id)
    rows, total = links.listed(session, actor, when, filters, limit=page.size, offset=page.offset)
    items = [LinkRowOut.model_validate(row) for row in rows]
    return LinkRowPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/as-of/export", **needs(READ))
def as_of_export(
    session: Session_, actor: Actor_, at: At, kind: Kind = None, department_id: uuid.UUID | None = None,
    q: Text = None,
) -> Response:
    """历史查询：下载某一时点的四级目录"""
    when = instant(at, clock.now())
    data = export.as_of(session, actor, when, Filters(service.kind_checked(kind), department_id, q))
    return download(data, f"四级目录-截至{clock.business_day(when)}.xlsx")


@api.get("/as-of/nodes/{kind}/{node_id}", **needs(READ))
def node_as_of(session: Session_, actor: Actor_, kind: str, node_id: uuid.UUID, at: At) -> NodeAtOut:
    """历史查询：一个目录在某一时点的内容、数据项（字段）与关联"""
    when = instant(at, clock.now())
    node = service.node_at(session, actor, kind, node_id, when)
    return NodeAtOut(
        at=when, node=_then(node), fields=node.fields, labels={name: label(name) for name in node.fields},
        children=service.children_at(session, node), children_count=len(node.child_hashes),
        links=[LinkOut.model_validate(one) for one in links.of_node(session, actor, node_id, when)],
    )


@api.get("/diff", **needs(READ))
def diff(
    session: Session_, actor: Actor_, page: Page_,
    first: Annotated[str, Query(alias="from", max_length=40, examples=["2026-10-01"])],
    second: Annotated[str, Query(alias="to", max_length=40, examples=["2026-11-01"])],
    kind: Kind = None, department_id: uuid.UUID | None = None,
    change: Annotated[str | None, Query(pattern="^(added|changed|moved|withdrawn)$")] = None,
) -> DiffPage:
    """两个时点之间的变化：新增、变更（逐字段）、部门调整、撤销"""
    start, end = span(first, second, clock.now())
    rows = difference.between(session, actor, start, end, Narrow(service.kind_checked(kind), department_id, change))
    shown = difference.detailed(session, rows[page.offset : page.offset + page.size])
    children = difference.children_between(session, shown)
    return DiffPage(
        first=start, second=end, items=[_changed(row, children.get(row.node_id)) for row in shown],
        counts=_counts(session, rows), total=len(rows), page=page.number, size=page.size,
    )


@api.get("/diff/links", **needs(READ))
def diff_links(
    session: Session_, actor: Actor_, page: Page_,
    first: Annotated[str, Query(alias="from", max_length=40)],
    second: Annotated[str, Query(alias="to", max_length=40)],
    kind: LinkKind = None, department_id: uuid.UUID | None = None,
) -> LinkRowPage:
    """两个时点之间新增与解除的关联"""
    start, end = span(first, second, clock.now())
    rows = links.between(session, actor, start, end, LinkFilters(kind, department_id))
    items = [LinkRowOut.model_validate(row) for row in rows[page.offset : page.offset + page.size]]
    return LinkRowPage(items=items, total=len(rows), page=page.number, size=page.size)


@api.get("/diff/export", **needs(READ))
def diff_export(
    session: Session_, actor: Actor_,
    first: Annotated[str, Query(alias="from", max_length=40)],
    second: Annotated[str, Query(alias="to", max_length=40)],
    kind: Kind = None, department_id: uuid.UUID | None = None,
) -> Response:
    """下载两个时点之间的变化"""
    start, end = span(first, second, clock.now())
    data = export.diff(session, actor, start, end, Narrow(service.kind_checked(kind), department_id))
    return download(data, f"目录变化-{clock.business_day(start)}至{clock.business_day(end)}.xlsx")


def _then(row: service.Then) -> ThenOut:
    return ThenOut(**{name: getattr(row, name) for name in ThenOut.model_fields})


def _changed(row: Changed, children: ChildChanges | None) -> ChangedOut:
    sides = [
        None if side is None else SideOut(**{name: getattr(side, name) for name in SideOut.model_fields})
        for side in (row.before, row.after)
    ]
    return ChangedOut(
        kind=row.kind, node_id=row.node_id, changes=row.changes, before=sides[0], after=sides[1],
        fields=[FieldOut.model_validate(field) for field in row.fields],
        children=None if children is None else ChildrenOut.model_validate(children),
    )


def _counts(session: Session_, rows: list[Difference]) -> list[DiffCounts]:
    departments = queries.departments(session)
    found: Mapping[uuid.UUID, Any] = difference.summary(rows)
    return [
        DiffCounts(department_id=key, department=departments[key][0], kind=kind, **cells)
        for key in sorted(found, key=lambda one: departments[one][1]) for kind, cells in sorted(found[key].items())
    ]
