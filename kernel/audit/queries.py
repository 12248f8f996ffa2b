"""Every SELECT of the trail for readers."""

import uuid
from datetime import datetime

from sqlalchemy import Select, select

from kernel.audit.models import AuditLog, AuditSeal


def lines(
    *, action: str | None, object_type: str | None, object_id: str | None, actor_id: uuid.UUID | None,
    start: datetime | None, end: datetime | None, line_id: uuid.UUID | None = None,
) -> Select[AuditLog, int | None]:
    """(line, its sealed number) that match all given filters, the newest first. ``action`` is a prefix."""
    statement = select(AuditLog, AuditSeal.seq).outerjoin(AuditSeal, AuditSeal.audit_id == AuditLog.id)
    if line_id:
        statement = statement.where(AuditLog.id == line_id)
    if action:
        statement = statement.where(AuditLog.action.startswith(action, autoescape=True))
    if object_type:
        statement = statement.where(AuditLog.object_type == object_type)
    if object_id:
        statement = statement.where(AuditLog.object_id == object_id)
    if actor_id:
        statement = statement.where(AuditLog.actor_id == actor_id)
    if start:
        statement = statement.where(AuditLog.at >= start)
    if end:
        statement = statement.where(AuditLog.at < end)
    return statement.order_by(AuditLog.at.desc(), AuditLog.id.desc())
