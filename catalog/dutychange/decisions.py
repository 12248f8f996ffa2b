"""What follows from the decision about a duty change. Everything runs in the transaction of the decision."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.dependents.queries import below
from catalog.dutychange import queries, service, tasks
from catalog.dutychange.errors import BLOCKED, STALE
from catalog.dutychange.models import DutyChange, DutyChangeDuty
from catalog.dutychange.rules import KINDS, RELATIONS, Plan, assign, is_later, next_state, plan_of
from catalog.errors import SECRECY_MISSING
from catalog.events import EntryPublished, PublishedVersion
from catalog.links import service as links
from catalog.links.service import Wanted
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS as NODE_KINDS
from catalog.nodes.models import Duty
from catalog.nodes.versions import Publication, publish
from catalog.permissions import EDIT, READ, REORGANISE, REVIEW
from catalog.public import tombstones
from catalog.review import secrecy
from catalog.review.errors import SECRECY_REFUSED, SECRECY_SEPARATE
from catalog.review.stages import Rules
from kernel import clock, events
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.identity.actor import Actor

DUTY = NODE_KINDS["duty"]
VALID_FOR = timedelta(days=30)


def _row(session: Session, approval: Approval) -> DutyChange:
    return session.get_one(DutyChange, uuid.UUID(approval.object_id or ""), populate_existing=True)


def approved(session: Session, approval: Approval) -> None:
    """Apply a change whole, or schedule it for its day; or raise and change nothing."""
    row = _row(session, approval)
    actor = applier(approval)
    later = is_later(row.effective_on, clock.business_day(clock.now()))
    row.state = next_state(row.number, row.state, "schedule" if later else "approve")
    listed = queries.duties(session, [row.id])
    approvals.consume(session, actor, approval.id, kind=approval.kind, params=service.params_of(row, listed))
    require_fresh(session, row, listed)
    check_secrecy(session, actor, row)
    if later:
        row.audit_id = service.note(session, actor, row, "schedule", effective_on=row.effective_on)
        session.flush()
    else:
        carry_out(session, actor, row, listed)


def applier(approval: Approval) -> Actor:
    """Whoever approved, as the actor of what the change does."""
    return approvals.decider(approval, (READ, EDIT, REVIEW), scope="all")


def carry_out(
    session: Session, approver: Actor, row: DutyChange, listed: Sequence[DutyChangeDuty], by: Actor | None = None
) -> None:
    """Apply a change in the name of its approver; ``by`` set it off, where that was not the approver."""
    row.audit_id, row.closed_at = service.note(session, by or approver, row, "apply"), clock.now()
    session.flush()
    _Application(session, approver, row, listed).run()


def rejected(session: Session, approval: Approval) -> None:
    """The checker refuses; his opinion is the reason."""
    _close(session, approval, "reject", approvals.decider(approval, (READ, REVIEW)), approval.opinion)


def withdrawn(session: Session, approval: Approval) -> None:
    """The proposer takes it back."""
    _close(session, approval, "withdraw", Actor(user_id=approval.maker_id, name=approval.maker_name), "")


def _close(session: Session, approval: Approval, action: str, actor: Actor, reason: str) -> None:
    row = _row(session, approval)
    row.state = next_state(row.number, row.state, action)
    row.closed_at, row.closed_reason = clock.now(), reason or None
    row.audit_id = service.note(session, actor, row, action, reason=reason)
    session.flush()


def require_fresh(session: Session, row: DutyChange, listed: Sequence[DutyChangeDuty]) -> None:
    """Raise ``catalog.duty_change.stale`` when a duty is no longer as it stood at the proposal, and ``.blocked`` when
    one was put under a source since: it would be left without its superior, and its officers can move it elsewhere.
    """
    held = nodes.rows(session, DUTY, [one.duty_id for one in listed])
    stale = [one.code for one in listed if not _fresh(one, held.get(one.duty_id))]
    if stale:
        raise STALE(codes="、".join(stale[:5]))
    plan, known = plan_of(row.plan), {one.duty_id for one in listed}
    added = [one for one in queries.adopted(session, plan) if one.id not in known]
    if added:
        raise BLOCKED(
            count=len(added), shown_zh="；".join(f"「{one.code}」是提出之后新增的下级职责，请另设其上级职责，或撤回本变更后重新提出" for one in added[:3]),
            shown_en="; ".join(f"{one.code} was put under them since the proposal" for one in added[:3]),
        )


def _fresh(one: DutyChangeDuty, now: Mapping[str, Any] | None) -> bool:
    return now is not None and (now["version"], now["revision"], now["status"], now["department_id"]) == (
        one.version, one.revision, "published", one.department_id
    )


def check_secrecy(session: Session, actor: Actor, row: DutyChange) -> None:
    """Raise unless the new duties passed the secrecy review that the department asks for."""
    if not service.makes_duties(plan_of(row.plan)):
        return
    if row.secrecy_conclusion is None:
        raise SECRECY_MISSING(code=row.number)
    if row.secrecy_conclusion != secrecy.PASS:
        raise SECRECY_REFUSED(code=row.number)
    if Rules(session).of(row.department_id).separate_secrecy and row.secrecy_by == actor.user_id:
        raise SECRECY_SEPARATE(code=row.number)


class _Application:
    """One change being applied: new duties, links, duties under them, the end of the old ones, tasks."""

    def __init__(self, session: Session, actor: Actor, row: DutyChange, listed: Sequence[DutyChangeDuty]) -> None:
        self._session, self._actor, self._row = session, actor, row
        self._id, self._audit_id, self._author = row.id, row.audit_id, row.created_by
        self._number, self._basis, self._effective_on = row.number, row.basis, row.effective_on
        self._plan: Plan = plan_of(row.plan)
        # plain rows: publishing expires every loaded object
        held = nodes.rows(session, DUTY, [one.duty_id for one in listed])
        self._sources = [held[duty_id] for duty_id in self._plan.sources]
        self._children = [one.duty_id for one in listed if one.role == "child"]
        self._versions: list[PublishedVersion] = []

    def run(self) -> None:
        """Apply everything in the order in which each step needs the one before."""
        under = below(self._session, self._plan.sources)
        targets = self._targets()
        self._link(targets, assign(self._plan, under.links))
        self._adopt(targets)
        self._end()
        tasks.open_below(self._session, self._row, under)
        events.publish(self._session, EntryPublished(tuple(self._versions), self._audit_id))

    def _publish(self, ids: Sequence[uuid.UUID], action: str) -> dict[uuid.UUID, dict[str, Any]]:
        rows = nodes.rows(self._session, DUTY, ids)
        self._versions += publish(self._session, self._actor, "duty", [
            Publication(rows[duty_id], [], action, self._author) for duty_id in ids
        ], self._audit_id)
        return rows

    def _targets(self) -> list[uuid.UUID]:
        """The duty of each part; new ones are published with their secrecy review."""
        if self._plan.kind == "move":
            made = [self._moved(source) for source in self._sources]
        else:
            made = [self._part(number) for number in range(len(self._plan.parts))]
        fresh = [duty_id for duty_id, new in made if new]
        if self._plan.kind == "move":
            self._keep_family(dict(zip(self._plan.sources, fresh, strict=True)))
        if fresh:
            rows = nodes.rows(self._session, DUTY, fresh)
            reviewer = Actor(user_id=self._row.secrecy_by, name=self._row.secrecy_name or "")
            concluded = secrecy.Secrecy(str(self._row.secrecy_conclusion), self._row.secrecy_basis or "")
            secrecy.write(self._session, reviewer, DUTY, dict.fromkeys(fresh, 1), rows, concluded)
            self._publish(fresh, "publish")
        for row in nodes.rows(self._session, DUTY, fresh).values():
            self._session.add(DutyChangeDuty(
                change_id=self._id, duty_id=row["id"], role="result", code=row["code"], name=row["name"],
                version=row["version"], revision=row["revision"], department_id=row["department_id"],
            ))
        self._session.flush()
        return [duty_id for duty_id, _ in made]

    def _moved(self, source: Mapping[str, Any]) -> tuple[uuid.UUID, bool]:
        assert self._plan.department_id is not None
        values = {
            name: source[name] for name in ("name", "region", "basis_doc", "basis_text", "duty_type")
        }
        return self._create(values, self._plan.department_id, None), True

    def _part(self, number: int) -> tuple[uuid.UUID, bool]:
        part, first = self._plan.parts[number], self._sources[0]
        if part.into_id is not None:
            return part.into_id, False
        home = service.home_of(self._plan, number, {row["department_id"] for row in self._sources})
        assert home is not None
        values = {
            "name": part.name, "office": part.office, "duty_type": part.duty_type or first["duty_type"],
            "basis_doc": part.basis_doc or self._basis, "basis_text": part.basis_text,
        }
        return self._create(values, home, self._parent_at(first["parent_id"], home)), True

    def _create(self, values: Mapping[str, Any], home: uuid.UUID, parent_id: uuid.UUID | None) -> uuid.UUID:
        duty: Duty = node_service.create(
            self._session, self._actor, "duty",
            {**values, "effective_on": self._effective_on, "parent_id": parent_id},
            department_id=home, source="duty_change",
        )
        duty.created_by = duty.updated_by = self._author
        self._session.flush()
        return duty.id

    def _parent_at(self, parent_id: uuid.UUID | None, home: uuid.UUID) -> uuid.UUID | None:
        """A duty stays under its superior while that is in the same department and not part of the change."""
        if parent_id is None or parent_id in self._plan.sources:
            return None
        parent = self._session.get_one(Duty, parent_id)
        return parent_id if parent.department_id == home and parent.status != "withdrawn" else None

    def _keep_family(self, moved: Mapping[uuid.UUID, uuid.UUID]) -> None:
        """Duties that move together keep their order under each other."""
        assert self._plan.department_id is not None
        for source in self._sources:
            parent_id = source["parent_id"]
            new_parent = moved.get(parent_id) or self._parent_at(parent_id, self._plan.department_id)
            if new_parent is not None:
                self._session.get_one(Duty, moved[source["id"]]).parent_id = new_parent
        self._session.flush()

    def _link(self, targets: Sequence[uuid.UUID], assigned: Sequence[tuple[int, uuid.UUID]]) -> None:
        wanted = [Wanted("duty_data", targets[number], entry) for number, entry in assigned]
        relation = RELATIONS.get(self._plan.kind)
        if relation is not None:
            pairs = (
                zip(self._plan.sources, targets, strict=True) if self._plan.kind == "move"
                else ((source, target) for source in self._plan.sources for target in targets)
            )
            wanted += [Wanted("duty_duty", source, target, relation) for source, target in pairs]
        if wanted:
            links.add_many(
                self._session, self._actor, wanted, decided=True, audit_id=self._audit_id, author_id=self._author
            )

    def _adopt(self, targets: Sequence[uuid.UUID]) -> None:
        """Duties directly under a moved or merged one get their new superior, as a new version of each."""
        if not self._children:
            return
        where = dict(zip(self._plan.sources, targets, strict=True)) if self._plan.kind == "move" else dict.fromkeys(
            self._plan.sources, targets[0]
        )
        rows = nodes.rows(self._session, DUTY, self._children)
        self._session.execute(update(Duty), [
            {"id": duty_id, "parent_id": where[rows[duty_id]["parent_id"]]} for duty_id in self._children
        ])
        self._publish(self._children, "change")

    def _end(self) -> None:
        """The last version of each source says by what it ended; its links end with it."""
        word = f"{self._basis}（{KINDS[self._plan.kind][0]}，{self._number}）"[:400]
        ids = list(self._plan.sources)
        self._session.execute(update(Duty), [{"id": duty_id, "abolished_by": word} for duty_id in ids])
        rows = self._publish(ids, "withdraw")
        reasons = dict.fromkeys(ids, f"职责{KINDS[self._plan.kind][0]}：{self._basis}")
        tombstones.write(self._session, self._actor, "duty", reasons, rows, self._audit_id)


for _key, _permission, _zh, _en in (
    (service.WITHIN, REVIEW, "职责变更（本部门）", "Duty change within a department"),
    (service.ACROSS, REORGANISE, "职责变更（跨部门）", "Duty change across departments"),
):
    approval_kind(
        _key, checker_permission=_permission, zh=_zh, en=_en, on_approved=approved, on_rejected=rejected,
        on_withdrawn=withdrawn, valid_for=VALID_FOR, page="/catalog/duty-changes?change={id}",
    )
