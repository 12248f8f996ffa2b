"""Every SELECT of subscriptions."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices
from catalog.search.models import SavedSearch
from catalog.subscriptions.models import Subscription, SubscriptionDelivery
from kernel.identity.models import Department, User


def of_user(session: Session, user_id: uuid.UUID) -> list[Subscription]:
    """What a person follows, newest first, without searches that are kept no longer."""
    query = select(Subscription).where(Subscription.user_id == user_id, or_(
        Subscription.target != "search", Subscription.target_id.in_(select(SavedSearch.id))
    ))
    return list(session.scalars(query.order_by(Subscription.created_at.desc(), Subscription.id)))


def held(session: Session, user_id: uuid.UUID, target_id: uuid.UUID) -> Subscription | None:
    """A person's subscription of a target."""
    return session.scalar(
        select(Subscription).where(Subscription.user_id == user_id, Subscription.target_id == target_id)
    )


def any_at_all(session: Session) -> bool:
    """Whether anybody follows anything."""
    return session.scalar(select(Subscription.id).limit(1)) is not None


def followers(session: Session, targets: Iterable[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(target, user) of active users who follow one of the targets."""
    found: list[tuple[uuid.UUID, uuid.UUID]] = []
    query = select(Subscription.target_id, Subscription.user_id).join(User, User.id == Subscription.user_id)
    for some in slices(list(dict.fromkeys(targets))):
        found += session.execute(query.where(Subscription.target_id.in_(some), User.active.is_(True))).tuples()
    return found


def followed_searches(session: Session) -> list[SavedSearch]:
    """Saved searches that their owners follow."""
    query = select(SavedSearch).join(
        Subscription, (Subscription.target_id == SavedSearch.id) & (Subscription.user_id == SavedSearch.user_id)
    )
    return list(session.scalars(query.where(Subscription.target == "search").order_by(SavedSearch.id)))


def saved_search(session: Session, search_id: uuid.UUID, user_id: uuid.UUID) -> SavedSearch | None:
    """A saved search of the person."""
    row = session.get(SavedSearch, search_id)
    return row if row is not None and row.user_id == user_id else None


def department_name(session: Session, department_id: uuid.UUID) -> str | None:
    """The name of a department, None where there is none."""
    return session.scalar(select(Department.name).where(Department.id == department_id))


def nodes(session: Session, kind: str, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Node → (code, name, department)."""
    model = KINDS[kind].model
    found: dict[uuid.UUID, tuple[Any, ...]] = {}
    for some in slices(ids):
        query = select(model.id, model.code, model.name, model.department_id).where(model.id.in_(some))
        found.update({row[0]: tuple(row[1:]) for row in session.execute(query)})
    return found


def told(session: Session, audit_id: uuid.UUID) -> set[uuid.UUID]:
    """Who was told of a decision already."""
    return set(session.scalars(
        select(SubscriptionDelivery.user_id).where(SubscriptionDelivery.audit_id == audit_id)
    ))
