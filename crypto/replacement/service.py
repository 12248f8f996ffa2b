"""Use cases on replacement jobs: make one, check it, decide, run with a second person, go on, undo likewise, drop."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crypto.copies import service as copies
from crypto.copies.rules import CopyKind
from crypto.identifiers import queries as identifiers
from crypto.identifiers.rules import FORM_OF, Form, Kind
from crypto.replacement import journal, keeping, queries, rules
from crypto.replacement.errors import COLUMN_TWICE, FORM_UNFIT, STATE, UNDECIDED, UNSUITED
from crypto.replacement.models import OBJECT, CryptoReplacement
from crypto.replacement.port import Slot
from crypto.replacement.rules import CHECK, RUN, TITLES, UNDO, Column, State
from crypto.replacement.targets import MANAGE
from kernel import clock, ids
from kernel.approvals import queries as approval_queries
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs import service as jobs
from kernel.jobs.models import Job
from kernel.jobs.rules import JobState
from kernel.runtime import runtime_of

_UNDOABLE = (State.DONE, State.APPLYING, State.UNDONE, State.PACKAGED, State.ANSWERED)
IDENTIFIERS, EXCEPTIONS = "identifiers", "exceptions"  # the decisions on what looks like an identifier


def create(
    session: Session, actor: Actor, *, target_id: uuid.UUID, title: str, columns: Sequence[Mapping[str, str]],
    forms: Mapping[str, str] | None = None,
) -> CryptoReplacement:
    """Make a job over columns (schema, table, column, field) of one database and queue its assessment.

    ``forms``: field to form where the one that fits best is not wanted. Raises 403, 404,
    ``crypto.replacement.column_twice``, ``crypto.identifier.field_unknown``, ``crypto.replacement.form``.
    """
    target = queries.target(session, target_id)
    require(actor, MANAGE, department_id=target.department_id)
    row = new_row(session, actor, department_id=target.department_id, title=title, columns=columns, forms=forms or {})
    row.target_id = target.id
    session.flush([row])
    queue(session, actor, row, CHECK)
    return row


def new_row(
    session: Session, actor: Actor, *, department_id: uuid.UUID, title: str, columns: Sequence[Mapping[str, str]],
    forms: Mapping[str, str],
) -> CryptoReplacement:
    """Write a job's row with its secret; the caller has checked the right to it."""
    kept = [{name: str(value) for name, value in one.items()} for one in columns]
    slots = [slot_of(one) for one in kept]
    for at, slot in enumerate(slots):
        if slot in slots[:at]:
            raise COLUMN_TWICE(column=str(slot))
    for name in {one["field"] for one in kept}:
        kind = Kind(identifiers.field(session, department_id, name).kind)
        form = forms.get(name, Form.NATIVE)
        if form not in (Form.NATIVE, FORM_OF.get(kind)):
            raise FORM_UNFIT(field=name, form=form, reason=f"该字段的种类为 {kind}")
    replacement_id = ids.new()
    row = CryptoReplacement(
        id=replacement_id, department_id=department_id, target_id=None, title=title, columns=kept, forms=dict(forms),
        state=State.DRAFT, decision=None, checked=None, evidence=None, done=0, total=0, job_id=None,
        created_by=actor.name, created_at=clock.now(), finished_at=None,
        audit_id=_note(session, actor, "create", replacement_id, department_id, columns=[str(slot) for slot in slots]),
    )
    session.add(row)
    session.flush([row])
    return row


def check_again(session: Session, actor: Actor, *, replacement_id: uuid.UUID, forms: Mapping[str, str] | None = None,
                ) -> CryptoReplacement:
    """Queue the assessment again, with other forms where given; raise ``crypto.replacement.state``."""
    row = owned(session, actor, replacement_id)
    _expect(row, State.DRAFT, State.CHECKED)
    idle(session, row)
    row.forms, row.decision = dict(forms) if forms is not None else row.forms, None
    row.state = State.DRAFT
    queue(session, actor, row, CHECK)
    return row


def decide(session: Session, actor: Actor, *, replacement_id: uuid.UUID, lookalikes: str) -> CryptoReplacement:
    """Say what the values are that look like identifiers: identifiers, or exceptions. None of them is changed."""
    row = owned(session, actor, replacement_id)
    _expect(row, State.CHECKED)
    row.decision = lookalikes
    row.audit_id = _note(session, actor, "decide", row.id, row.department_id, lookalikes=lookalikes)
    session.flush([row])
    return row


