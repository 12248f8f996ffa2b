"""The SELECTs of links."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true, tuple_
from sqlalchemy.orm import Session

from catalog.links.hashing import End
from catalog.links.kinds import ENDS, LINKS, EndKind, LinkKind
from catalog.links.models import LinkChange, LinkVersion
from catalog.nodes.hashing import chain_breaks
from catalog.nodes.queries import slices
from kernel import canonical
from kernel.identity.actor import Actor

Row = dict[str, Any]
Key = tuple[uuid.UUID, uuid.UUID, str]
"""(first end, second end, relation): what makes a link of a kind the same link."""


def end_query(end: EndKind) -> Select[Any]:
    """(id, code, name, node id, node code, node name, department, status) of what a link may end at."""
    node = end.node
    columns = (end.model.id, end.model.code, end.model.name, node.id, node.code, node.name, node.department_id,
               node.status)
    query = select(*columns)
    return query if end.parent is None else query.join(node, node.id == getattr(end.model, end.parent))


def ends(session: Session, end_key: str, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, End]:
    """Ends of one kind by id."""
    end, found = ENDS[end_key], dict[uuid.UUID, End]()
    for some in slices(list(dict.fromkeys(ids))):
        for row in session.execute(end_query(end).where(end.model.id.in_(some))):
            found[row[0]] = End(end_key, row[0], row[1], row[2], row[3], end.node_key, *row[4:])
    return found


def columns_of(link: LinkKind) -> tuple[Any, Any, Any]:
    """The columns of a link's table that hold its ends and its relation (None where it has none)."""
    table = link.model.__table__.c
    return table[link.from_column], table[link.to_column], table.relation if link.relations else None


