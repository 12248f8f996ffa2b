"""Use cases of duty changes: preview, propose, record the secrecy review, decide, withdraw."""

import uuid
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from catalog.codes.service import allocate
from catalog.dependents.queries import Below, below
from catalog.dutychange import queries
from catalog.dutychange.errors import BLOCKED, PLAN, UNKNOWN
from catalog.dutychange.models import DutyChange, DutyChangeDuty
from catalog.dutychange.rules import KINDS, Plan, assign, blocked, check, next_state, plan_json
from catalog.errors import SAME_PERSON
from catalog.holds.queries import held
from catalog.nodes.models import Duty
from catalog.nodes.rules import problems
from catalog.nodes.service import found as node_found
from catalog.nodes.service import raise_first
from catalog.permissions import EDIT, REORGANISE, REVIEW, SECRECY
from catalog.review.secrecy import Secrecy
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.identity.models import Department

WITHIN, ACROSS = "catalog.duty.change", "catalog.duty.change_across"


@dataclass(frozen=True)
class Result:
    """A duty that the change would make (or merge into), and how much data goes to it."""

    name: str
    department: Department
    entries: int


@dataclass(frozen=True)
class Preview:
    """What a change would do. ``children``: duties under the sources that get their new place at once."""

    sources: list[Duty]
    results: list[Result]
    children: list[Duty]
    below: Below
    blocked: list[tuple[Duty, tuple[str, str]]]
    departments: dict[uuid.UUID, Department]

    @property
    def across(self) -> bool:
        """Whether more than one department's duties take part: then the bureau decides."""
        own = {duty.department_id for duty in (*self.sources, *self.children)}
        return len(own | {one.department.id for one in self.results}) > 1


def preview(session: Session, actor: Actor, plan: Plan) -> Preview:
    """What a plan would do, with everything below; raises for a plan that cannot be meant and for foreign duties."""
    check(plan)
    sources = [_source(session, actor, duty_id) for duty_id in plan.sources]
    children = queries.adopted(session, plan)
    under = below(session, plan.sources)
    results = _results(session, actor, plan, sources, assign(plan, under.links))
    taking_part = [*sources, *children, *_targets(session, actor, plan)]
    held_by = held(session, [duty.id for duty in taking_part], clock.now())
    stopped = [
        (duty, why) for duty in taking_part if (why := blocked(duty.status, held_by.get(duty.id))) is not None
    ]
    wanted = {duty.department_id for duty in taking_part} | {node.department_id for node in under.nodes}
    wanted |= {one.department_id for one in under.dependents} | {one.department.id for one in results}
    departments = {one: found for one in wanted if (found := queries.department(session, one)) is not None}
    return Preview(sources, results, children, under, stopped, departments)


def _source(session: Session, actor: Actor, duty_id: uuid.UUID) -> Duty:
    duty: Duty = node_found(session, actor, "duty", duty_id, edit=EDIT)
    return duty


def _targets(session: Session, actor: Actor, plan: Plan) -> list[Duty]:
    return [node_found(session, actor, "duty", part.into_id) for part in plan.parts if part.into_id is not None]


def _results(
    session: Session, actor: Actor, plan: Plan, sources: Sequence[Duty], assigned: Sequence[tuple[int, uuid.UUID]]
) -> list[Result]:
    def entries(number: int) -> int:
        return sum(part == number for part, _ in assigned)

    if plan.kind == "move":
        target = named_department(session, plan.department_id)
        if any(duty.department_id == target.id for duty in sources):
            raise PLAN(reason_zh="原职责已在接收部门", reason_en="a source is the receiver's already")
        return [Result(duty.name, target, entries(number)) for number, duty in enumerate(sources)]
    found = []
    for number, part in enumerate(plan.parts):
        if part.into_id is not None:
            into = node_found(session, actor, "duty", part.into_id)
            found.append(Result(into.name, named_department(session, into.department_id), entries(number)))
            continue
        raise_first(problems("duty", {
            name: getattr(part, name) for name in ("name", "duty_type", "basis_doc", "basis_text", "office")
        }))
        home = home_of(plan, number, {duty.department_id for duty in sources})
        found.append(Result(part.name, named_department(session, home), entries(number)))
    return found


