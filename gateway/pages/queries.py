"""Reads of pages."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.pages.models import PageLink


def links(session: Session, interface_id: uuid.UUID) -> Sequence[PageLink]:
    """Return the links of an interface, newest first."""
    return session.scalars(
        select(PageLink).where(PageLink.interface_id == interface_id).order_by(PageLink.created_at.desc())
    ).all()


def open_link(session: Session, token_sm3: str, now: datetime) -> PageLink | None:
    """Return the link of a token while it is open."""
    return session.scalar(select(PageLink).where(
        PageLink.token_sm3 == token_sm3, PageLink.expires_at > now, PageLink.revoked_at.is_(None),
    ))
