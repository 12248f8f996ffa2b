"""HTTP of search: all four levels, pickers, saved searches."""

import uuid
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from catalog.nodes.kinds import KindKey
from catalog.permissions import READ
from catalog.search import everywhere, pick, saved
from catalog.search.rules import COUNT_LIMIT
from catalog.search.schemas import HitOut, HitPage, Picked, SavedIn, SavedOut
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, router, set_etag
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/search", **needs(READ))
def search(
    session: Session_, actor: Actor_, page: Page_, q: Annotated[Plain, Query(min_length=1, max_length=200)],
    kind: KindKey | None = None, department_id: uuid.UUID | None = None,
    status: Annotated[Plain | None, Query(max_length=20)] = None, facets: bool = False,
) -> HitPage:
    """检索四级目录：编码、名称、正文，按相关度排列"""
    found = everywhere.ranking(session, actor, q, kind=kind, department_id=department_id, status=status)
    total = found.count(COUNT_LIMIT + 1)
    top = found.top(page.size, page.offset) if page.offset < COUNT_LIMIT else []
    query = found.wish.query
    return HitPage(
        items=[HitOut(**one) for one in everywhere.hits(session, top, query)], total=min(total, COUNT_LIMIT),
        page=page.number, size=page.size, capped=total > COUNT_LIMIT, scanned=query.scan_only,
        complete=found.complete, departments={word: list(ids) for word, ids in found.wish.departments.items()},
        facets=everywhere.facets(session, found) if facets else None,
    )


@api.get("/pick", **needs(READ))
def pick_one(
    session: Session_, actor: Actor_, kind: KindKey | Literal["department"],
    q: Annotated[Plain, Query(max_length=100, description="名称、编码或拼音首字母")] = "",
    department_id: uuid.UUID | None = None, limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> list[Picked]:
    """选择框：按名称、编码或拼音首字母"""
    if kind == "department":
        rows = pick.departments(session, q, limit)
    else:
        rows = pick.nodes(session, actor, kind, q, limit, department_id)
    return [Picked(**row) for row in rows]


@api.get("/saved-searches", **needs(READ))
def list_saved(session: Session_, actor: Actor_) -> list[SavedOut]:
    """我保存的检索"""
    return [SavedOut.model_validate(one) for one in saved.of(session, actor)]


@api.post("/saved-searches", status_code=201, **needs(READ))
def save_search(session: Session_, actor: Actor_, body: SavedIn, response: Response) -> SavedOut:
    """保存一个检索"""
    made = saved.save(session, actor, name=body.name, q=body.q, filters=body.filters, notify_new=body.notify)
    set_etag(response, made.version)
    return SavedOut.model_validate(made)


@api.get("/saved-searches/{saved_id}", **needs(READ))
def get_saved(session: Session_, actor: Actor_, saved_id: uuid.UUID, response: Response) -> SavedOut:
    """一个保存的检索"""
    one = saved.one(session, actor, saved_id)
    set_etag(response, one.version)
    return SavedOut.model_validate(one)


@api.put("/saved-searches/{saved_id}", **needs(READ))
def change_saved(
    session: Session_, actor: Actor_, saved_id: uuid.UUID, body: SavedIn, request: Request, response: Response
) -> SavedOut:
    """修改保存的检索"""
    one = saved.one(session, actor, saved_id)
    check_if_match(request, one.version)
    changed = saved.change(
        session, actor, saved_id, version=one.version, name=body.name, q=body.q, filters=body.filters,
        notify_new=body.notify,
    )
    set_etag(response, changed.version)
    return SavedOut.model_validate(changed)


@api.delete("/saved-searches/{saved_id}", status_code=204, **needs(READ))
def forget_saved(session: Session_, actor: Actor_, saved_id: uuid.UUID) -> None:
    """删除保存的检索"""
    saved.forget(session, actor, saved_id)
