"""The SELECTs of history: which version of each node was valid at an instant."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Subquery,
    Text,
    and_,
    case,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session, aliased

from catalog.nodes.kinds import KINDS
from catalog.nodes.models import NodeVersion
from catalog.nodes.queries import slices, visible
from kernel.identity.actor import Actor
from kernel.identity.models import Department

WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Filters:
    """What narrows the directory of an instant; None does not. The department is the one of that time."""

    kind: str | None = None
    department_id: uuid.UUID | None = None
    q: str | None = None


def heads(at: datetime) -> Subquery:
    """(node_kind, node_id, version): the last version of each node that was published by ``at``."""
    query = select(NodeVersion.node_kind, NodeVersion.node_id, func.max(NodeVersion.version).label("version"))
    return query.where(NodeVersion.valid_from <= at).group_by(NodeVersion.node_kind, NodeVersion.node_id).subquery()


def seen(actor: Actor) -> ColumnElement[bool]:
    """Versions of nodes that the actor sees today: what was withdrawn is for its own department and the bureau."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return or_(*(
        and_(
            NodeVersion.node_kind == key,
            NodeVersion.node_id.in_(select(kind.model.id).where(visible(actor, kind.model))),
        )
        for key, kind in KINDS.items()
    ))


def valid_at(actor: Actor, at: datetime, filters: Filters) -> Select[uuid.UUID, str, uuid.UUID]:
    """(version id, kind, department) of the nodes valid at an instant, unordered, from the index alone."""
    head = heads(at)
    query = select(NodeVersion.id, NodeVersion.node_kind, NodeVersion.department_id).join(
        head, (head.c.node_kind == NodeVersion.node_kind) & (head.c.node_id == NodeVersion.node_id)
        & (head.c.version == NodeVersion.version),
    ).where(NodeVersion.action != WITHDRAW, seen(actor))
    if filters.kind:
        query = query.where(NodeVersion.node_kind == filters.kind)
    if filters.department_id:
        query = query.where(NodeVersion.department_id == filters.department_id)
    return query


def matching(session: Session, text: str) -> ColumnElement[bool]:
    """Versions whose code or name at that time contains a text."""
    content = NodeVersion.content
    if session.get_bind().dialect.name == "sqlite":
        name = func.json_extract(content, "$.fields.name")
    else:
        name = content.cast(JSON()).op("->")("fields").op("->>")("name").cast(Text())
    return or_(NodeVersion.code.contains(text, autoescape=True), name.contains(text, autoescape=True))


def page(
    session: Session, actor: Actor, at: datetime, filters: Filters, *, limit: int | None, offset: int = 0
) -> tuple[list[NodeVersion], int]:
    """One page of the nodes valid at an instant by code, and how many there are; ``limit`` None: all of them."""
    query = valid_at(actor, at, filters)
    if filters.q:
        query = query.where(matching(session, filters.q))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.with_only_columns(NodeVersion.id).order_by(NodeVersion.code, NodeVersion.node_id)
    wanted = list(session.scalars(ordered if limit is None else ordered.limit(limit).offset(offset)))
    return by_ids(session, wanted), total


def by_ids(session: Session, wanted: Sequence[uuid.UUID]) -> list[NodeVersion]:
    """Versions in the order of their ids."""
    found: dict[uuid.UUID, NodeVersion] = {}
    for some in slices(wanted):
        found.update((row.id, row) for row in session.scalars(select(NodeVersion).where(NodeVersion.id.in_(some))))
    return [found[version_id] for version_id in wanted]


def counts(session: Session, actor: Actor, at: datetime, filters: Filters) -> list[Row[uuid.UUID, str, int]]:
    """(department, kind, nodes) valid at an instant."""
    held = valid_at(actor, at, filters).subquery()
    query = select(held.c.department_id, held.c.node_kind, func.count())
    return list(session.execute(query.group_by(held.c.department_id, held.c.node_kind)))


def departments(session: Session) -> dict[uuid.UUID, tuple[str, int]]:
    """(name, place in the official order) of every department, those that are gone among them."""
    query = select(Department.id, Department.name).order_by(Department.kind, Department.sort, Department.name)
    return {row[0]: (row[1], place) for place, row in enumerate(session.execute(query))}


