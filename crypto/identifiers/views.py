"""Rows of the identifiers page, put together from fields, batches and departments."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.identifiers.batches import REASONS, STATES
from crypto.identifiers.models import IdentifierBatch, IdentifierField
from crypto.identifiers.rules import FORM_OF, Form, Kind
from crypto.identifiers.schemas import BatchOut, FieldOut, IssuedOut
from crypto.identifiers.service import Issued, Refused
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def fields(session: Session, rows: Sequence[IdentifierField]) -> list[FieldOut]:
    """Return fields with their departments' names and forms."""
    names = _departments(session)
    return [
        FieldOut(
            number=row.number, department_id=row.department_id, department=names[row.department_id], name=row.name,
            kind=Kind(row.kind), mask=row.mask, issued=row.issued, created_at=row.created_at.isoformat(),
            forms=[Form.NATIVE, *([FORM_OF[Kind(row.kind)]] if Kind(row.kind) in FORM_OF else [])],
        )
        for row in rows
    ]


def batches(session: Session, actor: Actor, rows: Sequence[IdentifierBatch]) -> list[BatchOut]:
    """Return batches with their progress."""
    names, now = _departments(session), clock.now()
    numbers = {row.field_number for row in rows}
    titles = dict(session.execute(
        select(IdentifierField.number, IdentifierField.name).where(IdentifierField.number.in_(numbers))
    ).tuples().all())
    return [
        BatchOut(
            id=row.id, department=names[row.department_id], field=titles[row.field_number], form=Form(row.form),
            key=row.key, filename=row.filename, state=row.state, state_zh=STATES[row.state], total=row.total,
            done=row.done, percent=100 if row.state == "done" else row.done * 100 // max(row.total, 1),
            created=row.created, refused=row.refused, owner=row.owner_name, mine=row.owner_id == actor.user_id,
            created_at=row.created_at.isoformat(), expires_at=row.expires_at.isoformat(),
            expired=now >= row.expires_at, job_id=row.job_id,
        )
        for row in rows
    ]


def issued(answers: Sequence[Issued | Refused]) -> list[IssuedOut]:
    """Return answers of an issue."""
    return [
        IssuedOut(identifier=answer.identifier, created=answer.created, reason=None, reason_zh=None)
        if isinstance(answer, Issued)
        else IssuedOut(identifier=None, created=False, reason=answer.reason, reason_zh=REASONS[answer.reason])
        for answer in answers
    ]


def _departments(session: Session) -> dict[object, str]:
    return {row.id: row.name for row in session.execute(select(Department.id, Department.name))}
