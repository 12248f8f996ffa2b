"""Codes as attributes with a history: what a node was called before, and whose code a code is or was."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.codes.errors import CODE_UNKNOWN
from catalog.codes.models import NodeCode
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import visible
from kernel import clock, ids
from kernel.identity.actor import Actor

_CHILDREN: Final = {"data_item": "data_entry", "db_column": "db_table"}


@dataclass(frozen=True)
class Bearer:
    """The node that bears or bore a code. ``past``: the code ended at ``valid_to`` and ``code`` is the present one."""

    node_kind: str
    node_id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    code: str
    asked: str
    past: bool
    valid_to: datetime | None


def moved(session: Session, kind: str, changes: Iterable[tuple[uuid.UUID, str, str, datetime]], reason: str) -> None:
    """Keep codes that end now: (node id, old code, new code, since when the node exists)."""
    now = clock.now()
    for node_id, old, new, since in changes:
        if old == new:
            continue
        last = session.scalar(
            select(NodeCode.valid_to).where(NodeCode.node_id == node_id).order_by(NodeCode.valid_to.desc()).limit(1)
        )
        session.add(NodeCode(
            id=ids.new(), node_kind=kind, node_id=node_id, code=old, folded=old.lower(), valid_from=last or since,
            valid_to=now, successor=new, reason=reason,
        ))


def past_codes(session: Session, node_id: uuid.UUID) -> list[NodeCode]:
    """Codes that a node bore, oldest first."""
    return list(session.scalars(select(NodeCode).where(NodeCode.node_id == node_id).order_by(NodeCode.valid_to)))


def resolve(session: Session, actor: Actor, code: str) -> list[Bearer]:
    """Every node, item or column that bears, bore or brought along this code and is visible to the actor.

    Raises ``catalog.codes.code_unknown`` when there is none.
    """
    asked = code.strip()
    found: dict[uuid.UUID, Bearer] = {}
    for kind in KINDS:
        for bearer in _now(session, actor, kind, asked):
            found.setdefault(bearer.node_id, bearer)
    for row in session.scalars(select(NodeCode).where(NodeCode.folded == asked.lower())):
        then = _then(session, actor, row, asked)
        if then is not None:
            found.setdefault(then.node_id, then)
    if not found:
        raise CODE_UNKNOWN(code=asked)
    return list(found.values())


def _now(session: Session, actor: Actor, kind_key: str, asked: str) -> list[Bearer]:
    kind = KINDS[kind_key]
    model = kind.model
    found = [
        Bearer(kind_key, node.id, None, node.name, node.code, asked, False, None)
        for node in session.scalars(select(model).where(model.code == asked, visible(actor, model)))
    ]
    if kind.child is not None:
        child, parent = kind.child.model, getattr(kind.child.model, kind.child.parent)
        query = select(child).join(model, model.id == parent).where(child.code == asked, visible(actor, model))
        child_key = next(key for key, upper in _CHILDREN.items() if upper == kind_key)
        found += [
            Bearer(child_key, one.id, getattr(one, kind.child.parent), one.name, one.code, asked, False, None)
            for one in session.scalars(query)
        ]
    return found


def _then(session: Session, actor: Actor, row: NodeCode, asked: str) -> Bearer | None:
    kind = KINDS[_CHILDREN.get(row.node_kind, row.node_kind)]
    model: Any = kind.model
    if row.node_kind in KINDS:
        node = session.scalar(select(model).where(model.id == row.node_id, visible(actor, model)))
        return node and Bearer(row.node_kind, node.id, None, node.name, node.code, asked, True, row.valid_to)
    assert kind.child is not None
    child, parent = kind.child.model, getattr(kind.child.model, kind.child.parent)
    query = select(child).join(model, model.id == parent).where(child.id == row.node_id, visible(actor, model))
    one = session.scalar(query)
    return one and Bearer(
        row.node_kind, one.id, getattr(one, kind.child.parent), one.name, one.code, asked, True, row.valid_to
    )
