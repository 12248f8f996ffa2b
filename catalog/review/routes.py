"""HTTP of reviews: the queue, one case, decisions about many."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from catalog.nodes import queries as nodes
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.nodes.rules import LABELS
from catalog.permissions import READ, REVIEW, SUBMIT
from catalog.review import queries, service
from catalog.review.models import ReviewCase
from catalog.review.schemas import BatchDecision, BatchResult, BatchSubmit, CaseDetail, CaseOut, CasePage
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/catalog/reviews", tags=["catalog"])


def _out(session: Session_, cases: Sequence[ReviewCase]) -> list[CaseOut]:
    names = queries.names(session, cases)
    found: list[CaseOut] = []
    for case in cases:
        code, name, department = names.get(case.node_id, ("", "", ""))
        found.append(CaseOut(
            id=case.id, node_kind=case.node_kind, node_id=case.node_id, code=code, name=name, department=department,
            subject=case.subject, submitted_by=case.submitted_name, submitted_at=case.submitted_at,
            opened_at=case.opened_at, decided_by=case.decided_name, decided_at=case.decided_at,
            decision=case.decision, reason=case.reason,
        ))
    return found


@api.get("", **needs(READ))
def list_cases(
    session: Session_, actor: Actor_, page: Page_,
    state: Annotated[str, Query(pattern="^(open|done)$")] = "open",
    kind: str | None = None,
    department_id: uuid.UUID | None = None,
    mine: bool = False,
) -> CasePage:
    """审核中心：待审、已审、我提交的"""
    query = queries.queue(actor, state=state, kind=kind, department_id=department_id, mine=mine)
    rows, total = paginate(session, query, page)
    return CasePage(items=_out(session, rows), total=total, page=page.number, size=page.size)


@api.post("/submit", **needs(SUBMIT))
def submit_many(session: Session_, actor: Actor_, body: BatchSubmit) -> BatchResult:
    """批量提交审核"""
    kind, ids = KINDS[body.kind], body.node_ids
    if body.batch_id is not None:
        model = kind.model
        ids = nodes.ids_where(session, kind, model.batch_id == body.batch_id, model.status.in_(EDITABLE))
    return BatchResult(count=len(service.submit(session, actor, body.kind, ids)), published=0)


@api.post("/decide", **needs(REVIEW))
def decide_many(session: Session_, actor: Actor_, body: BatchDecision) -> BatchResult:
    """批量审核：全部办结，或一件也不办"""
    if body.batch_id is not None:
        cases = [
            case for key in KINDS for case in queries.open_cases_of_batch(session, actor, key, body.batch_id)
        ]
    else:
        cases = queries.cases(session, actor, body.case_ids)
    secrecy = service.Secrecy(**body.secrecy.model_dump()) if body.secrecy else None
    decided = service.decide_cases(session, actor, cases, body.decision, reason=body.reason, secrecy=secrecy)
    return BatchResult(count=decided.count, published=decided.published)


@api.post("/{case_id}/open", **needs(REVIEW))
def open_case(session: Session_, actor: Actor_, case_id: uuid.UUID) -> CaseDetail:
    """打开审核事项：此后提交人不能撤回；列出与已发布版本的差异"""
    case = service.open_for_review(session, actor, case_id)
    change = nodes.change(session, case.node_id)
    row = nodes.rows(session, KINDS[case.node_kind], [case.node_id])[case.node_id]
    fields = dict(change.proposed.get("fields", {})) if change else {}  # type: ignore[call-overload]
    differences = [
        {"field": name, "label": LABELS.get(name, name), "before": row.get(name), "after": value}
        for name, value in fields.items() if row.get(name) != value
    ]
    returned = [c.reason for c in queries.returned(session, case.node_id) if c.reason]
    return CaseDetail(
        case=_out(session, [case])[0], differences=differences, answered=returned,
        secrecy=[
            {"reviewer": one.reviewer_name, "conclusion": one.conclusion, "basis": one.basis,
             "revision": one.revision, "reviewed_at": clock.iso(one.reviewed_at)}
            for one in queries.secrecy_records(session, case.node_id)
        ],
    )


@api.post("/{case_id}/recall", **needs(SUBMIT))
def recall_case(session: Session_, actor: Actor_, case_id: uuid.UUID) -> BatchResult:
    """撤回"""
    service.recall(session, actor, case_id)
    return BatchResult(count=1, published=0)


