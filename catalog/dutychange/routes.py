"""HTTP of duty changes and their tasks."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query

from catalog.dependents.port import Dependent
from catalog.dependents.queries import Node
from catalog.dutychange import queries, service, tasks
from catalog.dutychange.models import DutyChange, DutyChangeDuty, DutyTask
from catalog.dutychange.rules import ANSWERS, KINDS, effective, label
from catalog.dutychange.schemas import (
    AnswerIn,
    BelowOut,
    BlockedOut,
    ChangeOut,
    ChangePage,
    DecideIn,
    DepartmentTasks,
    DutyOut,
    PlanIn,
    PreviewOut,
    ReasonIn,
    ResultOut,
    SecrecyIn,
    TaskIds,
    TaskOut,
    TaskPage,
    TasksDone,
)
from catalog.nodes.models import Duty
from catalog.permissions import EDIT, READ, REVIEW, SECRECY
from catalog.review.secrecy import Secrecy
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.identity.names import Names, names_of
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
_SHOWN = 500


@api.post("/duty-changes/preview", **needs(EDIT))
def preview_change(session: Session_, actor: Actor_, body: PlanIn) -> PreviewOut:
    """职责变更预览：新职责、下级与其下全部目录、各部门的核实任务"""
    plan = body.plan()
    seen = service.preview(session, actor, plan)
    under: list[Node | Dependent] = [*seen.below.nodes, *seen.below.dependents]
    direct = {entry for _, entry in seen.below.links}
    tasks_of: dict[uuid.UUID, int] = {}
    for one in under:
        tasks_of[one.department_id] = tasks_of.get(one.department_id, 0) + 1
    return PreviewOut(
        across=seen.across, secrecy_needed=service.makes_duties(plan), counts=seen.below.counts,
        duties=[_duty(role, duty.id, duty, seen.departments) for role, some in (
            ("source", seen.sources), ("child", seen.children)) for duty in some],
        results=[ResultOut(
            name=one.name, department_id=one.department.id, department=one.department.name, entries=one.entries
        ) for one in seen.results],
        below=[_below(one, seen.departments) for one in under[:_SHOWN]],
        entries=[_below(one, seen.departments) for one in seen.below.of("data_entry") if one.id in direct],
        departments=[DepartmentTasks(department_id=key, department=seen.departments[key].name, tasks=count)
                     for key, count in sorted(tasks_of.items(), key=lambda pair: seen.departments[pair[0]].sort)],
        blocked=[BlockedOut(duty_id=duty.id, code=duty.code, name=duty.name, reason_zh=zh, reason_en=en)
                 for duty, (zh, en) in seen.blocked],
    )


@api.post("/duty-changes", status_code=201, **needs(EDIT))
def propose_change(session: Session_, actor: Actor_, body: PlanIn) -> ChangeOut:
    """提出职责变更"""
    return _out(session, actor, [service.propose(session, actor, body.plan())])[0]


@api.get("/duty-changes", **needs(READ))
def list_changes(
    session: Session_, actor: Actor_, page: Page_,
    state: Annotated[Plain | None, Query(max_length=12)] = None,
    kind: Annotated[Plain | None, Query(max_length=10)] = None,
) -> ChangePage:
    """职责变更列表：涉及本部门的"""
    rows, total = paginate(session, queries.listing(actor, state=state, kind=kind, now=clock.now()), page)
    return ChangePage(items=_out(session, actor, rows), total=total, page=page.number, size=page.size)


@api.get("/duty-changes/{change_id}", **needs(READ))
def get_change(session: Session_, actor: Actor_, change_id: uuid.UUID) -> ChangeOut:
    """职责变更详情"""
    return _out(session, actor, [service.found(session, actor, change_id)])[0]


@api.post("/duty-changes/{change_id}/secrecy", **needs(SECRECY))
def record_change_secrecy(session: Session_, actor: Actor_, change_id: uuid.UUID, body: SecrecyIn) -> ChangeOut:
    """登记保密审查"""
    row = service.record_secrecy(session, actor, change_id, Secrecy(body.conclusion, body.basis))
    return _out(session, actor, [row])[0]


@api.post("/duty-changes/{change_id}/decision", **needs(REVIEW))
def decide_change(session: Session_, actor: Actor_, change_id: uuid.UUID, body: DecideIn) -> ChangeOut:
    """审核职责变更：本部门的由审核人，跨部门的由数据局；同意即生效，生效日期未到的到日生效"""
    secrecy = Secrecy(body.secrecy.conclusion, body.secrecy.basis) if body.secrecy else None
    row = service.decide(
        session, actor, change_id, approve=body.approve, opinion=body.opinion, digest=body.digest, secrecy=secrecy
    )
    return _out(session, actor, [row])[0]


@api.post("/duty-changes/{change_id}/withdrawal", **needs(READ))
def withdraw_change(session: Session_, actor: Actor_, change_id: uuid.UUID, body: ReasonIn) -> ChangeOut:
    """撤回职责变更：提出人；待生效的，审核人也可撤回（已生效的不能撤回）"""
    return _out(session, actor, [service.withdraw(session, actor, change_id, reason=body.reason)])[0]


@api.get("/duty-tasks", **needs(READ))
def list_tasks(
    session: Session_, actor: Actor_, page: Page_, change_id: uuid.UUID | None = None,
    state: Annotated[str | None, Query(pattern="^(open|done)$")] = None, department_id: uuid.UUID | None = None,
) -> TaskPage:
    """职责变更后的核实任务"""
    query = queries.tasks(actor, change_id=change_id, state=state, department_id=department_id)
    rows, total = paginate(session, query, page)
    names = names_of(session, (row.done_by for row in rows))
    return TaskPage(items=[_task(row, names) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/duty-tasks/answer", **needs(EDIT))
def answer_tasks(session: Session_, actor: Actor_, body: AnswerIn) -> TasksDone:
    """填报核实结果（可一次多项，全部办结或一项也不办）"""
    return TasksDone(count=len(tasks.answer(session, actor, body.task_ids, answer=body.answer, note=body.note)))


@api.post("/duty-tasks/reopen", **needs(EDIT))
def reopen_tasks(session: Session_, actor: Actor_, body: TaskIds) -> TasksDone:
    """撤销核实结果，重新核实"""
    return TasksDone(count=len(tasks.reopen(session, actor, body.task_ids)))


def _duty(
    role: str, duty_id: uuid.UUID, row: DutyChangeDuty | Duty, departments: Mapping[uuid.UUID, Department]
) -> DutyOut:
    return DutyOut(
        role=role, duty_id=duty_id, code=row.code, name=row.name, department_id=row.department_id,
        department=departments[row.department_id].name,
    )


def _below(one: Node | Dependent, departments: Mapping[uuid.UUID, Department]) -> BelowOut:
    return BelowOut(
        kind=one.kind, id=one.id, code=one.code, name=one.name, department_id=one.department_id,
        department=departments[one.department_id].name,
    )


def _out(session: Session_, actor: Actor, rows: Sequence[DutyChange]) -> list[ChangeOut]:
    held, now = queries.approvals(session, rows), clock.now()
    names = names_of(session, (
        one for row in rows for one in (row.created_by, row.secrecy_by, held[row.approval_id].checker_id)
    ))
    ids = [row.id for row in rows]
    taking_part, progress = queries.duties(session, ids), queries.progress(session, ids)
    departments = queries.departments(session, {one.department_id for one in taking_part})
    found = []
    for row in rows:
        approval = held[row.approval_id]
        state = effective(row.state, approval.expires_at, now)
        plain = {name: getattr(row, name) for name in ChangeOut.model_fields if hasattr(row, name)}
        found.append(ChangeOut(**{
            **plain, "state": state, "state_zh": label(state, row.effective_on), "kind_zh": KINDS[row.kind][0],
            "digest": approval.digest, "checker": names.of(approval.checker_id, approval.checker_name) or None,
            "created_name": names.of(row.created_by, row.created_name),
            "secrecy_name": names.of(row.secrecy_by, row.secrecy_name) or None, "opinion": approval.opinion,
            "expires_at": approval.expires_at, "tasks": progress.get(row.id, {}),
            "duties": [_duty(one.role, one.duty_id, one, departments) for one in taking_part
                       if one.change_id == row.id],
            "actions": _actions(actor, row, state, approval),
        }))
    return found


def _actions(actor: Actor, row: DutyChange, state: str, approval: Approval) -> list[str]:
    if row.state == "scheduled":
        return ["withdraw"] if service.may_withdraw(actor, row) else []
    if row.state != "review":
        return []
    found = []
    if state == "review" and approvals.may_decide(actor, approval):
        found.append("decide")
    if state == "review" and actor.may(SECRECY) and actor.user_id != row.created_by:
        found.append("secrecy")
    if service.may_withdraw(actor, row):
        found.append("withdraw")
    return found


def _task(row: DutyTask, names: Names) -> TaskOut:
    today = clock.business_day(clock.now()).isoformat()
    plain = {name: getattr(row, name) for name in TaskOut.model_fields if hasattr(row, name)}
    plain["done_name"] = names.of(row.done_by, row.done_name) or None
    return TaskOut(
        **plain, answer_zh=ANSWERS[row.answer][0] if row.answer else None,
        overdue=row.state == "open" and row.due_on is not None and row.due_on < today,
    )