def request_run(session: Session, actor: Actor, *, replacement_id: uuid.UUID, reason: str) -> Approval:
    """Propose the run to a second person, bound to what the check counted.

    Raises ``crypto.replacement.state``, ``crypto.replacement.unsuited``, ``crypto.replacement.undecided``.
    """
    row = owned(session, actor, replacement_id)
    _expect(row, State.DRAFT if row.target_id is None else State.CHECKED)
    idle(session, row)
    seen = (row.checked or {}).get("columns", [])
    unsuited = [one["column"] for one in seen if one["obstacles"] or one["refusal"]]
    if unsuited:
        raise UNSUITED(columns="、".join(unsuited))
    alike = sum(one["counts"]["lookalike"] for one in seen)
    if alike and row.decision is None:
        raise UNDECIDED(count=alike)
    return _propose(session, actor, row, RUN, reason, f"替换业务库敏感列：{row.title}", f"Replace columns: {row.title}")


def begin(session: Session, approval: Approval) -> None:
    """Use an approval of a run: make the undo key and queue the work, or seal the offline package."""
    row = _used(session, approval)
    if row.target_id is None:
        from crypto.replacement import packages  # which stands on this module

        _expect(row, State.DRAFT)
        packages.seal(session, row)
        session.flush([row])
        return
    _expect(row, State.CHECKED)
    keeping.make(session, row.id, row.department_id)
    copy = copies.register(
        session, system_actor("crypto.replacement"), kind=CopyKind.UNDO, location=str(undo_path(session, row.id)),
        made_at=clock.now(), note=row.title,
    )
    row.state, row.evidence = State.CAPTURING, {"undo_copy": str(copy.id)}
    queue(session, _maker(approval), row, RUN)


def resume(session: Session, actor: Actor, *, replacement_id: uuid.UUID) -> CryptoReplacement:
    """Queue the work of an approved job again where it has stopped; it goes on by its journal."""
    row = owned(session, actor, replacement_id)
    _expect(row, *rules.UNDER_WAY)
    idle(session, row)
    row.audit_id = _note(session, actor, "resume", row.id, row.department_id)
    queue(session, actor, row, UNDO if row.state == State.UNDOING else RUN)
    return row


def request_undo(session: Session, actor: Actor, *, replacement_id: uuid.UUID, reason: str) -> Approval:
    """Propose to a second person that the sealed undo file be opened and every row put back.

    After an undo that left rows it may be asked for again, for those rows.
    """
    row = owned(session, actor, replacement_id)
    _undoable(session, row)
    return _propose(session, actor, row, UNDO, reason, f"撤销替换：{row.title}", f"Undo the replacement: {row.title}")


def begin_undo(session: Session, approval: Approval) -> None:
    """Use an approval of an undo."""
    row = _used(session, approval)
    _undoable(session, row)
    if row.target_id is None:
        row.state, row.finished_at = State.RELEASED, clock.now()
        session.flush([row])
        return
    if row.state == State.UNDONE:
        journal.again(session, row.id)
    row.state, row.finished_at = State.UNDOING, None
    queue(session, _maker(approval), row, UNDO)


def discard(session: Session, actor: Actor, *, replacement_id: uuid.UUID) -> CryptoReplacement:
    """Forget the key of an ended job's undo file: from the commit on nothing puts the rows back.

    The file, which opens no more, is deleted by the hourly clean-up: a deletion here could not be rolled back.
    """
    row = owned(session, actor, replacement_id)
    _expect(row, State.DONE, State.UNDONE, State.DROPPED)
    idle(session, row)
    kept = (row.evidence or {}).get("undo_copy")
    if kept is None:
        raise STATE(state="撤销文件已删除")
    keeping.forget(session, row.id)
    copies.mark_deleted(session, system_actor("crypto.replacement"), copy_id=uuid.UUID(kept), note="撤销密钥已删除")
    row.evidence = {name: value for name, value in (row.evidence or {}).items() if name != "undo_copy"}
    row.audit_id = _note(session, actor, "discard", row.id, row.department_id)
    session.flush([row])
    return row


def undo_path(session: Session, replacement_id: uuid.UUID) -> Path:
    """Return where the undo file of a job is."""
    return runtime_of(session).home.files_dir / "replacement" / f"{replacement_id}.undo"