def home_of(plan: Plan, number: int, own: Set[uuid.UUID]) -> uuid.UUID | None:
    """The department of a new duty: named, or the one department that all sources have (``own``)."""
    return plan.parts[number].department_id or (next(iter(own)) if len(own) == 1 else None)


def named_department(session: Session, department_id: uuid.UUID | None) -> Department:
    """The department of a new duty; raises ``catalog.duty_change.plan`` where none is named or it is gone."""
    found = queries.department(session, department_id) if department_id is not None else None
    if found is None:
        raise PLAN(reason_zh="须写明新职责的部门", reason_en="the department of a new duty is missing")
    if found.valid_to is not None and found.valid_to <= clock.now():
        raise PLAN(reason_zh=f"「{found.name}」已撤销", reason_en=f"{found.name} no longer exists")
    return found


def makes_duties(plan: Plan) -> bool:
    """Whether a plan publishes new duties, which need a secrecy review."""
    return plan.kind != "abolish" and not (plan.parts and plan.parts[0].into_id is not None)


def propose(session: Session, actor: Actor, plan: Plan) -> DutyChange:
    """Propose a change; another person decides it. Raises ``catalog.duty_change.blocked`` and what preview does."""
    seen = preview(session, actor, plan)
    if seen.blocked:
        shown = seen.blocked[:3]
        raise BLOCKED(
            count=len(seen.blocked), shown_zh="；".join(f"「{duty.code}」{why[0]}" for duty, why in shown),
            shown_en="; ".join(f"{duty.code} {why[1]}" for duty, why in shown),
        )
    now = clock.now()
    year = clock.business_day(now).year
    row = DutyChange(
        id=ids.new(), number=f"ZB-{year}-{allocate(session, f'duty_change:{year}')[0]:04d}", kind=plan.kind,
        state="review", across=seen.across, department_id=seen.sources[0].department_id, plan=plan_json(plan),
        below=seen.below.counts, reason=plan.reason, basis=plan.basis, effective_on=plan.effective_on,
        workdays=plan.workdays, created_by=actor.user_id, created_name=actor.name, created_at=now,
    )
    listed = [_taking(row.id, duty, "source") for duty in seen.sources]
    listed += [_taking(row.id, duty, "child") for duty in seen.children]
    listed += [_taking(row.id, duty, "target") for duty in _targets(session, actor, plan)]
    row.approval_id = approvals.propose(
        session, actor, kind=ACROSS if row.across else WITHIN, params=params_of(row, listed),
        object_type="duty_change", object_id=str(row.id), department_id=None if row.across else row.department_id,
        title_zh=f"职责变更 {row.number}：{KINDS[plan.kind][0]}「{seen.sources[0].name}」等 {len(seen.sources)} 项",
        title_en=f"Duty change {row.number}: {plan.kind} {seen.sources[0].name} ({len(seen.sources)})",
    ).id
    row.audit_id = note(session, actor, row, "propose", basis=plan.basis, sources=[one.code for one in seen.sources])
    session.add(row)
    session.flush()
    session.add_all(listed)
    session.flush()
    return row


def _taking(change_id: uuid.UUID, duty: Duty, role: str) -> DutyChangeDuty:
    return DutyChangeDuty(
        change_id=change_id, duty_id=duty.id, role=role, code=duty.code, name=duty.name, version=duty.version,
        revision=duty.revision, department_id=duty.department_id,
    )


def params_of(row: DutyChange, listed: Sequence[DutyChangeDuty]) -> dict[str, Any]:
    """What the approval of a change binds: the plan and every duty as it stood."""
    duties = sorted([one.role, one.code, str(one.duty_id), one.version, one.revision] for one in listed)
    return {"change": str(row.id), "number": row.number, "plan": row.plan, "duties": duties, "below": row.below}


