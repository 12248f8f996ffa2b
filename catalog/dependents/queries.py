"""Everything below duties: duties under them, data entries, systems, tables, and what rests on the entries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.dependents.port import Dependent, dependents
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DataSystem, DbTable, Duty, DutyData, System, SystemTable
from catalog.nodes.queries import slices


@dataclass(frozen=True)
class Node:
    """A node below."""

    kind: str
    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    status: str


@dataclass(frozen=True)
class Below:
    """What lies below some duties, each node once; ``links`` are the (duty, entry) pairs of the duties themselves."""

    nodes: tuple[Node, ...]
    dependents: tuple[Dependent, ...]
    leaves: dict[str, int]
    links: tuple[tuple[uuid.UUID, uuid.UUID], ...]

    def of(self, kind: str) -> list[Node]:
        """The nodes of one kind."""
        return [node for node in self.nodes if node.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """Kind → how many, leaves and dependents among them."""
        found = {kind: len(self.of(kind)) for kind in KINDS}
        for one in self.dependents:
            found[one.kind] = found.get(one.kind, 0) + 1
        return {**found, **self.leaves}


def below(session: Session, duty_ids: Sequence[uuid.UUID]) -> Below:
    """Everything below duties that is not withdrawn, by kind and code."""
    children = _sub_duties(session, duty_ids)
    links = _pairs(session, DutyData.duty_id, DutyData.entry_id, duty_ids)
    under = _pairs(session, DutyData.duty_id, DutyData.entry_id, [node.id for node in children])
    entries = _nodes(session, "data_entry", DataEntry, [entry for _, entry in (*links, *under)])
    entry_ids = [node.id for node in entries]
    systems = _nodes(session, "system", System, [
        system for _, system in _pairs(session, DataSystem.entry_id, DataSystem.system_id, entry_ids)
    ])
    tables = _nodes(session, "db_table", DbTable, [
        table for _, table in _pairs(
            session, SystemTable.system_id, SystemTable.table_id, [node.id for node in systems]
        )
    ])
    leaves = {
        "data_item": _leaves(session, "data_entry", entry_ids),
        "db_column": _leaves(session, "db_table", [node.id for node in tables]),
    }
    live = {node.id for node in entries}
    return Below(
        (*children, *entries, *systems, *tables), tuple(dependents(session, entry_ids)), leaves,
        tuple(pair for pair in links if pair[1] in live),
    )


def _sub_duties(session: Session, duty_ids: Sequence[uuid.UUID]) -> list[Node]:
    """Duties under duties, however deep; a ring in the data ends the descent instead of running for ever."""
    seen, level, found = set(duty_ids), list(duty_ids), []
    while level:
        below_them: list[Node] = []
        for some in slices(level):
            query = select(Duty).where(Duty.parent_id.in_(some), Duty.status != "withdrawn").order_by(Duty.code)
            below_them += [_node("duty", row) for row in session.scalars(query)]
        fresh = [node for node in below_them if node.id not in seen]
        seen.update(node.id for node in fresh)
        found += fresh
        level = [node.id for node in fresh]
    return found


def _pairs(session: Session, near: Any, far: Any, ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    found: list[tuple[uuid.UUID, uuid.UUID]] = []
    for some in slices(ids):
        found += session.execute(select(near, far).where(near.in_(some)).order_by(far)).tuples()
    return found


def _nodes(session: Session, kind: str, model: Any, ids: Sequence[uuid.UUID]) -> list[Node]:
    columns = (model.id, model.code, model.name, model.department_id, model.status)
    found = [
        Node(kind, *row)
        for some in slices(list(dict.fromkeys(ids)))
        for row in session.execute(select(*columns).where(model.id.in_(some), model.status != "withdrawn"))
    ]
    return sorted(found, key=lambda node: node.code)


def _node(kind: str, row: Any) -> Node:
    return Node(kind, row.id, row.code, row.name, row.department_id, row.status)


def _leaves(session: Session, kind: str, ids: Sequence[uuid.UUID]) -> int:
    child = KINDS[kind].child
    if child is None:
        return 0
    parent = getattr(child.model, child.parent)
    return sum(
        session.scalar(select(func.count()).select_from(child.model).where(parent.in_(some))) or 0
        for some in slices(ids)
    )
