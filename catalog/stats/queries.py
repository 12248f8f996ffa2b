"""The SELECTs of the workbench: a few grouped counts, whatever the size of the directory."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS, LIVE
from catalog.nodes.models import DataEntry, DutyData, NodeVersion
from catalog.review.models import ReviewCase
from kernel.identity.actor import Actor


def _own(actor: Actor, column: Any, department_id: uuid.UUID | None) -> ColumnElement[bool]:
    if department_id is not None:
        return column == department_id  # type: ignore[no-any-return]
    if actor.scope == "all" or actor.kind == "system":
        return true()
    return column == actor.department_id  # type: ignore[no-any-return]


def by_status(session: Session, actor: Actor, department_id: uuid.UUID | None) -> dict[str, dict[str, int]]:
    """Level → status → nodes, of the departments in scope."""
    found: dict[str, dict[str, int]] = {}
    for key, kind in KINDS.items():
        model = kind.model
        query = select(model.status, func.count()).where(_own(actor, model.department_id, department_id))
        found[key] = dict(session.execute(query.group_by(model.status)).tuples().all())
    return found


def open_cases(session: Session, actor: Actor, department_id: uuid.UUID | None) -> int:
    """Cases that wait for a reviewer."""
    where = (ReviewCase.decision.is_(None), _own(actor, ReviewCase.department_id, department_id))
    return session.scalar(select(func.count()).select_from(ReviewCase).where(*where)) or 0


def returned(session: Session, actor: Actor, department_id: uuid.UUID | None) -> int:
    """Entries that wait for their officer after a return."""
    where = (
        DataEntry.status.in_(("pub_rejected", "change_rejected", "withdraw_rejected")),
        _own(actor, DataEntry.department_id, department_id),
    )
    return session.scalar(select(func.count()).select_from(DataEntry).where(*where)) or 0


def versions(session: Session, actor: Actor, department_id: uuid.UUID | None) -> int:
    """Published versions of all levels."""
    where = _own(actor, NodeVersion.department_id, department_id)
    return session.scalar(select(func.count()).select_from(NodeVersion).where(where)) or 0


def without_duty(session: Session, actor: Actor, department_id: uuid.UUID | None) -> int:
    """Published entries that no duty names."""
    linked = select(DutyData.entry_id)
    where = (
        DataEntry.status.in_(LIVE), DataEntry.id.not_in(linked), _own(actor, DataEntry.department_id, department_id)
    )
    return session.scalar(select(func.count()).select_from(DataEntry).where(*where)) or 0
