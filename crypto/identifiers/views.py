"""Rows of the identifiers page, put together from fields, batches and departments."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from crypto.identifiers import queries
from crypto.identifiers.batches import REASONS, STATES
from crypto.identifiers.batches import states as states_of
from crypto.identifiers.models import IdentifierBatch, IdentifierField
from crypto.identifiers.rules import FORM_OF, Form, Kind
from crypto.identifiers.schemas import BatchOut, FieldOut, IssuedOut
from crypto.identifiers.service import Issued, Refused
from crypto.keys.views import department_names
from kernel import clock
from kernel.identity.actor import Actor


def fields(session: Session, rows: Sequence[IdentifierField]) -> list[FieldOut]:
    """Return fields with their departments' names and forms."""
    names = department_names(session)
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
    names, now, states = department_names(session), clock.now(), states_of(session, rows)
    titles = queries.titles(session, [row.field_number for row in rows])
    return [
        BatchOut(
            id=row.id, department=names[row.department_id], field=titles[row.field_number], form=Form(row.form),
            key=row.key, filename=row.filename, state=states[row.id], state_zh=STATES[states[row.id]],
            total=row.total, done=row.done, percent=100 if row.state == "done" else row.done * 100 // max(row.total, 1),
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
