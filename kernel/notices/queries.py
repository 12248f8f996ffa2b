"""Every SELECT of notices."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from kernel.identity.actor import Actor
from kernel.notices.models import Notice, NoticeRead


def _mine(actor: Actor) -> ColumnElement[bool]:
    parts = [
        and_(Notice.audience_kind == "user", Notice.audience == str(actor.user_id)),
        and_(Notice.audience_kind == "role", Notice.audience.in_(actor.roles)),
    ]
    if actor.department_id is not None:
        parts.append(and_(Notice.audience_kind == "department", Notice.audience == str(actor.department_id)))
    return or_(*parts)


def _with_mark(actor: Actor) -> Select[Notice, datetime | None]:
    mark = and_(NoticeRead.notice_id == Notice.id, NoticeRead.user_id == actor.user_id)
    return select(Notice, NoticeRead.read_at).outerjoin(NoticeRead, mark).where(_mine(actor))


def page(
    session: Session, actor: Actor, *, unread: bool, offset: int, limit: int
) -> tuple[Sequence[Row[Notice, datetime | None]], int]:
    """(notice, when read) of the actor, newest first, and how many there are."""
    statement = _with_mark(actor)
    if unread:
        statement = statement.where(NoticeRead.read_at.is_(None))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Notice.created_at.desc(), Notice.id.desc()).offset(offset).limit(limit)
    return session.execute(ordered).all(), total


def unread_ids(session: Session, actor: Actor) -> Sequence[uuid.UUID]:
    """Ids of the actor's unread notices, at most 1,000."""
    statement = _with_mark(actor).where(NoticeRead.read_at.is_(None)).with_only_columns(Notice.id)
    return session.scalars(statement.limit(1000)).all()


def is_mine(session: Session, actor: Actor, notice_id: uuid.UUID) -> bool:
    """Whether the notice is addressed to the actor."""
    return session.scalar(select(Notice.id).where(Notice.id == notice_id, _mine(actor))) is not None
