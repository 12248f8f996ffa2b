"""Keeping nodes at hand: adding, removing, ordering. Everybody has his own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.errors import PERSON_NEEDED
from catalog.favourites import queries
from catalog.favourites.models import Favourite
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from kernel import clock
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Kept:
    """A favourite as it now stands."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department: str
    status: str
    version: int
    position: int


def person(actor: Actor) -> uuid.UUID:
    """The user that the actor is; programs have no favourites."""
    if actor.user_id is None:
        raise PERSON_NEEDED()
    return actor.user_id


def add(session: Session, actor: Actor, kind_key: str, node_id: uuid.UUID) -> None:
    """Keep a node that the actor sees, at the end of the list; again changes nothing."""
    user_id = person(actor)
    nodes.found(session, actor, kind_key, node_id)
    if session.get(Favourite, (user_id, node_id)) is None:
        last = session.scalar(select(func.max(Favourite.position)).where(Favourite.user_id == user_id)) or 0
        session.add(Favourite(
            user_id=user_id, node_id=node_id, node_kind=kind_key, position=last + 1, created_at=clock.now()
        ))
        session.flush()


def remove(session: Session, actor: Actor, node_id: uuid.UUID) -> None:
    """Keep a node no longer; one that is not kept is no error."""
    session.execute(delete(Favourite).where(Favourite.user_id == person(actor), Favourite.node_id == node_id))


def order(session: Session, actor: Actor, node_ids: Sequence[uuid.UUID]) -> None:
    """Put these first, in this order; what is not named follows in the order it had, what is not kept is ignored."""
    rows = {row.node_id: row for row in queries.of_user(session, person(actor))}
    wanted = [node_id for node_id in dict.fromkeys(node_ids) if node_id in rows]
    rest = [node_id for node_id in rows if node_id not in set(wanted)]
    for position, node_id in enumerate((*wanted, *rest), start=1):
        rows[node_id].position = position
    session.flush()


def listed(session: Session, actor: Actor) -> list[Kept]:
    """What the actor keeps, in his order, without nodes that he no longer sees."""
    rows = queries.of_user(session, person(actor))
    found = {
        node_id: found for kind in KINDS
        for node_id, found in queries.nodes(
            session, actor, kind, [row.node_id for row in rows if row.node_kind == kind]
        ).items()
    }
    kept: list[Kept] = []
    for row in rows:
        if row.node_id in found:
            code, name, department, status, version = found[row.node_id]
            kept.append(Kept(row.node_kind, row.node_id, code, name, department, status, version, row.position))
    return kept
