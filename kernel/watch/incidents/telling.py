"""Who is told of an incident: in the console, and through the channels."""

import functools
from datetime import datetime

from sqlalchemy.orm import Session

from kernel.duty import service as duty
from kernel.duty.service import OnDuty
from kernel.notices.service import Severity, notify
from kernel.watch.channels import queue
from kernel.watch.incidents.models import WatchIncident
from kernel.watch.incidents.rules import Audience

OPERATOR, BUREAU = "operator", "bureau_admin"


def tell(
    session: Session, incident: WatchIncident, at: datetime, audience: Audience, *, zh: str, en: str,
    severity: Severity | None = None, level: int = 0,
) -> None:
    """Write the notices and what the channels are told; nothing leaves before the transaction is committed."""
    shown: Severity = severity or ("critical" if incident.severity == "critical" else "warning")
    people, roles = _audience(duty.who(session, at), audience)
    notice = functools.partial(
        notify, session, title_zh=zh, title_en=en, body_zh=incident.sentence_zh, body_en=incident.sentence_en,
        severity=shown, url=f"/monitoring/incidents/{incident.id}",
    )
    for person in people:
        notice(user_id=person.user_id)
    for role in roles:
        notice(role=role)
    queue.tell(
        session, at, incident_id=incident.id, department_id=incident.department_id, severity=shown, title=zh,
        body=incident.sentence_zh, level=level,
    )


def _audience(on_duty: list[OnDuty], audience: Audience) -> tuple[list[OnDuty], list[str]]:
    """The call list: first, then second on duty; where the roster has a gap, every operator."""
    if audience == "bureau":
        return [], [OPERATOR, BUREAU]
    wanted = {"first": on_duty[:1], "second": on_duty[1:2], "operators": []}[audience]
    return wanted, [] if wanted else [OPERATOR]
