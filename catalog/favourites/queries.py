"""Every SELECT of favourites."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.favourites.models import Favourite
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices, visible
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def of_user(session: Session, user_id: uuid.UUID) -> list[Favourite]:
    """A person's favourites in order."""
    query = select(Favourite).where(Favourite.user_id == user_id)
    return list(session.scalars(query.order_by(Favourite.position, Favourite.node_id)))


def nodes(
    session: Session, actor: Actor, kind: str, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Node → (code, name, department, status, version), of those that the actor sees."""
    model = KINDS[kind].model
    found: dict[uuid.UUID, tuple[Any, ...]] = {}
    query = select(model.id, model.code, model.name, Department.name, model.status, model.version).join(
        Department, Department.id == model.department_id
    )
    for some in slices(ids):
        for row in session.execute(query.where(model.id.in_(some), visible(actor, model))):
            found[row[0]] = tuple(row[1:])
    return found
