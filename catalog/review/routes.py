"""HTTP of reviews: the queue, one case, decisions about many, secrecy records, rules."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query

from catalog.entries.schemas import SecrecyIn
from catalog.errors import CASE_UNKNOWN
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.permissions import CONFIGURE, READ, REVIEW, SECRECY, SUBMIT
from catalog.review import detail, queries, reasons, secrecy, service, stages
from catalog.review.errors import QUEUE_CHANGED
from catalog.review.models import ReviewCase
from catalog.review.queries import Filter
from catalog.review.reasons import Reason
from catalog.review.schemas import (
    BatchDecision,
    BatchResult,
    BatchSubmit,
    CaseDetail,
    CaseOut,
    CasePage,
    OpenReason,
    RuleIn,
    RuleOut,
    SecrecyPage,
    SecrecyRecord,
)
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.wire import When
from kernel.identity.actor import Actor
from kernel.identity.names import names_of
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
_LIMIT = 10_000


def _out(session: Session_, cases: Sequence[ReviewCase]) -> list[CaseOut]:
    names, today = queries.names(session, cases), clock.business_day(clock.now()).isoformat()
    who = names_of(session, (one for case in cases for one in (case.submitted_by, case.decided_by)))
    found: list[CaseOut] = []
    for case in cases:
        code, name, department = names.get(case.node_id, ("", "", ""))
        found.append(CaseOut(
            id=case.id, node_kind=case.node_kind, node_id=case.node_id, code=code, name=name, department=department,
            department_id=case.department_id, subject=case.subject, round=case.round, stages=case.stages,
            stage=case.stage, due_on=case.due_on, due_pending=case.due_pending,
            overdue=case.decision is None and case.due_on is not None and case.due_on < today, note=case.note,
            submitted_by=who.of(case.submitted_by, case.submitted_name), submitted_at=case.submitted_at,
            opened_at=case.opened_at,
            decided_by=who.of(case.decided_by, case.decided_name) or None, decided_at=case.decided_at,
            decision=case.decision, reason=case.reason,
        ))
    return found


def _filter(
    state: Annotated[str, Query(pattern="^(open|done)$")] = "open",
    kind: Annotated[str | None, Query(pattern="^(duty|data_entry|system|db_table)?$")] = None,
    department_id: uuid.UUID | None = None,
    subject: Annotated[str | None, Query(pattern="^(publish|change|withdraw)?$")] = None,
    stage: Annotated[str | None, Query(pattern="^(department|bureau|either)?$")] = None,
    due: Annotated[str | None, Query(pattern="^(overdue|today|week|later|pending|none)?$")] = None,
    older_than: Annotated[int | None, Query(ge=0, le=3660, description="提交至今超过的天数")] = None,
    batch_id: uuid.UUID | None = None,
    mine: bool = False,
    decidable: Annotated[bool, Query(description="只列本人可办的")] = False,
) -> Filter:
    return Filter(state, kind, department_id, subject, stage, due, older_than, batch_id, mine, decidable)


@api.get("/reviews", **needs(READ))
def list_cases(
    session: Session_, actor: Actor_, page: Page_, wanted: Annotated[Filter, Depends(_filter)]
) -> CasePage:
    """审核中心：待审、已审、我提交的"""
    rows, total = paginate(session, queries.selection(actor, wanted), page)
    return CasePage(items=_out(session, rows), total=total, page=page.number, size=page.size)


@api.post("/reviews/submit", **needs(SUBMIT))
def submit_many(session: Session_, actor: Actor_, body: BatchSubmit) -> BatchResult:
    """批量提交审核"""
    kind, ids = KINDS[body.kind], body.node_ids
    if body.batch_id is not None:
        model = kind.model
        ids = nodes.ids_where(session, kind, model.batch_id == body.batch_id, model.status.in_(EDITABLE))
    return BatchResult(count=len(service.submit(session, actor, body.kind, ids)), published=0)


@api.post("/reviews/decide", **needs(REVIEW))
def decide_many(session: Session_, actor: Actor_, body: BatchDecision) -> BatchResult:
    """批量审核：全部办结，或一件也不办；possible 为 true 时只办可办的并列出其余"""
    given = service.Secrecy(**body.secrecy.model_dump()) if body.secrecy else None
    decided = service.decide_cases(
        session, actor, _selected(session, actor, body), body.decision, reason=body.reason, secrecy=given,
        reasons=[Reason(**one.model_dump()) for one in body.reasons], possible=body.possible,
    )
    refused = [one.shown() for one in decided.refused[:1000]]
    return BatchResult(count=decided.count, published=decided.published, refused=refused)


def _selected(session: Session_, actor: Actor, body: BatchDecision) -> list[ReviewCase]:
    if body.batch_id is not None:
        return [case for key in KINDS for case in queries.open_cases_of_batch(session, actor, key, body.batch_id)]
    if body.filter is None:
        return queries.cases(session, actor, body.case_ids)
    found = list(session.scalars(queries.selection(actor, body.filter.filter()).limit(_LIMIT)))
    if body.expected is not None and body.expected != len(found):
        raise QUEUE_CHANGED(expected=body.expected, now=len(found))
    return found


def _shown(session: Session_, case: ReviewCase) -> CaseDetail:
    return CaseDetail(case=_out(session, [case])[0], **detail.case_detail(session, case))


@api.get("/reviews/reasons/{kind}/{node_id}", **needs(READ))
def open_reasons(session: Session_, actor: Actor_, kind: str, node_id: uuid.UUID) -> OpenReason:
    """上次退回的逐项原因（提交人修改时显示在字段旁）"""
    node = node_service.found(session, actor, kind, node_id)
    if not actor.sees(node.department_id):
        raise CASE_UNKNOWN()
    rows = reasons.open_of(session, [node_id]).get(node_id, [])
    return OpenReason(items=reasons.shown(session, kind, rows))


@api.get("/reviews/{case_id}", **needs(READ))
def get_case(session: Session_, actor: Actor_, case_id: uuid.UUID) -> CaseDetail:
    """查看审核事项（不影响提交人撤回）"""
    case = queries.case(session, actor, case_id)
    if case is None:
        raise CASE_UNKNOWN()
    return _shown(session, case)


@api.post("/reviews/{case_id}/open", **needs(REVIEW))
def open_case(session: Session_, actor: Actor_, case_id: uuid.UUID) -> CaseDetail:
    """打开审核事项：此后提交人不能撤回；列出与已发布版本的差异"""
    return _shown(session, service.open_for_review(session, actor, case_id))


@api.post("/reviews/{case_id}/secrecy", **needs(SECRECY))
def record_secrecy(session: Session_, actor: Actor_, case_id: uuid.UUID, body: SecrecyIn) -> CaseDetail:
    """登记保密审查（可由审核人以外的人办理）"""
    found = queries.cases(session, actor, [case_id])
    if not found:
        raise CASE_UNKNOWN()
    service.record_secrecy(session, actor, found, service.Secrecy(**body.model_dump()))
    return _shown(session, found[0])


@api.post("/reviews/{case_id}/recall", **needs(SUBMIT))
def recall_case(session: Session_, actor: Actor_, case_id: uuid.UUID) -> BatchResult:
    """撤回"""
    service.recall(session, actor, case_id)
    return BatchResult(count=1, published=0)


@api.get("/secrecy-reviews", **needs(READ))
def list_secrecy(
    session: Session_, actor: Actor_, page: Page_,
    kind: Annotated[str, Query(pattern="^(duty|data_entry|system|db_table)$")] = "data_entry",
    department_id: uuid.UUID | None = None,
    conclusion: Annotated[str | None, Query(pattern="^(pass|refuse)?$")] = None,
    since: When | None = None,
    until: When | None = None,
    reviewer: Annotated[Plain | None, Query(max_length=100)] = None,
) -> SecrecyPage:
    """保密审查记录"""
    departments = [department_id] if department_id else None
    if actor.scope == "own" and actor.kind != "system":
        own = [actor.department_id] if actor.department_id else []
        departments = [one for one in own if departments is None or one in departments]
    query = secrecy.listing(
        kind=kind, departments=departments, conclusion=conclusion, since=since, until=until, reviewer=reviewer
    )
    rows, total = secrecy.page(session, query, limit=page.size, offset=page.offset)
    names = names_of(session, (one.reviewer_id for one, *_ in rows))
    items = [
        SecrecyRecord(
            id=one.id, node_kind=one.node_kind, node_id=one.node_id, code=code, name=name, department_id=department,
            reviewer=names.of(one.reviewer_id, one.reviewer_name), conclusion=one.conclusion,
            basis=one.basis, revision=one.revision, reviewed_at=one.reviewed_at,
        )
        for one, code, name, department in rows
    ]
    return SecrecyPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/review-rules", **needs(READ))
def list_rules(session: Session_, actor: Actor_) -> list[RuleOut]:
    """审核环节设置：缺省与各部门"""
    return [_rule(*one) for one in stages.listed(session)]


@api.put("/review-rules/{scope}", **needs(CONFIGURE))
def set_rule(session: Session_, actor: Actor_, scope: str, body: RuleIn) -> RuleOut:
    """设置一个部门（或缺省 default）的审核环节；已提交的事项按提交时的环节办理"""
    department_id = stages.department_of(scope)
    rule = stages.configure(session, actor, department_id=department_id, **body.model_dump())
    return next(_rule(*one) for one in stages.listed(session) if one[3] == rule and one[0] == scope)


def _rule(scope: str, department_id: uuid.UUID | None, name: str, rule: stages.Rule) -> RuleOut:
    return RuleOut(
        scope=scope, department_id=department_id, department=name, stages=list(rule.stages),
        due_workdays=rule.due_workdays, separate_secrecy=rule.separate_secrecy, version=rule.version,
    )
