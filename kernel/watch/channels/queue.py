"""What channels are to be told, written with its cause."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from kernel import ids
from kernel.watch.channels import queries, rules
from kernel.watch.channels.models import WatchDelivery


def tell(
    session: Session, at: datetime, *, incident_id: uuid.UUID | None, department_id: uuid.UUID | None, severity: str,
    title: str, body: str, level: int,
) -> None:
    """Write a row for each channel that wants it; in quiet hours all but critical waits until they end."""
    for channel in queries.enabled(session):
        if not rules.wants(channel.min_severity, severity):
            continue
        if channel.department_id not in (None, department_id):
            continue
        quiet = rules.Quiet.of(channel.quiet_from, channel.quiet_to)
        session.add(WatchDelivery(
            id=ids.new(), channel_id=channel.id, incident_id=incident_id, severity=severity, title=title[:300],
            body=body, level=level, created_at=at, not_before=rules.not_before(quiet, severity, at),
        ))
