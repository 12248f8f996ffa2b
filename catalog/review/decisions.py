"""Approving and returning, one case or thousands: judged first, then written in a handful of statements."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.errors import SELECTION_EMPTY
from catalog.events import EntryPublished, ReviewRequested, ReviewReturned
from catalog.nodes import content as contents
from catalog.nodes import journal, levels
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.rules import LABELS
from catalog.nodes.versions import Publication, publish
from catalog.permissions import REVIEW
from catalog.public import tombstones
from catalog.review import changes, reasons, secrecy
from catalog.review.errors import BATCH_REFUSED, WIDER_ITEM
from catalog.review.models import ReviewCase, ReviewStep
from catalog.review.reasons import Reason
from catalog.review.rules import Situation, decide, in_charge, next_state
from catalog.review.secrecy import Conclusion, Secrecy
from catalog.review.stages import Rules
from catalog.review.trail import note
from kernel import clock, events, ids
from kernel.errors import MulianError
from kernel.identity.actor import Actor, require

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What of an open review case a decision needs; plain, because bulk updates expire loaded objects."""

    id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    department_id: uuid.UUID
    subject: str
    revision: int
    stages: tuple[str, ...]
    stage_no: int
    due_workdays: int | None
    due_on: str | None
    submitted_by: uuid.UUID | None
    note: str | None

    @classmethod
    def of(cls, row: ReviewCase) -> "Case":
        """The plain form of a row."""
        return cls(
            row.id, row.node_kind, row.node_id, row.department_id, row.subject, row.revision, tuple(row.stages),
            row.stage_no, row.due_workdays, row.due_on, row.submitted_by, row.note,
        )

    @property
    def stage(self) -> str:
        """The stage it waits in."""
        return self.stages[self.stage_no - 1]

    @property
    def last(self) -> bool:
        """Whether this stage is the last one."""
        return self.stage_no >= len(self.stages)


@dataclass(frozen=True)
class Refusal:
    """A case that could not be decided, and why."""

    case_id: uuid.UUID
    code: str
    name: str
    error: MulianError

    def shown(self) -> dict[str, str]:
        """For the wire."""
        return {
            "case_id": str(self.case_id), "code": self.code, "name": self.name, "error": self.error.code,
            "zh": self.error.text("zh"), "en": self.error.text("en"),
        }


