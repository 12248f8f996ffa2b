"""Links with both ends named, so that a page needs one request."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.links import queries
from catalog.links.kinds import ENDS, LINKS, RELATIONS, EndKind, LinkKind
from catalog.links.models import LinkChange
from catalog.nodes.queries import slices, visible
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.identity.names import names_of

_FIELDS = ("id", "code", "name", "node_id", "node_code", "node_name", "status", "department_id", "department")


class _Side:
    """One end of a link in a SELECT: its tables under names of their own."""

    def __init__(self, end: EndKind) -> None:
        self.end, self.node, self.department = end, aliased(end.node), aliased(Department)
        self.leaf = aliased(end.model) if end.parent else self.node

    def columns(self) -> list[Any]:
        """In the order of _FIELDS."""
        return [
            self.leaf.id, self.leaf.code, self.leaf.name, self.node.id, self.node.code, self.node.name,
            self.node.status, self.node.department_id, self.department.name,
        ]

    def join(self, query: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
        """Join the end that ``column`` names."""
        query = query.join(self.leaf, self.leaf.id == column)
        if self.end.parent:
            query = query.join(self.node, self.node.id == getattr(self.leaf, self.end.parent))
        return query.join(self.department, self.department.id == self.node.department_id)


def _query(actor: Actor, link: LinkKind, end_key: str, end_id: uuid.UUID) -> tuple[Select[Any], Any]:
    """Links of one kind at an end that the actor sees, and the order of a page."""
    first, second, relation = queries.columns_of(link)
    table, sides = link.model.__table__.c, (_Side(ENDS[link.from_kind]), _Side(ENDS[link.to_kind]))
    plain = [table.id, table.version, table.entry_hash, table.created_at]
    plain += [relation] if relation is not None else []
    query = select(*plain, *sides[0].columns(), *sides[1].columns()).select_from(link.model.__table__)
    query = sides[1].join(sides[0].join(query, first), second)
    query = query.where(visible(actor, sides[0].node), visible(actor, sides[1].node))
    at: list[ColumnElement[bool]] = []
    for side, key in zip(sides, (link.from_kind, link.to_kind), strict=True):
        if key == end_key:
            at.append(side.leaf.id == end_id)
        elif ENDS[key].node_key == end_key:
            at.append(side.node.id == end_id)
    return query.where(or_(*at)), (sides[0].leaf.code, sides[1].leaf.code, table.id)


def _applies(link: LinkKind, end_key: str) -> bool:
    return any(end_key in (key, ENDS[key].node_key) for key in (link.from_kind, link.to_kind))


def of_node(
    session: Session, actor: Actor, end_key: str, end_id: uuid.UUID, kind: str | None, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """One page over the links of a node or leaf in the order of kinds, and how many of each kind there are."""
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for link in LINKS.values():
        if not _applies(link, end_key):
            continue
        query, order = _query(actor, link, end_key, end_id)
        counts[link.key] = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        if kind is not None and kind != link.key:
            continue
        if len(rows) < limit and offset < counts[link.key]:
            page = query.order_by(*order).limit(limit - len(rows)).offset(offset)
            rows += [_row(link, tuple(row)) for row in session.execute(page)]
        offset = max(0, offset - counts[link.key])
    return _with_pending(session, rows), counts


def _row(link: LinkKind, row: Sequence[Any]) -> dict[str, Any]:
    start = 5 if link.relations else 4
    relation = row[4] if link.relations else ""
    width = len(_FIELDS)
    return {
        "id": row[0], "kind": link.key, "kind_zh": link.zh, "relation": relation,
        "relation_zh": RELATIONS[relation][0] if relation else "", "version": row[1], "entry_hash": row[2],
        "created_at": row[3], "state": "valid" if row[1] else "draft", "pending": None,
        "first": _end(link.from_kind, row[start : start + width]),
        "second": _end(link.to_kind, row[start + width : start + 2 * width]),
    }


def _end(key: str, values: Sequence[Any]) -> dict[str, Any]:
    return {"kind": key, "node_kind": ENDS[key].node_key, **dict(zip(_FIELDS, values, strict=True))}


def _with_pending(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for link_key in {row["kind"] for row in rows}:
        some = [row for row in rows if row["kind"] == link_key]
        keys = [(row["first"]["id"], row["second"]["id"], row["relation"]) for row in some]
        waiting = queries.open_changes(session, link_key, keys)
        for row, key in zip(some, keys, strict=True):
            row["pending"] = waiting[key].action if key in waiting else None
    return rows


def changes(session: Session, found: Sequence[LinkChange]) -> list[dict[str, Any]]:
    """Changes with both ends named, in the given order; an end that is gone is None. One query a kind and end."""
    named = {end_key: named_ends(session, end_key, _ids(found, end_key)) for end_key in ENDS}
    names = names_of(session, (one for change in found for one in (change.submitted_by, change.decided_by)))
    made: list[dict[str, Any]] = []
    for change in found:
        link = LINKS[change.link_kind]
        made.append({
            "id": change.id, "kind": link.key, "kind_zh": link.zh, "action": change.action,
            "relation": change.relation, "relation_zh": RELATIONS[change.relation][0] if change.relation else "",
            "first": named[link.from_kind].get(change.from_id), "second": named[link.to_kind].get(change.to_id),
            "department_id": change.department_id, "batch_id": change.batch_id,
            "submitted_name": names.of(change.submitted_by, change.submitted_name),
            "submitted_at": change.submitted_at,
            "decision": change.decision, "decided_at": change.decided_at,
            "decided_name": names.of(change.decided_by, change.decided_name) or None,
            "reason": change.reason,
        })
    return made


def _ids(found: Sequence[LinkChange], end_key: str) -> list[uuid.UUID]:
    ids = [change.from_id for change in found if LINKS[change.link_kind].from_kind == end_key]
    return ids + [change.to_id for change in found if LINKS[change.link_kind].to_kind == end_key]


def named_ends(session: Session, end_key: str, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Ends by id, with their nodes and departments."""
    side = _Side(ENDS[end_key])
    query = select(*side.columns()).select_from(side.leaf)
    if side.end.parent:
        query = query.join(side.node, side.node.id == getattr(side.leaf, side.end.parent))
    query = query.join(side.department, side.department.id == side.node.department_id)
    return {
        row[0]: _end(end_key, row)
        for some in slices(list(dict.fromkeys(ids)))
        for row in session.execute(query.where(side.leaf.id.in_(some))).tuples()
    }
