"""HTTP of links: of a node, adding and removing, what waits for review, versions, proposals."""

import uuid
from typing import Annotated

from fastapi import Query

from catalog import anchor
from catalog.links import decisions, listing, matching, queries, service
from catalog.links.errors import LINK_UNKNOWN
from catalog.links.schemas import (
    ChangesIn,
    DecidedOut,
    DecisionIn,
    LinkChangeOut,
    LinkChangePage,
    LinkOut,
    LinkOutcome,
    LinkPage,
    LinksIn,
    LinkVersionOut,
    ProposalOut,
)
from catalog.permissions import EDIT, READ, REVIEW
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.names import names_of

api = router(prefix="/catalog", tags=["catalog"])
_END = "^(duty|data_entry|data_item|system|db_table|db_column)$"
_KIND = "^(duty_data|data_system|system_table|item_column|data_data|duty_duty)$"
_PENDING = 200


@api.get("/links", **needs(READ))
def list_links(
    session: Session_, actor: Actor_, page: Page_,
    node_kind: Annotated[str, Query(pattern=_END)], node_id: uuid.UUID,
    kind: Annotated[str | None, Query(pattern=_KIND)] = None,
) -> LinkPage:
    """一个目录、数据项或字段的全部关联，两端均带名称"""
    end = service.visible_end(session, actor, node_kind, node_id)
    rows, counts = listing.of_node(session, actor, node_kind, node_id, kind, limit=page.size, offset=page.offset)
    waiting = queries.changes_at(session, end, _PENDING) if actor.sees(end.department_id) else []
    return LinkPage(
        items=[LinkOut.model_validate(row) for row in rows], counts=counts,
        total=counts.get(kind, 0) if kind else sum(counts.values()), page=page.number, size=page.size,
        pending=[LinkChangeOut.model_validate(row) for row in listing.changes(session, waiting)],
    )


def _wanted(body: LinksIn) -> list[service.Wanted]:
    return [service.Wanted(one.kind, one.from_id, one.to_id, one.relation) for one in body.links]


def _outcomes(found: list[service.Outcome]) -> list[LinkOutcome]:
    return [
        LinkOutcome(
            kind=one.wanted.kind, from_id=one.wanted.from_id, to_id=one.wanted.to_id, relation=one.wanted.relation,
            link_id=one.link_id, state=one.state,
        )
        for one in found
    ]


@api.post("/links", **needs(EDIT))
def add_links(session: Session_, actor: Actor_, body: LinksIn) -> list[LinkOutcome]:
    """新增关联；两端均已发布的须经审核"""
    return _outcomes(service.add_many(session, actor, _wanted(body)))


@api.post("/links/remove", **needs(EDIT))
def remove_links(session: Session_, actor: Actor_, body: LinksIn) -> list[LinkOutcome]:
    """解除关联；已生效的须经审核"""
    return _outcomes(service.remove_many(session, actor, _wanted(body)))


@api.get("/links/proposals", **needs(EDIT))
def propose_links(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, table_id: uuid.UUID | None = None,
    min_score: Annotated[int, Query(ge=1, le=100)] = matching.MIN_SCORE,
) -> list[ProposalOut]:
    """按名称、注释与代码集建议的数据项—字段关联，由人确认（POST /links）"""
    service.visible_end(session, actor, "data_entry", entry_id)
    if table_id is not None:
        service.visible_end(session, actor, "db_table", table_id)
    found = matching.propose(session, actor, entry_id, table_id, min_score)
    return [ProposalOut.model_validate(one) for one in found]


@api.get("/links/changes", **needs(READ))
def list_changes(
    session: Session_, actor: Actor_, page: Page_,
    state: Annotated[str, Query(pattern="^(open|done)$")] = "open",
    kind: Annotated[str | None, Query(pattern=_KIND)] = None,
    department_id: uuid.UUID | None = None,
    mine: bool = False,
    change_id: Annotated[uuid.UUID | None, Query(description="只列与该变更一并提交的，不论是否办结；其他条件不起作用")] = None,
) -> LinkChangePage:
    """待审核与已审核的关联"""
    if change_id is not None:
        query = queries.together(actor, change_id)
    else:
        query = queries.queue(actor, state=state, kind=kind, department_id=department_id, mine=mine)
    rows, total = paginate(session, query, page)
    items = [LinkChangeOut.model_validate(row) for row in listing.changes(session, rows)]
    return LinkChangePage(items=items, total=total, page=page.number, size=page.size)


@api.post("/links/changes/decide", **needs(REVIEW))
def decide_changes(session: Session_, actor: Actor_, body: DecisionIn) -> DecidedOut:
    """批量审核关联：通过或退回（不能审核本人提交的）"""
    decided = decisions.decide(session, actor, body.ids, body.decision, body.reason)
    return DecidedOut(count=decided.count, effective=decided.effective)


@api.post("/links/changes/recall", **needs(EDIT))
def recall_changes(session: Session_, actor: Actor_, body: ChangesIn) -> DecidedOut:
    """撤回本人提交的关联"""
    return DecidedOut(count=decisions.recall(session, actor, body.ids), effective=0)


@api.get("/links/{link_id}/versions", **needs(READ))
def list_link_versions(session: Session_, actor: Actor_, link_id: uuid.UUID) -> list[LinkVersionOut]:
    """一条关联的版本与上链状态，新的在前"""
    rows = queries.versions(session, link_id)
    if not rows:
        raise LINK_UNKNOWN()
    names = names_of(session, (one for row in rows for one in (row.author_id, row.approver_id)))
    states = anchor.states(session, rows[0].link_kind, [(row.link_id, row.version) for row in rows])
    return [
        LinkVersionOut(
            version=row.version, action=row.action, entry_hash=row.entry_hash, prev_hash=row.prev_hash,
            valid_from=row.valid_from, content=row.content,
            author=names.of(row.author_id, None) or None,
            approver=names.of(row.approver_id, None) or None,
            anchor=states.get((str(row.link_id), row.version)),
        )
        for row in reversed(rows)
    ]