@dataclass(frozen=True)
class Decided:
    """What a decision did: how many cases, the versions that became valid, and the cases it could not decide."""

    count: int
    published: int
    audit_id: uuid.UUID | None
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a reviewer says about the cases he was given."""

    action: str
    reason: str
    reasons: tuple[Reason, ...]
    secrecy: Secrecy | None


def decide_cases(
    session: Session, actor: Actor, found: Sequence[ReviewCase], decision: str, *, reason: str = "",
    secrecy: Secrecy | None = None, reasons: Sequence[Reason] = (), possible: bool = False,
) -> Decided:
    """Approve or return open cases, all or none; with ``secrecy`` the 保密审查 is recorded in the same step.

    With ``possible`` the cases that cannot be decided are left and named in the answer. Otherwise one case raises
    what :func:`catalog.review.rules.decide` raises, several raise ``catalog.review.batch_refused`` with each of them.
    """
    if not found:
        raise SELECTION_EMPTY()
    for department_id in {row.department_id for row in found}:
        require(actor, REVIEW, department_id=department_id)
    said = Decision(decision, reason, tuple(reasons), secrecy)
    plain, refused, ready = [Case.of(row) for row in found], list[Refusal](), list[tuple[NodeKind, list[Case], Any]]()
    for kind_key in dict.fromkeys(case.node_kind for case in plain):
        kind, cases = KINDS[kind_key], [case for case in plain if case.node_kind == kind_key]
        rows = node_queries.rows(session, kind, [case.node_id for case in cases])
        good, bad = _judge(session, actor, kind, cases, rows, said)
        refused.extend(bad)
        if good:
            ready.append((kind, good, rows))
    if refused and not possible:
        if len(plain) == 1:
            raise refused[0].error
        raise BATCH_REFUSED(total=len(plain), refused=len(refused), rows=[one.shown() for one in refused[:1000]])
    published, audit_id = 0, None
    for kind, good, rows in ready:
        audit_id, count = _carry_out(session, actor, kind, good, rows, said)
        published += count
    return Decided(len(plain) - len(refused), published, audit_id, tuple(refused))


def _judge(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case], rows: Mapping[uuid.UUID, Row],
    said: Decision,
) -> tuple[list[Case], list[Refusal]]:
    concluded = secrecy.concluded(session, {case.node_id: case.revision for case in cases})
    makers, deciders, rules = journal.makers(session, rows), _deciders(session, cases), Rules(session)
    text = reasons.text(kind, said.reason, said.reasons)
    good, bad = [], []
    for case in cases:
        row = rows[case.node_id]
        inline = Conclusion(said.secrecy.conclusion, actor.user_id) if said.secrecy else None
        last = inline or concluded.get(case.node_id)
        situation = Situation(
            row["code"], row["status"], case.submitted_by, makers[case.node_id],
            secrecy_passed=last is not None and last.conclusion == secrecy.PASS,
            secrecy_refused=last is not None and last.conclusion == secrecy.REFUSE,
            secrecy_by=last.reviewer_id if last else None,
            separate_secrecy=rules.of(case.department_id).separate_secrecy, stage=case.stage, last_stage=case.last,
            in_charge=in_charge(
                case.stage, of_department=actor.department_id == case.department_id, of_bureau=actor.scope == "all"
            ),
            deciders=deciders.get(case.id, frozenset()),
        )
        try:
            decide(situation, said.action, actor.user_id, text)
        except MulianError as error:
            bad.append(Refusal(case.id, row["code"], row["name"], error))
        else:
            good.append(case)
    return good, bad


def _deciders(session: Session, cases: Sequence[Case]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Who decided the earlier stages of cases that are past their first."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for some in node_queries.slices([case.id for case in cases if case.stage_no > 1]):
        query = select(ReviewStep.case_id, ReviewStep.decided_by).where(ReviewStep.case_id.in_(some))
        for case_id, person in session.execute(query):
            if person is not None:
                found.setdefault(case_id, set()).add(person)
    return {case_id: frozenset(people) for case_id, people in found.items()}


def _carry_out(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case], rows: dict[uuid.UUID, Row], said: Decision
) -> tuple[uuid.UUID, int]:
    if said.secrecy is not None and said.action == "approve":
        revisions = {case.node_id: case.revision for case in cases if case.subject != "withdraw"}
        if revisions:
            secrecy.write(session, actor, kind, revisions, rows, said.secrecy)
    text = reasons.text(kind, said.reason, said.reasons)
    ordered = [rows[case.node_id] for case in cases]
    audit_id = note(session, actor, f"catalog.{kind.key}.{said.action}", kind.key, ordered, reason=text)
    _write_steps(session, actor, cases, said.action, text, audit_id)
    if said.action == "return":
        _give_back(session, actor, kind, cases, rows, said, text, audit_id)
        return audit_id, 0
    _advance(session, actor, [case for case in cases if not case.last], audit_id)
    final = [case for case in cases if case.last]
    if not final:
        return audit_id, 0
    close(session, [case.id for case in final], actor, "approve", text, audit_id)
    return audit_id, _publish(session, actor, kind, final, rows, audit_id)


def _write_steps(
    session: Session, actor: Actor, cases: Sequence[Case], decision: str, text: str, audit_id: uuid.UUID
) -> None:
    now = clock.now()
    session.execute(insert(ReviewStep), [
        {
            "id": ids.new(), "case_id": case.id, "position": case.stage_no, "stage": case.stage, "decision": decision,
            "opinion": text or None, "decided_by": actor.user_id, "decided_name": actor.name, "decided_at": now,
            "due_on": case.due_on, "audit_id": audit_id,
        }
        for case in cases
    ])


def _give_back(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case], rows: Mapping[uuid.UUID, Row],
    said: Decision, text: str, audit_id: uuid.UUID,
) -> None:
    """Close, keep what was returned, write the reasons, tell the submitters."""
    held = contents.load(session, kind, [case.node_id for case in cases])
    for case in cases:
        reasons.check(kind, held[case.node_id], said.reasons)
    close(session, [case.id for case in cases], actor, "return", text, audit_id)
    session.execute(
        update(ReviewCase), [{"id": case.id, "content": held[case.node_id].as_json()} for case in cases]
    )
    reasons.write(session, {case.id: case.node_id for case in cases}, held, said.reason, said.reasons)
    after = {
        case.node_id: next_state(rows[case.node_id]["code"], rows[case.node_id]["status"], "return") for case in cases
    }
    set_status(session, kind, after, audit_id)
    for case in cases:
        events.publish(session, ReviewReturned(
            case.id, case.department_id, case.submitted_by, rows[case.node_id]["code"], text
        ))


def _advance(session: Session, actor: Actor, cases: Sequence[Case], audit_id: uuid.UUID) -> None:
    """Hand cases on to their next stage, with its own due date; from here nobody can recall them."""
    if not cases:
        return
    rules, now = Rules(session), clock.now()
    dues = {case.id: rules.due(case.due_workdays, now) for case in cases}
    session.execute(update(ReviewCase), [
        {
            "id": case.id, "stage_no": case.stage_no + 1, "stage": case.stages[case.stage_no], "stage_at": now,
            "due_on": dues[case.id].day, "due_pending": dues[case.id].pending, "opened_by": actor.user_id,
            "opened_at": now, "audit_id": audit_id,
        }
        for case in cases
    ])
    session.expire_all()
    for department_id in dict.fromkeys(case.department_id for case in cases):
        some = tuple(case.id for case in cases if case.department_id == department_id)
        events.publish(session, ReviewRequested(department_id, some, cases[0].subject))


def _publish(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case], held: dict[uuid.UUID, Row],
    audit_id: uuid.UUID,
) -> int:
    changed = [case.node_id for case in cases if case.subject == "change"]
    changes.apply(session, kind, changed)
    rows = {**held, **node_queries.rows(session, kind, changed)}
    shown = [case.node_id for case in cases if case.subject != "withdraw"]
    if kind.key == "data_entry":
        for one in levels.wider_items(session, shown):
            raise WIDER_ITEM(code=one.code, item=one.item, field=LABELS[one.field], field_en=one.field)
    children = node_queries.children(session, kind, [case.node_id for case in cases])
    publications = [
        Publication(rows[case.node_id], children.get(case.node_id, []), case.subject, case.submitted_by)
        for case in cases
    ]
    versions = publish(session, actor, kind.key, publications, audit_id)
    gone = {case.node_id: case.note or "" for case in cases if case.subject == "withdraw"}
    tombstones.write(session, actor, kind.key, gone, rows, audit_id)
    events.publish(session, EntryPublished(tuple(versions), audit_id))
    return len(versions)


def set_status(session: Session, kind: NodeKind, after: Mapping[uuid.UUID, str], audit_id: uuid.UUID) -> None:
    """Give nodes their next state."""
    session.execute(
        update(kind.model), [{"id": node_id, "status": state, "audit_id": audit_id} for node_id, state in after.items()]
    )
    session.expire_all()


def close(
    session: Session, case_ids: Sequence[uuid.UUID], actor: Actor, decision: str, reason: str, audit_id: uuid.UUID
) -> None:
    """End cases with their decision."""
    now = clock.now()
    session.execute(update(ReviewCase), [
        {
            "id": case_id, "decision": decision, "decided_by": actor.user_id, "decided_name": actor.name,
            "decided_at": now, "reason": reason or None, "audit_id": audit_id,
        }
        for case_id in case_ids
    ])
    session.expire_all()
