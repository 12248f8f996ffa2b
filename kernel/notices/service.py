"""Send notices and mark them read."""

import uuid
from typing import Literal

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.notices import queries
from kernel.notices.models import Notice, NoticeRead

Severity = Literal["info", "warning", "critical"]


def notify(
    session: Session,
    *,
    title_zh: str,
    title_en: str,
    user_id: uuid.UUID | None = None,
    role: str | None = None,
    department_id: uuid.UUID | None = None,
    body_zh: str = "",
    body_en: str = "",
    severity: Severity = "info",
    url: str = "",
) -> Notice:
    """Write a notice to exactly one audience: a person, all holders of a role, or a department.

    Texts carry no secret and no clear personal value. Raises ValueError unless one audience is given.
    """
    audiences = [("user", user_id), ("role", role), ("department", department_id)]
    given = [(kind, str(value)) for kind, value in audiences if value is not None]
    if len(given) != 1:
        raise ValueError("a notice has exactly one audience")
    row = Notice(
        id=ids.new(), audience_kind=given[0][0], audience=given[0][1], severity=severity, title_zh=title_zh,
        title_en=title_en, body_zh=body_zh, body_en=body_en, url=url, created_at=clock.now(),
    )
    session.add(row)
    return row


def mark_read(session: Session, actor: Actor, *, notice_id: uuid.UUID) -> None:
    """Mark one of the actor's notices read; again has no effect; 404 for somebody else's."""
    if actor.user_id is None or not queries.is_mine(session, actor, notice_id):
        raise NOT_FOUND()
    if session.get(NoticeRead, (notice_id, actor.user_id)) is None:
        session.add(NoticeRead(notice_id=notice_id, user_id=actor.user_id, read_at=clock.now()))


def mark_all_read(session: Session, actor: Actor) -> int:
    """Mark all unread notices of the actor read and return how many."""
    unread = queries.unread_ids(session, actor)
    for notice_id in unread:
        mark_read(session, actor, notice_id=notice_id)
    return len(unread)
