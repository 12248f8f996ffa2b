"""The SELECTs of nodes of any kind."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from catalog.nodes.hashing import Org, chain_breaks
from catalog.nodes.kinds import KINDS, LIVE, NodeKind
from catalog.nodes.models import NodeChange, NodeVersion
from kernel.identity.actor import Actor
from kernel.identity.models import Department

T = TypeVar("T")
SLICE = 1000
"""Ids bound in one statement; databases limit the number of parameters."""


def slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Ids or other values in groups of SLICE."""
    for start in range(0, len(values), SLICE):
        yield values[start : start + SLICE]


def visible(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Nodes that an actor sees: published ones of all, every one of the departments in scope."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return or_(model.department_id == actor.department_id, model.status.in_(LIVE))


def node(session: Session, kind: NodeKind, node_id: uuid.UUID) -> Any | None:
    """One node."""
    return session.get(kind.model, node_id)


def node_by_code(session: Session, kind: NodeKind, code: str) -> Any | None:
    """The node that bears a code."""
    return session.scalar(select(kind.model).where(kind.model.code == code))


def rows(session: Session, kind: NodeKind, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """All columns of nodes, as plain dictionaries (cheaper than objects for thousands)."""
    table = kind.model.__table__
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for some in slices(ids):
        for row in session.execute(select(table).where(table.c.id.in_(some))).mappings():
            found[row["id"]] = dict(row)
    return found


def children(session: Session, kind: NodeKind, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Items or columns of nodes, ordered by number."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    if kind.child is None:
        return found
    table = kind.child.model.__table__
    parent = table.c[kind.child.parent]
    for some in slices(ids):
        for row in session.execute(select(table).where(parent.in_(some)).order_by(table.c.number)).mappings():
            found[row[kind.child.parent]].append(dict(row))
    return found


def versions(session: Session, kind_key: str, node_id: uuid.UUID) -> list[NodeVersion]:
    """Published versions, oldest first."""
    return list(session.scalars(
        select(NodeVersion)
        .where(NodeVersion.node_kind == kind_key, NodeVersion.node_id == node_id)
        .order_by(NodeVersion.version)
    ))


def change(session: Session, node_id: uuid.UUID) -> NodeChange | None:
    """The open change of a published node."""
    return session.get(NodeChange, node_id)


def changes(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Proposed contents of nodes that have an open change."""
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for some in slices(ids):
        query = select(NodeChange.node_id, NodeChange.proposed).where(NodeChange.node_id.in_(some))
        for node_id, proposed in session.execute(query):
            found[node_id] = proposed
    return found


def orgs(session: Session, department_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Org]:
    """Code and name of departments; the credit code where there is one."""
    query = select(Department.id, Department.code, Department.uscc, Department.name)
    found: dict[uuid.UUID, Org] = {}
    for some in slices(list(dict.fromkeys(department_ids))):
        for department_id, code, uscc, name in session.execute(query.where(Department.id.in_(some))):
            found[department_id] = Org(uscc or code, name)
    return found


def ids_where(session: Session, kind: NodeKind, *conditions: ColumnElement[bool]) -> list[uuid.UUID]:
    """Ids of nodes, ordered by code so that effects come in a stable order."""
    return list(session.scalars(select(kind.model.id).where(*conditions).order_by(kind.model.code)))


def verify_chains(session: Session) -> tuple[int, list[dict[str, Any]]]:
    """How many versions there are, and every node whose chain of versions does not hold together."""
    columns = (
        NodeVersion.node_kind, NodeVersion.node_id, NodeVersion.version, NodeVersion.content, NodeVersion.prev_hash,
        NodeVersion.entry_hash, NodeVersion.code,
    )
    query = select(*columns).order_by(NodeVersion.node_kind, NodeVersion.node_id, NodeVersion.version)
    heads = {
        (key, node_id): head for key, kind in KINDS.items()
        for node_id, head in session.execute(
            select(kind.model.id, kind.model.entry_hash).where(kind.model.version > 0)
        ).tuples()
    }
    checked, broken = 0, []
    for (key, node_id), group in groupby(
        session.execute(query.execution_options(yield_per=2000)), lambda r: (r[0], r[1])
    ):
        rows = list(group)
        checked += len(rows)
        bad = chain_breaks([(row[2], row[3], row[4], row[5]) for row in rows])
        if heads.pop((key, node_id), None) != rows[-1][5]:
            bad.append(rows[-1][2] + 1)
        if bad:
            broken.append({"kind": key, "code": rows[-1][6], "versions": sorted(set(bad))})
    broken.extend({"kind": key, "code": str(node_id), "versions": [1]} for key, node_id in heads)
    return checked, broken
