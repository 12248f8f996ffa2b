"""The directory as an input: nodes of the four levels, their links, cells and published versions."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from analytics.inputs.frozen import Source, table
from catalog import facts
from catalog.nodes.kinds import KINDS, LIVE, NodeKind
from catalog.nodes.models import DataEntry, DataSystem, DutyData, NodeVersion, SystemTable
from gateway.interfaces.models import Interface
from kernel import clock
from kernel.identity.models import Department

# published_on and the like are days as text; these two say who reported the last update
_UPDATE_SOURCE = {"measured": "实测", "reported": "填报"}
# property of the catalog's rules -> columns of the input for its passing and its counted cells
_CELLS = {
    "norm": ("valid", "filled"), "complete": ("required_filled", "required"),
    "accurate": ("accurate", "accuracy_checked"), "consistent": ("consistent", "consistency_checked"),
}
Figures = Mapping[str, tuple[int, int]]
# an answer that nothing changed counts like an update, and is printed apart from those
UNCHANGED = "本周期无变化"


def departments(session: Session, only: uuid.UUID | None, as_of: datetime) -> Source:
    """Return the departments in office at ``as_of``."""
    query = select(Department).where(Department.valid_from <= as_of)
    query = query.where((Department.valid_to.is_(None)) | (Department.valid_to > as_of))
    if only is not None:
        query = query.where(Department.id == only)
    found = [
        {"department_id": str(row.id), "code": row.code, "name": row.name, "kind": row.kind, "sort": row.sort}
        for row in session.scalars(query)
    ]
    return Source("departments", table("departments", found), "统计时点有效的部门" + _only(only), {})


def entries(session: Session, only: uuid.UUID | None, as_of: datetime) -> Source:
    """Return every node of the four levels as it stands, with its cells counted by the catalog's quality rules."""
    judged = {one.node_id: one.figures for one in facts.quality(session, only, as_of)}
    answers = facts.unchanged(session, as_of)
    found = [row for kind in KINDS.values() for row in _nodes(session, kind, only, judged, answers)]
    return Source("entries", table("entries", found), "四级目录全部条目的现行状态" + _only(only), {})


def publications(session: Session, only: uuid.UUID | None, start: datetime, end: datetime) -> Source:
    """Return the versions published in [start, end)."""
    query = select(NodeVersion).where(NodeVersion.valid_from >= start, NodeVersion.valid_from < end)
    query = _restrict(query, NodeVersion, only)
    found = [
        {
            "department_id": str(row.department_id), "kind": row.node_kind, "node_id": str(row.node_id),
            "code": row.code, "version": row.version, "action": row.action,
            "published_at": clock.to_micros(row.valid_from),
        }
        for row in session.scalars(query)
    ]
    return Source("publications", table("publications", found), "季度内发布的版本" + _only(only), {})


def _nodes(
    session: Session, kind: NodeKind, only: uuid.UUID | None, judged: Mapping[uuid.UUID, Figures],
    answers: Mapping[uuid.UUID, datetime],
) -> Iterator[dict[str, Any]]:
    links = _links(session) if kind.key == "data_entry" else {}
    columns = kind.model.__table__
    for row in session.execute(_restrict(select(columns), kind.model, only)).mappings():
        yield _entry(kind, row, links, judged.get(row["id"], {}), answers.get(row["id"]))


def _entry(
    kind: NodeKind, row: Mapping[Any, Any], links: Mapping[str, set[uuid.UUID]], figures: Figures,
    answered: datetime | None,
) -> dict[str, Any]:
    updated = row.get("data_updated_at")
    source = _UPDATE_SOURCE.get(row.get("data_update_source") or "", row.get("data_update_source"))
    if answered is not None and (updated is None or answered > updated):
        updated, source = answered, UNCHANGED
    has = {name: row["id"] in nodes for name, nodes in links.items()}
    cells = {
        name: figures.get(dimension, (0, 0))[place] for dimension, names in _CELLS.items()
        for place, name in enumerate(names)
    }
    return {
        "department_id": str(row["department_id"]), "kind": kind.key, "node_id": str(row["id"]), "code": row["code"],
        "name": row["name"], "status": row["status"], "published": row["status"] in LIVE,
        "online": bool(row.get("online", row["status"] in LIVE)), "version": row["version"],
        "entry_hash": row["entry_hash"], "update_cycle": row.get("update_cycle"),
        "data_updated_at": None if updated is None else clock.to_micros(updated),
        "update_source": source,
        "has_interface": has.get("interface", False), "has_table": has.get("column", False),
        "linked_duty": has.get("duty", False), "linked_system": has.get("system", False),
        "linked_table": has.get("table", False), **cells,
    }


def _links(session: Session) -> dict[str, set[uuid.UUID]]:
    tables = exists().where(SystemTable.system_id == DataSystem.system_id)
    queries: dict[str, Select[Any]] = {
        "duty": select(DutyData.entry_id).distinct(),
        "system": select(DataSystem.entry_id).distinct(),
        "table": select(DataSystem.entry_id).where(tables).distinct(),
        "interface": select(DataEntry.id).where(
            exists().where(Interface.entry_id == DataEntry.id, Interface.state == "published")
        ),
    }
    found = {name: set(session.scalars(query)) for name, query in queries.items()}
    return {"column": facts.with_tables(session), **found}


def _restrict(query: Select[Any], model: Any, only: uuid.UUID | None) -> Select[Any]:
    return query if only is None else query.where(model.department_id == only)


def _only(only: uuid.UUID | None) -> str:
    return "" if only is None else "，限本部门"
