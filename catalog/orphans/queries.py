"""The SELECTs of the orphan lists: anti-joins over the indexes of the links, one statement a page and one a count."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from catalog.ledger.models import LedgerProject
from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, Duty, DutyData, ItemColumn, System
from catalog.orphans.lists import PHASES
from kernel.identity.models import Department

_PARENT: Final = ("parent_id", "parent_code", "parent_name")


@dataclass(frozen=True)
class Scope:
    """Which nodes count. ``published``: only published nodes, and only links that are valid."""

    department_id: uuid.UUID | None = None
    published: bool = False
    q: str = ""


def _counts(model: Any, scope: Scope) -> ColumnElement[bool]:
    """Which nodes of a table stand in a list."""
    found = model.status.in_(LIVE) if scope.published else model.status != "withdrawn"
    return found if scope.department_id is None else and_(found, model.department_id == scope.department_id)


def _linked(link: Any, at: ColumnElement[bool], scope: Scope) -> ColumnElement[bool]:
    return exists().where(at, link.version > 0) if scope.published else exists().where(at)


def _numbers(session: Session) -> Any:
    """The project numbers of a system as rows with one column ``value``, in the words of the database at hand."""
    text = type_coerce(System.project_numbers, Text)
    if session.get_bind().dialect.name == "sqlite":
        return func.json_each(text).table_valued("value", name="held")
    return func.jsonb_array_elements_text(cast(text, JSONB)).table_valued("value", name="held").render_derived()


def _base(
    model: Any, node: Any, status: Any, note: Any = None, code: Any = None, parent: tuple[Any, Any, Any] | None = None
) -> Select[Any]:
    """(id, code, name, status, department id and name, note, parent id, code and name), by code."""
    code = model.code if code is None else code
    empty = literal(None, Text)
    columns = [
        model.id, code.label("code"), model.name, (empty if status is None else status).label("status"),
        node.department_id, Department.name.label("department"), (empty if note is None else note).label("note"),
    ]
    columns += [
        part.label(name)
        for part, name in zip(parent or (literal(None, Uuid), empty, empty), _PARENT, strict=True)
    ]
    query = select(*columns).select_from(model)
    if node is not model:
        query = query.join(node, node.id == (model.table_id if model is DbColumn else model.entry_id))
    return query.join(Department, Department.id == node.department_id).order_by(code)


def _columns(session: Session, scope: Scope) -> Select[Any]:
    parent = (DbTable.id, DbTable.code, DbTable.name)
    query = _base(DbColumn, DbTable, DbTable.status, DbColumn.name_zh, parent=parent)
    return query.where(_counts(DbTable, scope), ~_linked(ItemColumn, ItemColumn.column_id == DbColumn.id, scope))


def _items(session: Session, scope: Scope) -> Select[Any]:
    parent = (DataEntry.id, DataEntry.code, DataEntry.name)
    query = _base(DataItem, DataEntry, DataEntry.status, parent=parent)
    return query.where(_counts(DataEntry, scope), ~_linked(ItemColumn, ItemColumn.item_id == DataItem.id, scope))


def _entries(session: Session, scope: Scope) -> Select[Any]:
    linked = _linked(DutyData, DutyData.entry_id == DataEntry.id, scope)
    return _base(DataEntry, DataEntry, DataEntry.status).where(_counts(DataEntry, scope), ~linked)


def _duties(session: Session, scope: Scope) -> Select[Any]:
    linked = _linked(DutyData, DutyData.duty_id == Duty.id, scope)
    return _base(Duty, Duty, Duty.status, Duty.basis_doc).where(_counts(Duty, scope), ~linked)


def _systems_without_project(session: Session, scope: Scope) -> Select[Any]:
    numbers = _numbers(session)
    found = numbers.join(LedgerProject, LedgerProject.project_no == numbers.c.value)
    registered = exists(select(1).select_from(found))
    return _base(System, System, System.status, type_coerce(System.project_numbers, Text)).where(
        _counts(System, scope), System.phase.in_(PHASES), ~registered
    )


def _projects(session: Session, scope: Scope) -> Select[Any]:
    # every system of the district may bear the number, whatever department the list is narrowed to
    numbers = _numbers(session)
    everywhere = Scope(published=scope.published)
    # joined once to the distinct numbers: PostgreSQL takes a NOT IN of that size row by row
    held = (
        select(numbers.c.value.label("number")).select_from(System).join(numbers, true())
        .where(_counts(System, everywhere)).distinct().subquery("borne")
    )
    query = _base(LedgerProject, LedgerProject, None, LedgerProject.stage, code=LedgerProject.project_no)
    query = query.outerjoin(held, held.c.number == LedgerProject.project_no).where(held.c.number.is_(None))
    return query if scope.department_id is None else query.where(LedgerProject.department_id == scope.department_id)


def _systems_without_interface(session: Session, scope: Scope) -> Select[Any]:
    return _base(System, System, System.status, System.no_interface_reason).where(
        _counts(System, scope), System.phase.in_(PHASES), System.has_interface.is_(False)
    )


_QUERIES: Final[dict[str, Callable[[Session, Scope], Select[Any]]]] = {
    "column_without_item": _columns, "item_without_column": _items, "data_without_duty": _entries,
    "duty_without_data": _duties, "system_without_project": _systems_without_project,
    "project_without_system": _projects, "system_without_interface": _systems_without_interface,
}


def query(session: Session, key: str, scope: Scope) -> Select[Any]:
    """A list as a SELECT in the order of codes; its columns are those of :func:`_base`."""
    found = _QUERIES[key](session, scope)
    if scope.q:
        code, name = list(found.selected_columns)[1:3]
        found = found.where(or_(
            code.contains(scope.q, autoescape=True), name.contains(scope.q, autoescape=True)
        ))
    return found


def page(session: Session, key: str, scope: Scope, *, limit: int | None, offset: int = 0) -> list[dict[str, Any]]:
    """Rows of a list."""
    return [dict(row) for row in session.execute(query(session, key, scope).limit(limit).offset(offset)).mappings()]


def total(session: Session, key: str, scope: Scope) -> int:
    """How many rows a list has."""
    counted = query(session, key, scope).order_by(None).with_only_columns(func.count())
    return session.scalar(counted) or 0


def totals(session: Session, key: str, scope: Scope) -> list[tuple[uuid.UUID, str, int]]:
    """(department, its name, rows) of a list, in the official order of departments."""
    columns = (Department.id, Department.name, func.count())
    grouped = query(session, key, scope).order_by(None).with_only_columns(*columns)
    grouped = grouped.group_by(Department.id, Department.name, Department.kind, Department.sort)
    return list(session.execute(grouped.order_by(Department.kind, Department.sort, Department.name)).tuples())
