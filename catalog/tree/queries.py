"""The SELECTs of the tree: each level with its counts in a constant number of queries."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, DataSystem, DbColumn, DbTable, Duty, DutyData, System, SystemTable
from kernel.identity.models import Department

LIMIT = 1000
"""Children of one node that a call returns at most; the list pages take over beyond it."""


def departments(session: Session) -> list[Row[uuid.UUID, str, str, str]]:
    """(id, code, name, kind) of every department in official order."""
    return list(session.execute(
        select(Department.id, Department.code, Department.name, Department.kind)
        .where(Department.valid_to.is_(None))
        .order_by(Department.kind, Department.sort, Department.name)
    ))


def counts_by_department(session: Session, visible: dict[str, Any]) -> dict[tuple[str, uuid.UUID], int]:
    """Nodes per (level, department); one query a level. ``visible`` maps level to a WHERE clause or None."""
    found: dict[tuple[str, uuid.UUID], int] = {}
    for key, model in (("duty", Duty), ("data_entry", DataEntry), ("system", System), ("db_table", DbTable)):
        query = select(model.department_id, func.count()).group_by(model.department_id)
        if visible.get(key) is not None:
            query = query.where(visible[key])
        for department_id, count in session.execute(query):
            found[key, department_id] = count
    return found


def _page(query: Select[Any], session: Session) -> list[Any]:
    return list(session.execute(query.limit(LIMIT)))


def _columns(model: Any, below: Any) -> Select[Any]:
    return select(model.id, model.code, model.name, model.status, model.version, below).order_by(
        model.code, model.id
    )


def duties(session: Session, department_id: uuid.UUID, visible: ColumnElement[bool]) -> list[Any]:
    """Duties of a department with the number of their data entries."""
    below = select(func.count()).where(DutyData.duty_id == Duty.id).scalar_subquery()
    return _page(_columns(Duty, below).where(Duty.department_id == department_id, visible), session)


def unlinked_entries(department_id: uuid.UUID) -> Select[Any]:
    """Entries of a department that no duty names."""
    linked = exists().where(DutyData.entry_id == DataEntry.id)
    below = _systems_of_entry()
    return _columns(DataEntry, below).where(DataEntry.department_id == department_id, ~linked)


def _systems_of_entry() -> Any:
    return select(func.count()).where(DataSystem.entry_id == DataEntry.id).scalar_subquery()


def entries_without_duty(session: Session, department_id: uuid.UUID, visible: ColumnElement[bool]) -> list[Any]:
    """The first LIMIT of them."""
    return _page(unlinked_entries(department_id).where(visible), session)


def entries_of_duty(session: Session, duty_id: uuid.UUID, visible: ColumnElement[bool]) -> list[Any]:
    """Data entries of a duty with the number of their systems."""
    query = _columns(DataEntry, _systems_of_entry()).join(DutyData, DutyData.entry_id == DataEntry.id)
    return _page(query.where(DutyData.duty_id == duty_id, visible), session)


def systems_of_entry(session: Session, entry_id: uuid.UUID) -> list[Any]:
    """Systems of a data entry with the number of their tables."""
    below = select(func.count()).where(SystemTable.system_id == System.id).scalar_subquery()
    query = _columns(System, below).join(DataSystem, DataSystem.system_id == System.id)
    return _page(query.where(DataSystem.entry_id == entry_id), session)


def tables_of_system(session: Session, system_id: uuid.UUID) -> list[Any]:
    """Tables of a system with the number of their columns."""
    below = select(func.count()).where(DbColumn.table_id == DbTable.id).scalar_subquery()
    query = _columns(DbTable, below).join(SystemTable, SystemTable.table_id == DbTable.id)
    return _page(query.where(SystemTable.system_id == system_id), session)


def count_unlinked(session: Session, department_id: uuid.UUID, visible: ColumnElement[bool]) -> int:
    """How many entries of a department no duty names."""
    linked = exists().where(DutyData.entry_id == DataEntry.id)
    query = select(func.count()).select_from(DataEntry)
    return session.scalar(query.where(DataEntry.department_id == department_id, ~linked, visible)) or 0

