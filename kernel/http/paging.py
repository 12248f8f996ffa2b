"""Paged lists: one count, one page."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kernel.http.deps import Page


def paginate(session: Session, query: Select[Any], page: Page) -> tuple[list[Any], int]:
    """Return the rows of a page (entities, or the first column) and the total. ``query`` has a total order."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = list(session.scalars(query.limit(page.size).offset(page.offset)))
    return rows, total
