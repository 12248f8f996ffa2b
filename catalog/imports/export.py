"""What an export holds: every node of the departments, as rows of the four-level profile."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from catalog.errors import NODE_UNKNOWN
from catalog.imports.workbook import four_level
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import (
    DataEntry,
    DataItem,
    DataSystem,
    DbColumn,
    DbTable,
    Duty,
    DutyData,
    ItemColumn,
    System,
    SystemTable,
)
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def export(session: Session, actor: Actor, *, department_id: uuid.UUID | None, empty: bool = False) -> bytes:
    """The four-level workbook of a department, or of all where the actor's scope is; ``empty``: only the form."""
    if department_id is None and actor.scope == "own" and actor.kind != "system":
        department_id = actor.department_id
    if department_id is not None and not actor.sees(department_id):
        raise NODE_UNKNOWN(kind="部门")
    name = "全部部门"
    if department_id is not None:
        name = session.scalar(select(Department.name).where(Department.id == department_id)) or ""
    rows = {} if empty else _rows(session, department_id)
    return four_level(rows, name)


def _mappings(session: Session, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(query).mappings()]


def _rows(session: Session, department_id: uuid.UUID | None) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    def of(model: Any) -> list[ColumnElement[bool]]:
        return [] if department_id is None else [model.department_id == department_id]

    found: dict[str, list[dict[str, Any]]] = {}
    for key, kind in KINDS.items():
        query = select(*kind.model.__table__.c, Department.name.label("department"))
        query = query.join(Department, Department.id == kind.model.department_id).where(*of(kind.model))
        found[key] = _mappings(session, query.order_by(kind.model.code))
    systems = dict(session.execute(
        select(SystemTable.table_id, System.code).join(System, System.id == SystemTable.system_id)
    ).tuples().all())
    for row in found["db_table"]:
        row["parent"] = systems.get(row["id"])
    items = select(*DataItem.__table__.c, DataEntry.code.label("parent")).join(
        DataEntry, DataEntry.id == DataItem.entry_id
    )
    found["data_item"] = _mappings(session, items.where(*of(DataEntry)).order_by(DataEntry.code, DataItem.number))
    columns = select(*DbColumn.__table__.c, DbTable.code.label("parent")).join(DbTable, DbTable.id == DbColumn.table_id)
    found["db_column"] = _mappings(session, columns.where(*of(DbTable)).order_by(DbTable.code, DbColumn.number))
    found["link"] = _links(session, of)
    return found


def _links(session: Session, of: Any) -> list[dict[str, Any]]:
    item_entry = aliased(DataEntry)
    queries = (
        ("duty_data", select(Duty.code, DataEntry.code)
         .join(DutyData, DutyData.duty_id == Duty.id).join(DataEntry, DataEntry.id == DutyData.entry_id)
         .where(*of(DataEntry)).order_by(Duty.code, DataEntry.code)),
        ("data_system", select(DataEntry.code, System.code)
         .join(DataSystem, DataSystem.entry_id == DataEntry.id).join(System, System.id == DataSystem.system_id)
         .where(*of(DataEntry)).order_by(DataEntry.code, System.code)),
        ("item_column", select(DataItem.code, DbColumn.code)
         .join(ItemColumn, ItemColumn.item_id == DataItem.id).join(DbColumn, DbColumn.id == ItemColumn.column_id)
         .join(item_entry, item_entry.id == DataItem.entry_id)
         .where(*of(item_entry)).order_by(DataItem.code, DbColumn.code)),
    )
    return [
        {"link": link, "upper": upper, "lower": lower}
        for link, query in queries for upper, lower in session.execute(query)
    ]
