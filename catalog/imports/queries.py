"""The SELECTs of imports."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from catalog.imports.models import ImportBatch, ImportFinding, ImportRow
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.models import DataItem, DbColumn
from kernel.identity.actor import Actor
from kernel.identity.models import Department

_SLICE = 1000


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """Batches of the actor's department, or all."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return or_(ImportBatch.department_id == actor.department_id, ImportBatch.created_by == actor.user_id)


def batches(actor: Actor) -> Select[ImportBatch]:
    """Batches, newest first."""
    return select(ImportBatch).where(in_scope(actor)).order_by(ImportBatch.created_at.desc(), ImportBatch.id.desc())


def batch(session: Session, actor: Actor, batch_id: uuid.UUID) -> ImportBatch | None:
    """One batch that the actor sees."""
    return session.scalar(select(ImportBatch).where(ImportBatch.id == batch_id, in_scope(actor)))


def findings(batch_id: uuid.UUID, severity: str | None = None) -> Select[ImportFinding]:
    """Findings in the order of the workbook."""
    query = select(ImportFinding).where(ImportFinding.batch_id == batch_id)
    if severity:
        query = query.where(ImportFinding.severity == severity)
    return query.order_by(ImportFinding.seq)


def rows(session: Session, batch_id: uuid.UUID, *actions: str) -> list[ImportRow]:
    """Staged rows in the order of the workbook."""
    query = select(ImportRow).where(ImportRow.batch_id == batch_id)
    if actions:
        query = query.where(ImportRow.action.in_(actions))
    return list(session.scalars(query.order_by(ImportRow.seq)))


def action_counts(session: Session, batch_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """Rows per kind and action."""
    query = select(ImportRow.kind, ImportRow.action, func.count()).where(ImportRow.batch_id == batch_id)
    found: dict[str, dict[str, int]] = {}
    for kind, action, count in session.execute(query.group_by(ImportRow.kind, ImportRow.action)):
        found.setdefault(kind, {})[action] = count
    return found


def departments(session: Session) -> dict[str, uuid.UUID]:
    """Every name, short name, alias, code and credit code of the departments that exist now."""
    query = select(
        Department.id, Department.name, Department.short_name, Department.aliases, Department.code, Department.uscc
    ).where(Department.valid_to.is_(None))
    found: dict[str, uuid.UUID] = {}
    for department_id, name, short, aliases, code, uscc in session.execute(query.order_by(Department.sort)):
        for text in (name, short, *aliases, code, uscc):
            if text:
                found.setdefault(text, department_id)
    return found


def _by(
    session: Session, column: Any, wanted: Iterable[str], *conditions: ColumnElement[bool]
) -> dict[str, dict[str, Any]]:
    values, table = list(dict.fromkeys(wanted)), column.table
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(values), _SLICE):
        query = select(table).where(column.in_(values[start : start + _SLICE]), *conditions)
        for row in session.execute(query).mappings():
            found[row[column.name]] = dict(row)
    return found


def by_code(session: Session, kind: NodeKind, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Nodes by their code."""
    return _by(session, kind.model.__table__.c.code, codes)


def by_legacy(session: Session, kind: NodeKind, source: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Nodes of a source by their key there."""
    table = kind.model.__table__
    return _by(session, table.c.legacy_code, keys, table.c.source == source)


def leaves_by_code(session: Session, kind_key: str, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Items or columns by their code."""
    model = DataItem if kind_key == "data_item" else DbColumn
    return _by(session, model.__table__.c.code, codes)


def names_taken(session: Session, department_ids: Sequence[uuid.UUID]) -> dict[tuple[uuid.UUID, str], str]:
    """(department, name) → code of the data entries of departments."""
    model = KINDS["data_entry"].model
    found: dict[tuple[uuid.UUID, str], str] = {}
    for start in range(0, len(department_ids), _SLICE):
        query = select(model.department_id, model.name, model.code, model.id)
        some = department_ids[start : start + _SLICE]
        for department_id, name, code, _ in session.execute(query.where(model.department_id.in_(some))):
            found[department_id, name] = code
    return found
