"""The directory as of an instant: lists, counts, one node."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.history import keeping, queries
from catalog.history.errors import NOT_YET
from catalog.history.queries import Filters
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import NodeVersion
from catalog.nodes.service import found
from kernel import clock
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Then:
    """A node as one of its versions says. ``org_name`` is the department's name of that time."""

    kind: str
    node_id: uuid.UUID
    version: int
    action: str
    code: str
    name: str
    department_id: uuid.UUID
    org: str
    org_name: str
    valid_from: datetime
    valid_to: datetime | None
    entry_hash: str
    fields: dict[str, Any]
    profile: str
    child_hashes: tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """Nodes of a department on each level, as of an instant."""

    department_id: uuid.UUID
    department: str
    levels: dict[str, int]


def listed(
    session: Session, actor: Actor, at: datetime, filters: Filters, *, limit: int | None, offset: int = 0
) -> tuple[list[Then], int]:
    """Nodes valid at an instant by code, and how many there are. Published versions only: drafts have no history."""
    rows, total = queries.page(session, actor, at, filters, limit=limit, offset=offset)
    return _then(session, rows), total


def counts(session: Session, actor: Actor, at: datetime, filters: Filters) -> list[Count]:
    """Nodes per department and level, departments in official order (with their present names)."""
    departments = queries.departments(session)
    levels: dict[uuid.UUID, dict[str, int]] = {}
    for department_id, kind, count in queries.counts(session, actor, at, filters):
        levels.setdefault(department_id, dict.fromkeys(KINDS, 0))[kind] = count
    ordered = sorted(levels, key=lambda one: departments[one][1])
    return [Count(one, departments[one][0], levels[one]) for one in ordered]


def node_at(session: Session, actor: Actor, kind_key: str, node_id: uuid.UUID, at: datetime) -> Then:
    """One node as of an instant; raises ``catalog.node.unknown``, ``catalog.history.not_valid``."""
    found(session, actor, kind_key, node_id)
    row = queries.version_at(session, kind_key, node_id, at)
    if row is None or row.action == queries.WITHDRAW:
        raise NOT_YET(at=clock.iso(at), kind=KINDS[kind_key].zh)
    return _then(session, [row])[0]


def children_at(session: Session, node: Then) -> keeping.Children | None:
    """Items or columns of a node as of its version; None where they were not kept (see :mod:`.keeping`)."""
    key = node.node_id, node.version
    return keeping.children_of(session, node.kind, {key: (node.profile, node.child_hashes)})[key]


def _then(session: Session, rows: Sequence[NodeVersion]) -> list[Then]:
    later = queries.following(session, rows)
    return [_of(row, later.get(row.id)) for row in rows]


def _of(row: NodeVersion, valid_to: datetime | None) -> Then:
    content = orjson.loads(row.content)
    return Then(
        row.node_kind, row.node_id, row.version, row.action, row.code, content["fields"]["name"], row.department_id,
        content["org"], content["org_name"], row.valid_from, valid_to, row.entry_hash, content["fields"],
        content["profile"], tuple(content["children"]),
    )


def kind_checked(kind: str | None) -> str | None:
    """The kind, if it is one; raises ``catalog.node.unknown``."""
    if kind is not None and kind not in KINDS:
        raise NODE_UNKNOWN(kind=kind)
    return kind
