"""Who else minds an entry. Apart from the counting, which every reader of an entry imports."""

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.comments.queries import count as comments_of
from catalog.demands.models import Demand
from catalog.favourites.models import Favourite
from catalog.subscriptions.models import Subscription


def interest(session: Session, entry_id: uuid.UUID) -> dict[str, int]:
    """How many keep it, follow it, commented on it and applied for it."""
    def count(model: Any, *where: Any) -> int:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0

    return {
        "favourites": count(Favourite, Favourite.node_id == entry_id),
        "followers": count(Subscription, Subscription.target_id == entry_id),
        "comments": comments_of(session, entry_id),
        "demands": count(Demand, Demand.entry_id == entry_id),
    }
