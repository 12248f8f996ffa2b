"""HTTP of likely duplicates and of conflicts of sources."""

import uuid
from typing import Annotated

from fastapi import Query
from sqlalchemy import func, select

from catalog.duplicates import jobs, queries, service
from catalog.duplicates.rules import LIKELY
from catalog.duplicates.schemas import (
    ConflictOut,
    ConflictPage,
    DecisionIn,
    EntryRef,
    LikenessOut,
    PairOut,
    PairPage,
    RefreshOut,
    TwinOut,
)
from catalog.permissions import READ, REVIEW
from kernel.http import Actor_, Page_, Session_, needs, router
from kernel.identity.names import names_of
from kernel.jobs.service import enqueue

api = router(prefix="/catalog", tags=["catalog"])
Least = Annotated[int, Query(ge=400, le=1000, description="相似度下限（千分）")]


@api.get("/entries/{entry_id}/duplicates", **needs(READ))
def entry_duplicates(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, least: Least = LIKELY
) -> list[TwinOut]:
    """疑似与其他部门重复的数据目录（现算，审核前查看）"""
    return [
        TwinOut(**{**vars(twin), "likeness": LikenessOut(**vars(twin.likeness))})
        for twin in service.twins(session, actor, entry_id, least)
    ]


@api.get("/duplicates", **needs(READ))
def list_duplicates(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None, least: Least = LIKELY,
    decided: Annotated[bool, Query(description="也列出已判定为不同的")] = False,
) -> PairPage:
    """疑似重复清单"""
    query = queries.pairs(actor, department_id=department_id, least=least, decided=decided)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(page.size).offset(page.offset)).all()
    names, items = names_of(session, (row[12] for row in rows)), []
    for row in rows:
        pair = row[0]
        sides = (
            EntryRef(entry_id=entry_id, code=code, name=name, status=status, department_id=owner, department=department)
            for entry_id, owner, (code, name, status, department) in (
                (pair.left_id, pair.left_department_id, row[1:5]), (pair.right_id, pair.right_department_id, row[5:9])
            )
        )
        items.append(PairOut(
            left=next(sides), right=next(sides), verdict=row[9], reason=row[10],
            decided_by=names.of(row[12], row[11]) or None,
            likeness=LikenessOut(score=pair.score, title=pair.title, items=pair.items, codes=pair.codes),
            computed_at=pair.computed_at,
        ))
    return PairPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/duplicates/refresh", status_code=202, **needs(REVIEW))
def refresh_duplicates(session: Session_, actor: Actor_) -> RefreshOut:
    """立即比对全部数据目录（后台进行）"""
    return RefreshOut(job_id=enqueue(session, actor, jobs.COMPARE, {}).id)


@api.put("/duplicates/{one_id}/{other_id}", status_code=204, **needs(REVIEW))
def decide_pair(
    session: Session_, actor: Actor_, one_id: uuid.UUID, other_id: uuid.UUID, body: DecisionIn
) -> None:
    """判定一对数据目录：不同或相同"""
    service.decide(session, actor, one_id, other_id, body.verdict, body.reason)


@api.get("/source-conflicts", **needs(READ))
def list_conflicts(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
    common: Annotated[bool, Query(description="也列出常用名称的数据项")] = False,
) -> ConflictPage:
    """数源冲突：多个部门的权威数源含同一数据项"""
    found = [
        one for one in service.source_conflicts(session, actor, department_id) if common or not one.common
    ]
    some = found[page.offset : page.offset + page.size]
    seen = queries.shown(session, actor, (claim.key for one in some for claim in one.claims))
    names = ("code", "name", "status", "department_id", "department")
    return ConflictPage(
        items=[
            ConflictOut(item=one.item, likeness=one.likeness, common=one.common, claims=[
                EntryRef(entry_id=claim.key, **dict(zip(names, seen[claim.key], strict=True)))
                for claim in one.claims if claim.key in seen
            ])
            for one in some
        ],
        total=len(found), page=page.number, size=page.size,
    )