def version_at(session: Session, kind: str, node_id: uuid.UUID, at: datetime) -> NodeVersion | None:
    """The last version of a node published by ``at``, withdrawn or not."""
    return session.scalar(
        select(NodeVersion)
        .where(NodeVersion.node_kind == kind, NodeVersion.node_id == node_id, NodeVersion.valid_from <= at)
        .order_by(NodeVersion.version.desc()).limit(1)
    )


def following(session: Session, rows: Sequence[NodeVersion]) -> dict[uuid.UUID, datetime]:
    """Version id → when the next version of its node replaced it."""
    later = aliased(NodeVersion)
    found: dict[uuid.UUID, datetime] = {}
    for some in slices([row.id for row in rows]):
        query = select(NodeVersion.id, later.valid_from).join(
            later, (later.node_kind == NodeVersion.node_kind) & (later.node_id == NodeVersion.node_id)
            & (later.version == NodeVersion.version + 1),
        )
        found.update(session.execute(query.where(NodeVersion.id.in_(some))).tuples().all())
    return found


@dataclass(frozen=True)
class Ref:
    """A version, without its content; ``raw_id`` as the driver gave it."""

    raw_id: Any
    version: int
    code: str
    department_id: uuid.UUID

    @property
    def id(self) -> uuid.UUID:
        """The id of the version."""
        return _uuid(self.raw_id)


@cache
def _department_id(value: str) -> uuid.UUID:
    return uuid.UUID(value)


@dataclass(frozen=True)
class Pair:
    """A node that has a version between two instants: the version at each of them, where it was valid."""

    kind: str
    node_id: uuid.UUID
    old: Ref | None
    new: Ref | None
    old_content: str
    new_content: str


def pairs(session: Session, actor: Actor, first: datetime, second: datetime, kind: str | None) -> Iterator[Pair]:
    """Nodes that differ at most: those with a version after ``first`` and by ``second``; streamed, in no order."""
    # versions of a node become valid in their order, so the greatest number is the one valid
    by_first = func.max(case((NodeVersion.valid_from <= first, NodeVersion.version)))
    moved = select(
        NodeVersion.node_kind, NodeVersion.node_id, by_first.label("old"), func.max(NodeVersion.version).label("new")
    ).where(NodeVersion.valid_from <= second, seen(actor), NodeVersion.node_kind == kind if kind else true())
    span = moved.group_by(NodeVersion.node_kind, NodeVersion.node_id).having(
        func.max(NodeVersion.valid_from) > first
    ).subquery()
    old, new = aliased(NodeVersion.__table__), aliased(NodeVersion.__table__)
    query = select(span.c.node_kind, _raw(span.c.node_id), *_columns(old), *_columns(new)).select_from(span)
    query = query.outerjoin(old, _is(old, span, span.c.old)).outerjoin(new, _is(new, span, span.c.new))
    for row in session.connection().execute(query, execution_options={"yield_per": 1000}):
        before, after = _ref(row[2:8]), _ref(row[8:14])
        if before is not None or after is not None:
            yield Pair(row[0], _uuid(row[1]), before, after, row[7] or "", row[13] or "")


def _raw(column: Any) -> Any:
    # as the driver gives it: making a UUID of each of 50,000 cells costs more than the query
    return type_coerce(column, String())


def _columns(version: Any) -> tuple[Any, ...]:
    c = version.c
    return _raw(c.id), c.version, c.code, _raw(c.department_id), c.action, c.content


def _ref(cells: Any) -> Ref | None:
    version_id, version, code, department_id, action, _ = cells
    if action in (None, WITHDRAW):
        return None
    home = _department_id(department_id) if isinstance(department_id, str) else department_id
    return Ref(version_id, version, code, home)


def _uuid(value: Any) -> uuid.UUID:
    return uuid.UUID(value) if isinstance(value, str) else value


def _is(version: Any, span: Subquery, number: Any) -> ColumnElement[bool]:
    return and_(
        version.c.node_kind == span.c.node_kind, version.c.node_id == span.c.node_id, version.c.version == number
    )


def contents(session: Session, wanted: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Version id → content."""
    found: dict[uuid.UUID, str] = {}
    for some in slices(wanted):
        query = select(NodeVersion.id, NodeVersion.content).where(NodeVersion.id.in_(some))
        found.update(session.execute(query).tuples().all())
    return found
