"""The SELECTs of tracing: one for each step between two levels, whatever there is to follow."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.links.kinds import ENDS
from catalog.nodes.models import (
    DataItem,
    DataSystem,
    DbColumn,
    DutyData,
    ItemColumn,
    SystemTable,
)
from catalog.nodes.queries import slices, visible
from kernel.identity.actor import Actor
from kernel.identity.models import Department

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class Step:
    """Two levels and where it is written which of them belong together."""

    upper: str
    lower: str
    link: str
    upper_column: Any
    lower_column: Any


STEPS: Final = (
    Step("duty", "data_entry", "duty_data", DutyData.duty_id, DutyData.entry_id),
    Step("data_entry", "data_item", "item", DataItem.entry_id, DataItem.id),
    Step("data_entry", "system", "data_system", DataSystem.entry_id, DataSystem.system_id),
    Step("data_item", "db_column", "item_column", ItemColumn.item_id, ItemColumn.column_id),
    Step("system", "db_table", "system_table", SystemTable.system_id, SystemTable.table_id),
    Step("db_table", "db_column", "column", DbColumn.table_id, DbColumn.id),
)


def pairs(session: Session, step: Step, side: str, ids: Sequence[uuid.UUID], limit: int) -> list[Pair]:
    """(upper, lower) of a step where ``side`` (upper, lower) is one of ``ids``; at most ``limit``."""
    column = step.upper_column if side == "upper" else step.lower_column
    found: list[Pair] = []
    for some in slices(ids):
        query = select(step.upper_column, step.lower_column).where(column.in_(some))
        query = query.order_by(step.upper_column, step.lower_column).limit(limit - len(found))
        found += [(first, second) for first, second in session.execute(query).tuples()]
        if len(found) >= limit:
            break
    return found


def described(session: Session, actor: Actor, key: str, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """What is shown of the traced nodes and leaves of one level that the actor sees, ordered by code."""
    end = ENDS[key]
    node = end.node
    columns: list[Any] = [
        end.model.id, end.model.code, end.model.name, node.status, node.department_id,
        Department.name.label("department"),
    ]
    if key == "duty":
        columns += [node.basis_doc, node.basis_text, node.duty_type, node.effective_on]
    if key == "db_column":
        columns += [DbColumn.name_zh, DbColumn.data_type]
    query: Select[Any] = select(*columns)
    if end.parent is not None:
        query = query.join(node, node.id == getattr(end.model, end.parent))
    query = query.join(Department, Department.id == node.department_id).where(visible(actor, node))
    found: list[dict[str, Any]] = []
    for some in slices(ids):
        found += [dict(row) for row in session.execute(query.where(end.model.id.in_(some))).mappings()]
    return sorted(found, key=lambda row: str(row["code"]))


def by_code(session: Session, key: str, code: str) -> uuid.UUID | None:
    """The id of what bears a code on one level."""
    found: uuid.UUID | None = session.scalar(select(ENDS[key].model.id).where(ENDS[key].model.code == code))
    return found
