"""Nodes by their exact code, for the search box of the chain."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import visible
from chain.explorer.port import Object
from kernel.identity.actor import Actor


def anchored_objects(session: Session, actor: Actor, code: str) -> list[Object]:
    """Return the nodes of every level with this code that the actor sees."""
    found = []
    for key, kind in KINDS.items():
        node = kind.model
        rows = session.execute(select(node.id, node.code, node.name).where(node.code == code, visible(actor, node)))
        found += [Object(str(key), str(row.id), row.code, row.name) for row in rows]
    return found