def _rows(session: Session, link: LinkKind, *where: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Rows of a link's table with ``from_id``, ``to_id`` and ``relation``."""
    table, (first, second, relation) = link.model.__table__, columns_of(link)
    plain = [table.c[name] for name in (
        "id", "version", "entry_hash", "batch_id", "created_by", "created_at",
    )]
    query = select(*plain, first.label("from_id"), second.label("to_id"))
    if relation is not None:
        query = query.add_columns(relation)
    return [{"relation": "", **row} for row in session.execute(query.where(*where)).mappings()]


def held(session: Session, link: LinkKind, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
    """Rows of these links."""
    first, _, _ = columns_of(link)
    wanted, found = set(keys), dict[Key, dict[str, Any]]()
    for some in slices(sorted({key[0] for key in keys})):
        for row in _rows(session, link, first.in_(some)):
            key = (row["from_id"], row["to_id"], row["relation"])
            if key in wanted:
                found[key] = row
    return found


def by_ids(session: Session, link: LinkKind, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """Rows of a link's table by id."""
    return [row for some in slices(ids) for row in _rows(session, link, link.model.__table__.c.id.in_(some))]


def of_batch(session: Session, link: LinkKind, batch_id: uuid.UUID) -> list[dict[str, Any]]:
    """Rows that an import made."""
    return _rows(session, link, link.model.__table__.c.batch_id == batch_id)


def owners(session: Session, table_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Table → system of tables that have one."""
    link = LINKS["system_table"]
    first, second, _ = columns_of(link)
    return {
        table: system for some in slices(table_ids)
        for system, table in session.execute(select(first, second).where(second.in_(some))).tuples()
    }


def touching(
    session: Session, link: LinkKind, side: str, node_ids: Sequence[uuid.UUID], *, drafts_only: bool
) -> list[dict[str, Any]]:
    """Rows whose end on ``side`` (from, to) is one of these nodes, or a leaf of one."""
    first, second, _ = columns_of(link)
    column, end = (first, ENDS[link.from_kind]) if side == "from" else (second, ENDS[link.to_kind])
    found: list[dict[str, Any]] = []
    for some in slices(node_ids):
        if end.parent is None:
            condition = column.in_(some)
        else:
            condition = column.in_(select(end.model.id).where(getattr(end.model, end.parent).in_(some)))
        where = [condition, link.model.__table__.c.version == 0] if drafts_only else [condition]
        found.extend(_rows(session, link, *where))
    return found


def latest(session: Session, link_key: str, keys: Sequence[Key]) -> dict[Key, tuple[uuid.UUID, int, str]]:
    """Link id, last version and its hash of links that were ever decided."""
    wanted, found = set(keys), dict[Key, tuple[uuid.UUID, int, str]]()
    columns = (
        LinkVersion.from_id, LinkVersion.to_id, LinkVersion.relation, LinkVersion.link_id, LinkVersion.version,
        LinkVersion.entry_hash,
    )
    for some in slices(sorted({key[0] for key in keys})):
        query = select(*columns).where(LinkVersion.link_kind == link_key, LinkVersion.from_id.in_(some))
        for row in session.execute(query.order_by(LinkVersion.version)):
            key = (row[0], row[1], row[2])
            if key in wanted:
                found[key] = (row[3], row[4], row[5])
    return found


def standing(session: Session, node_ids: Sequence[uuid.UUID]) -> list[LinkVersion]:
    """The last version of every link of these nodes, where it says that the link is there."""
    found: dict[uuid.UUID, LinkVersion] = {}
    for some in slices(node_ids):
        for side in (LinkVersion.from_node_id, LinkVersion.to_node_id):
            query = select(LinkVersion).where(side.in_(some)).order_by(LinkVersion.version)
            found.update((row.link_id, row) for row in session.scalars(query))
    return [row for row in found.values() if row.action == "add"]


def existing_ids(session: Session, link: LinkKind, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these links have a row."""
    column = link.model.__table__.c.id
    return {one for some in slices(ids) for one in session.scalars(select(column).where(column.in_(some)))}


def versions(session: Session, link_id: uuid.UUID) -> list[LinkVersion]:
    """Versions of a link, oldest first."""
    query = select(LinkVersion).where(LinkVersion.link_id == link_id)
    return list(session.scalars(query.order_by(LinkVersion.version)))


def open_changes(session: Session, link_key: str, keys: Sequence[Key]) -> dict[Key, LinkChange]:
    """Changes of these links that wait."""
    found: dict[Key, LinkChange] = {}
    columns = tuple_(LinkChange.from_id, LinkChange.to_id, LinkChange.relation)
    for start in range(0, len(keys), 300):
        query = select(LinkChange).where(
            LinkChange.link_kind == link_key, LinkChange.decision.is_(None), columns.in_(keys[start : start + 300])
        )
        found.update(((row.from_id, row.to_id, row.relation), row) for row in session.scalars(query))
    return found


def changes_of_batch(session: Session, batch_id: uuid.UUID) -> list[LinkChange]:
    """Changes of an import that wait."""
    query = select(LinkChange).where(LinkChange.batch_id == batch_id, LinkChange.decision.is_(None))
    return list(session.scalars(query))


def changes_of_ends(session: Session, ids: Sequence[uuid.UUID]) -> list[LinkChange]:
    """Changes that wait at these ends."""
    found: dict[uuid.UUID, LinkChange] = {}
    for some in slices(ids):
        ends_ = or_(LinkChange.from_id.in_(some), LinkChange.to_id.in_(some))
        query = select(LinkChange).where(ends_, LinkChange.decision.is_(None))
        found.update((row.id, row) for row in session.scalars(query))
    return list(found.values())


def leaf_ids(session: Session, end: EndKind, node_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Items or columns of nodes."""
    if end.parent is None:
        return list(node_ids)
    parent = getattr(end.model, end.parent)
    return [one for some in slices(node_ids) for one in session.scalars(select(end.model.id).where(parent.in_(some)))]


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """Changes of the departments that an actor reviews or edits for."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return LinkChange.department_id == actor.department_id if actor.department_id else false()


def queue(
    actor: Actor, *, state: str = "open", kind: str | None = None, department_id: uuid.UUID | None = None,
    mine: bool = False,
) -> Select[LinkChange]:
    """Changes: ``open`` ones oldest first, ``done`` ones newest first; ``mine``: those the actor submitted."""
    open_ = LinkChange.decision.is_(None)
    query = select(LinkChange).where(open_ if state == "open" else ~open_)
    query = query.where(LinkChange.submitted_by == actor.user_id) if mine else query.where(in_scope(actor))
    if kind:
        query = query.where(LinkChange.link_kind == kind)
    if department_id:
        query = query.where(LinkChange.department_id == department_id)
    if state == "open":
        return query.order_by(LinkChange.submitted_at, LinkChange.id)
    return query.order_by(LinkChange.decided_at.desc(), LinkChange.id)


def together(actor: Actor, change_id: uuid.UUID) -> Select[LinkChange]:
    """The changes of one kind that were submitted at once with this one, open or decided: what a task is about."""
    # the audit line of a decided change is that of its decision: who and when say what was submitted at once
    same = (LinkChange.submitted_name, LinkChange.submitted_at, LinkChange.link_kind, LinkChange.action)
    one = select(*same).where(LinkChange.id == change_id).subquery()
    query = select(LinkChange).join(one, and_(*(column == one.c[column.key] for column in same)))
    seen = in_scope(actor) | (LinkChange.submitted_by == actor.user_id) if actor.user_id else in_scope(actor)
    return query.where(seen).order_by(LinkChange.submitted_at, LinkChange.id)


def waiting(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> list[LinkChange]:
    """Open changes in the actor's scope by id."""
    found: list[LinkChange] = []
    for some in slices(ids):
        query = select(LinkChange).where(LinkChange.id.in_(some), LinkChange.decision.is_(None), in_scope(actor))
        found.extend(session.scalars(query))
    return found


def verify_chains(session: Session) -> tuple[int, list[dict[str, Any]]]:
    """How many versions of links there are, and every link whose chain does not hold together.

    Beyond what :func:`catalog.nodes.hashing.chain_breaks` checks: the columns say what the content says, the row of
    a link bears the last version, and a link has a row exactly when its last version added it.
    """
    heads = {
        (key, row[0]): tuple(row) for key, link in LINKS.items()
        for row in session.execute(
            select(*(link.model.__table__.c[name] for name in ("id", "version", "entry_hash")), *columns_of(link)[:2])
            .where(link.model.__table__.c.version > 0)
        ).tuples()
    }
    checked, broken = 0, []
    # plain rows: a catalog has more versions of links than objects fit into a session
    query = select(*LinkVersion.__table__.c).order_by(
        LinkVersion.link_kind, LinkVersion.link_id, LinkVersion.version
    )
    rows = session.execute(query.execution_options(yield_per=2000))
    for (kind_key, link_id), group in groupby(rows, lambda row: (row.link_kind, row.link_id)):
        chain = list(group)
        checked += len(chain)
        bad = chain_breaks([(row.version, row.content, row.prev_hash, row.entry_hash) for row in chain])
        bad += [row.version for row in chain if not _says(row)]
        last = chain[-1]
        row = (link_id, last.version, last.entry_hash, last.from_id, last.to_id) if last.action == "add" else None
        if heads.pop((kind_key, link_id), None) != row:
            bad.append(last.version + 1)
        if bad:
            broken.append({"kind": kind_key, "code": str(link_id), "versions": sorted(set(bad))})
    broken.extend({"kind": key, "code": str(link_id), "versions": [1]} for key, link_id in heads)
    return checked, broken


def _says(row: Any) -> bool:
    """Whether the content names the same link, ends and action as the columns."""
    try:
        body = canonical.loads(row.content.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return isinstance(body, dict) and body == {
        **body, "kind": row.link_kind, "id": str(row.link_id), "removed": row.action == "remove",
        "fields": {"relation": row.relation or None}, "from": {**body["from"], "id": str(row.from_id)},
        "to": {**body["to"], "id": str(row.to_id)},
    }


def changes_at(session: Session, end: End, limit: int) -> list[LinkChange]:
    """Changes that wait at a node, its leaves among them, or at a leaf; oldest first."""
    ids: list[Any] = [LinkChange.from_id == end.id, LinkChange.to_id == end.id]
    for leaf in ENDS.values():
        if leaf.parent is not None and leaf.node_key == end.kind:
            leaves = select(leaf.model.id).where(getattr(leaf.model, leaf.parent) == end.id)
            ids += [LinkChange.from_id.in_(leaves), LinkChange.to_id.in_(leaves)]
    query = select(LinkChange).where(or_(*ids), LinkChange.decision.is_(None))
    return list(session.scalars(query.order_by(LinkChange.submitted_at, LinkChange.id).limit(limit)))
