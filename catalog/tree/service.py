"""The tree: kinds of department → departments → duties → data entries → systems → tables.

Keys are ``kind:<kind>``, ``department:<id>``, ``duty:<id>``, ``unlinked:<department id>``, ``data_entry:<id>`` and
``system:<id>``. Whatever is opened costs a constant number of statements.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import visible
from catalog.tree import queries
from catalog.tree.schemas import TreeLevel, TreeNode
from kernel.identity.actor import Actor

_LEVELS = ("duty", "data_entry", "system", "db_table")
_KIND_LABELS = {"bureau": "委办局", "street": "街道", "other": "其他单位"}
UNLINKED = "未关联职责的数据目录"


def children(session: Session, actor: Actor, parent: str | None) -> TreeLevel:
    """The children of ``parent`` (None: the kinds of department); ``catalog.node.unknown`` for a wrong key."""
    if parent is None:
        return _kinds(session, actor)
    kind, _, rest = parent.partition(":")
    if kind == "kind":
        return _departments(session, actor, rest)
    try:
        node_id = uuid.UUID(rest)
    except ValueError as error:
        raise NODE_UNKNOWN(kind="节点") from error
    if kind == "department":
        return _duties(session, actor, node_id)
    if kind == "unlinked":
        rows = queries.entries_without_duty(session, node_id, visible(actor, DataEntry))
        return _level("data_entry", rows)
    if kind not in ("duty", "data_entry", "system"):
        raise NODE_UNKNOWN(kind="节点")
    nodes.found(session, actor, kind, node_id)
    if kind == "duty":
        return _level("data_entry", queries.entries_of_duty(session, node_id, visible(actor, DataEntry)))
    if kind == "data_entry":
        return _level("system", queries.systems_of_entry(session, node_id))
    return _level("db_table", queries.tables_of_system(session, node_id))


def _counts(session: Session, actor: Actor) -> dict[tuple[str, uuid.UUID], int]:
    return queries.counts_by_department(session, {key: visible(actor, KINDS[key].model) for key in _LEVELS})


def _kinds(session: Session, actor: Actor) -> TreeLevel:
    counts = _counts(session, actor)
    found: dict[str, dict[str, int]] = {}
    numbers: dict[str, int] = {}
    for department_id, _, _, kind in queries.departments(session):
        sums = found.setdefault(kind, dict.fromkeys(_LEVELS, 0))
        numbers[kind] = numbers.get(kind, 0) + 1
        for level in _LEVELS:
            sums[level] += counts.get((level, department_id), 0)
    items = [
        TreeNode(key=f"kind:{kind}", kind="kind", id=None, code=kind, name=_KIND_LABELS.get(kind, kind),
                 below=numbers[kind], counts=sums)
        for kind, sums in found.items()
    ]
    return TreeLevel(items=items, cut=False)


def _departments(session: Session, actor: Actor, kind: str) -> TreeLevel:
    counts = _counts(session, actor)
    items = [
        TreeNode(
            key=f"department:{department_id}", kind="department", id=department_id, code=code, name=name,
            below=counts.get(("duty", department_id), 0),
            counts={level: counts.get((level, department_id), 0) for level in _LEVELS},
        )
        for department_id, code, name, of_kind in queries.departments(session) if of_kind == kind
    ]
    return TreeLevel(items=items, cut=False)


def _duties(session: Session, actor: Actor, department_id: uuid.UUID) -> TreeLevel:
    level = _level("duty", queries.duties(session, department_id, visible(actor, KINDS["duty"].model)))
    loose = queries.count_unlinked(session, department_id, visible(actor, DataEntry))
    if loose:
        level.items.append(TreeNode(
            key=f"unlinked:{department_id}", kind="unlinked", id=None, code="", name=UNLINKED, below=loose
        ))
    return level


def _level(kind: str, rows: Sequence[Any]) -> TreeLevel:
    # validated in one call: a level has up to LIMIT nodes
    items = [
        {"key": f"{kind}:{row[0]}", "kind": kind, "id": row[0], "code": row[1], "name": row[2], "status": row[3],
         "version": row[4], "below": row[5]}
        for row in rows
    ]
    return TreeLevel.model_validate({"items": items, "cut": len(items) == queries.LIMIT})