def drop(session: Session, actor: Actor, *, replacement_id: uuid.UUID) -> CryptoReplacement:
    """Drop a job that has changed nothing yet."""
    row = owned(session, actor, replacement_id)
    _expect(row, State.DRAFT, State.CHECKED, State.CAPTURING, State.PACKAGED)
    idle(session, row)
    row.state, row.finished_at = State.DROPPED, clock.now()
    row.audit_id = _note(session, actor, "drop", row.id, row.department_id)
    if row.evidence is None:  # else the undo file is there, and its key goes with it
        keeping.forget(session, row.id)
    session.flush([row])
    return row


def owned(session: Session, actor: Actor, replacement_id: uuid.UUID, permission: str = MANAGE) -> CryptoReplacement:
    """Return a job of a department in the actor's scope; raise 403, 404."""
    row = queries.get(session, replacement_id)
    require(actor, permission, department_id=row.department_id)
    return row


def queue(session: Session, actor: Actor, row: CryptoReplacement, kind: str) -> None:
    """Queue work of a job, which the job's row then names."""
    row.job_id = jobs.enqueue(session, actor, kind, {"replacement_id": str(row.id)}, row.department_id).id
    session.flush([row])


def idle(session: Session, row: CryptoReplacement) -> None:
    """Raise ``crypto.replacement.state`` while work of a job is queued or runs."""
    job = session.get(Job, row.job_id, populate_existing=True) if row.job_id is not None else None
    if job is not None and not JobState(job.state).ended:
        raise STATE(state="作业执行中")


def columns_of(session: Session, row: CryptoReplacement) -> list[Column]:
    """Return a job's columns with kinds and masks; the form of a field is native where none is chosen."""
    found = []
    for one in row.columns:
        field = identifiers.field(session, row.department_id, one["field"])
        form = Form(row.forms.get(one["field"], Form.NATIVE))
        found.append(Column(slot_of(one), field.name, Kind(field.kind), form, field.mask))
    return found


def choose_forms(columns: Sequence[Column], facts: Sequence[Any], wanted: Mapping[str, str]) -> list[Column]:
    """Give every field the form that all its columns can hold, unless one was asked for."""
    chosen = []
    for column in columns:
        of_field = [one for other, one in zip(columns, facts, strict=True) if other.field == column.field]
        form = Form(wanted[column.field]) if column.field in wanted else rules.form_for(column.kind, of_field)
        chosen.append(replace(column, form=form or Form.NATIVE))
    return chosen


def slot_of(one: Mapping[str, str]) -> Slot:
    """Return the column of a job's object."""
    return Slot(one.get("schema", ""), one["table"], one["column"])


def _propose(session: Session, actor: Actor, row: CryptoReplacement, kind: str, reason: str, zh: str, en: str,
             ) -> Approval:
    if approval_queries.pending_on(session, OBJECT, [str(row.id)]):
        raise STATE(state="已有申请待审批")
    return approvals.propose(
        session, actor, kind=kind, params=rules.bound(str(row.id), row.checked, row.forms, row.decision, reason),
        title_zh=zh, title_en=en, department_id=row.department_id, object_type=OBJECT,
        object_id=str(row.id),
    )


def _used(session: Session, approval: Approval) -> CryptoReplacement:
    """Use an approval for the job as it is now: one that was checked or decided again meanwhile needs another."""
    row = queries.get(session, uuid.UUID(approval.params["replacement_id"]))
    bound = rules.bound(str(row.id), row.checked, row.forms, row.decision, approval.params["reason"])
    approvals.consume(session, system_actor("crypto.replacement"), approval.id, kind=approval.kind, params=bound)
    return row


def _maker(approval: Approval) -> Actor:
    return replace(system_actor("crypto.replacement"), user_id=approval.maker_id, name=approval.maker_name)


def _expect(row: CryptoReplacement, *states: State) -> None:
    if row.state not in states:
        raise STATE(state=TITLES[State(row.state)][0])


def _undoable(session: Session, row: CryptoReplacement) -> None:
    _expect(row, *_UNDOABLE)
    idle(session, row)
    if row.target_id is not None and "undo_copy" not in (row.evidence or {}):
        raise STATE(state="撤销文件已删除")
    if row.state == State.UNDONE and not (row.evidence or {}).get("not_undone"):
        raise STATE(state=TITLES[State.UNDONE][0])


def _note(session: Session, actor: Actor, verb: str, replacement_id: uuid.UUID, department_id: uuid.UUID, **detail: Any,
          ) -> uuid.UUID:
    return record(
        session, actor, action=f"crypto.replacement.{verb}", object_type=OBJECT,
        object_id=str(replacement_id), detail=detail, department_id=department_id,
    )