def note(session: Session, actor: Actor, row: DutyChange, verb: str, **more: Any) -> uuid.UUID:
    """Write the audit line of a step."""
    return record(
        session, actor, action=f"catalog.duty_change.{verb}", object_type="duty_change", object_id=str(row.id),
        detail={"number": row.number, "kind": row.kind, **more}, department_id=row.department_id,
    )


def found(session: Session, actor: Actor, change_id: uuid.UUID) -> DutyChange:
    """One change that the actor sees, or ``catalog.duty_change.unknown``."""
    row = queries.change(session, actor, change_id)
    if row is None:
        raise UNKNOWN()
    return row


def found_by_number(session: Session, actor: Actor, number: str) -> DutyChange:
    """One change that the actor sees, or ``catalog.duty_change.unknown``."""
    row = queries.by_number(session, actor, number)
    if row is None:
        raise UNKNOWN()
    return row


def record_secrecy(session: Session, actor: Actor, change_id: uuid.UUID, secrecy: Secrecy) -> DutyChange:
    """保密审查 of the duties that a change would make; its reviewer did not propose it. The last conclusion counts."""
    row = found(session, actor, change_id)
    require(actor, SECRECY, department_id=None if row.across else row.department_id)
    if row.across:
        require(actor, REORGANISE)
    if row.state != "review":
        next_state(row.number, row.state, "secrecy")
    if actor.user_id is None or actor.user_id == row.created_by:
        raise SAME_PERSON(code=row.number)
    row.secrecy_conclusion, row.secrecy_basis = secrecy.conclusion, secrecy.basis
    row.secrecy_by, row.secrecy_name = actor.user_id, actor.name
    row.audit_id = note(session, actor, row, "secrecy", conclusion=secrecy.conclusion, basis=secrecy.basis)
    session.flush()
    return row


def decide(
    session: Session, actor: Actor, change_id: uuid.UUID, *, approve: bool, opinion: str, digest: str,
    secrecy: Secrecy | None = None,
) -> DutyChange:
    """Decide exactly what ``digest`` names; consent applies the change. With ``secrecy`` that is recorded first."""
    row = found(session, actor, change_id)
    next_state(row.number, row.state, "approve" if approve else "reject")
    require(actor, REORGANISE if row.across else REVIEW)
    if secrecy is not None:
        record_secrecy(session, actor, change_id, secrecy)
    approvals.decide_seen(session, actor, row.approval_id, digest=digest, approve=approve, opinion=opinion)
    session.refresh(row)
    return row


def may_withdraw(actor: Actor, row: DutyChange) -> bool:
    """Whether the actor may take back a change that waits: its proposer always, a checker once it is scheduled."""
    if actor.user_id is None:
        return False
    checks = actor.may(REORGANISE) if row.across else actor.may(REVIEW) and actor.sees(row.department_id)
    own = actor.user_id == row.created_by and actor.may(EDIT)
    return own or (row.state == "scheduled" and checks)


def withdraw(session: Session, actor: Actor, change_id: uuid.UUID, *, reason: str = "") -> DutyChange:
    """The proposer takes back an open change, and so may a checker while it waits for its day; what took effect is
    final (``catalog.duty_change.final``).
    """
    row = found(session, actor, change_id)
    after = next_state(row.number, row.state, "withdraw")
    if row.state == "scheduled":
        if not may_withdraw(actor, row):
            raise NOT_FOUND()
        row.state, row.closed_at = after, clock.now()
        row.audit_id = note(session, actor, row, "withdraw", reason=reason)
    else:
        require(actor, EDIT)
        approvals.withdraw(session, actor, row.approval_id)
        session.refresh(row)
    row.closed_reason = reason or None
    session.flush()
    return row

