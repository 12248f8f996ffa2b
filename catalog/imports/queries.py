"""The SELECTs of imports."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, null, or_, select, true
from sqlalchemy.orm import Session

from catalog.imports.models import ImportBatch, ImportClash, ImportCorrection, ImportFinding, ImportRow
from catalog.links import queries as link_queries
from catalog.links.kinds import LINKS
from catalog.links.service import Wanted
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.models import DataItem, DbColumn
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department

_SLICE = 1000
_PARENTS = {"data_item": "data_entry", "db_column": "db_table"}
_OPEN = ("change_draft", "change_review", "change_rejected")


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


def staged_pages(session: Session, batch_id: uuid.UUID, size: int, *actions: str) -> Iterator[list[Any]]:
    """Staged rows in the order in which they are applied, a page at a time and as plain rows."""
    table, last = ImportRow.__table__, 0
    while True:
        query = select(table).where(
            table.c.batch_id == batch_id, table.c.seq > last, table.c.action.in_(actions)
        ).order_by(table.c.seq).limit(size)
        page = list(session.execute(query))
        if not page:
            return
        last = page[-1].seq
        yield page


def applied_rows(session: Session, batch_id: uuid.UUID) -> list[Any]:
    """(kind, action, node_id, before) of rows that were applied, in their order; what they said is not read."""
    columns = (ImportRow.kind, ImportRow.action, ImportRow.node_id, ImportRow.before)
    query = select(*columns).where(ImportRow.batch_id == batch_id, ImportRow.action.in_(("create", "update")))
    return list(session.execute(query.order_by(ImportRow.seq)))


def undecided(session: Session, batch_id: uuid.UUID) -> int:
    """Cells that others changed too and nobody has decided about."""
    query = select(func.count()).select_from(ImportClash)
    return session.scalar(query.where(ImportClash.batch_id == batch_id, ImportClash.choice.is_(None))) or 0


def corrections(session: Session, batch_id: uuid.UUID) -> dict[tuple[str, int, str], ImportCorrection]:
    """(sheet, row, column) → its last correction, in the order in which cells were first corrected."""
    query = select(ImportCorrection).where(ImportCorrection.batch_id == batch_id).order_by(ImportCorrection.number)
    return {(one.sheet, one.row_no, one.column): one for one in session.scalars(query)}


def seen_corrections(batch: ImportBatch) -> int:
    """The number of the newest correction that the last check has read."""
    return int(batch.counts.get("corrections", 0))


def unchecked(session: Session, batch: ImportBatch) -> int:
    """Corrections that the last check has not read."""
    query = select(func.count()).select_from(ImportCorrection)
    newer = ImportCorrection.number > seen_corrections(batch)
    return session.scalar(query.where(ImportCorrection.batch_id == batch.id, newer)) or 0


def chosen_cells(session: Session, batch_id: uuid.UUID) -> dict[int, dict[str, Any]]:
    """Staged row → the cells whose returned value was chosen."""
    query = select(ImportClash.row_seq, ImportClash.field).where(
        ImportClash.batch_id == batch_id, ImportClash.choice == "mine"
    )
    fields: dict[int, list[str]] = {}
    for row_seq, field in session.execute(query):
        fields.setdefault(row_seq, []).append(field)
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(fields)
    for start in range(0, len(wanted), _SLICE):
        rows = select(ImportRow.seq, ImportRow.data).where(
            ImportRow.batch_id == batch_id, ImportRow.seq.in_(wanted[start : start + _SLICE])
        )
        for seq, data in session.execute(rows):
            found[seq] = {field: data["clashes"][field] for field in fields[seq]}
    return found


def clashes(batch_id: uuid.UUID, *, open_only: bool = False) -> Select[ImportClash]:
    """Cells that others changed too, in the order of the workbook."""
    query = select(ImportClash).where(ImportClash.batch_id == batch_id)
    return (query.where(ImportClash.choice.is_(None)) if open_only else query).order_by(ImportClash.seq)


def taken_clashes(session: Session, batch_id: uuid.UUID, seqs: Sequence[int]) -> dict[int, list[ImportClash]]:
    """Staged row → its cells for which the workbook's content was chosen."""
    query = select(ImportClash).where(
        ImportClash.batch_id == batch_id, ImportClash.choice == "mine", ImportClash.row_seq.in_(seqs)
    )
    found: dict[int, list[ImportClash]] = {}
    for one in session.scalars(query.order_by(ImportClash.seq)):
        found.setdefault(one.row_seq, []).append(one)
    return found


def changed_rows(batch_id: uuid.UUID, action: str | None = None) -> Select[ImportRow]:
    """Staged rows that create or update, in the order in which they are applied."""
    actions = (action,) if action else ("create", "update")
    query = select(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.action.in_(actions))
    return query.order_by(ImportRow.seq)


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


def working_by_code(session: Session, kind_key: str, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Nodes or leaves by code as an editor sees them: with the open change of a published one."""
    return {row["code"]: row for row in _working(session, kind_key, "code", codes)}


def working_by_id(session: Session, kind_key: str, node_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The same by id."""
    return {row["id"]: row for row in _working(session, kind_key, "id", node_ids)}


def working(session: Session, kind_key: str, node_ids: Iterable[uuid.UUID]) -> list[dict[str, Any]]:
    """Nodes or leaves as an editor sees them."""
    return _working(session, kind_key, "id", node_ids)


def _working(session: Session, kind_key: str, column: str, wanted: Iterable[Any]) -> list[dict[str, Any]]:
    values, found = list(dict.fromkeys(wanted)), list[dict[str, Any]]()
    for start in range(0, len(values), _SLICE):
        query = select_working(kind_key)
        query = query.where(query.selected_columns[column].in_(values[start : start + _SLICE]))
        found += overlaid(session, kind_key, [dict(row) for row in session.execute(query).mappings()])
    return found


def select_working(kind_key: str) -> Select[Any]:
    """All columns of a kind; a leaf comes with department, status, revision and code of its parent."""
    if kind_key in KINDS:
        return select(KINDS[kind_key].model.__table__)
    parent = KINDS[_PARENTS[kind_key]]
    child = parent.child
    assert child is not None
    table, above = child.model.__table__, parent.model.__table__
    return select(
        table, above.c.department_id, above.c.status, above.c.revision, above.c.code.label("parent"),
        above.c.level.label("parent_level") if "level" in above.c else literal(1).label("parent_level"),
    ).join(above, above.c.id == table.c[child.parent])


def overlaid(session: Session, kind_key: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with what the open changes of their nodes propose; instants stay instants."""
    leaf = kind_key not in KINDS
    kind = KINDS[_PARENTS.get(kind_key, kind_key)]
    key = kind.child.parent if leaf and kind.child else "id"
    changed = nodes.changes(session, [row[key] for row in rows if row["status"] in _OPEN])
    for row in rows:
        proposed = changed.get(row[key])
        if proposed is None:
            continue
        if not leaf:
            row.update(as_stored(proposed.get("fields", {})))
        elif kind.child is not None:
            mine = (one for one in proposed.get("children") or () if str(one.get("id")) == str(row["id"]))
            for child in mine:
                row.update({name: child[name] for name in kind.child.fields if name in child})
    return rows


def given(data: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a staged row gives a new node, as columns hold them."""
    return as_stored({name: value for name, value in data["values"].items() if value is not None})


def as_stored(values: dict[str, Any]) -> dict[str, Any]:
    """Values of JSON as columns hold them: instants and ids."""
    made = dict(values)
    for name in ("data_updated_at", "last_update_at"):
        if isinstance(made.get(name), str):
            made[name] = clock.parse(made[name])
    if isinstance(made.get("parent_id"), str):
        made["parent_id"] = uuid.UUID(made["parent_id"])
    return made


def working_children(session: Session, kind: NodeKind, node_id: uuid.UUID) -> list[dict[str, Any]]:
    """Items or columns of a node as an editor sees them."""
    change = nodes.change(session, node_id)
    proposed: Any = None if change is None else change.proposed.get("children")
    if proposed is not None:
        return [dict(child) for child in proposed]
    return nodes.children(session, kind, [node_id])[node_id]


def ends_by_code(
    session: Session, kind_key: str, codes: Sequence[str]
) -> dict[str, tuple[uuid.UUID, uuid.UUID | None]]:
    """Code → id, and the department of a node."""
    model: Any = KINDS[kind_key].model if kind_key in KINDS else DataItem if kind_key == "data_item" else DbColumn
    department = model.department_id if kind_key in KINDS else null()
    found: dict[str, tuple[uuid.UUID, uuid.UUID | None]] = {}
    for start in range(0, len(codes), _SLICE):
        query = select(model.code, model.id, department).where(model.code.in_(codes[start : start + _SLICE]))
        found.update({code: (node_id, home) for code, node_id, home in session.execute(query)})
    return found


def held_links(session: Session, wanted: Sequence[Wanted]) -> set[Wanted]:
    """Those that are there already, or wait for a reviewer."""
    found: set[Wanted] = set()
    for key in {one.kind for one in wanted}:
        some = {one.key: one for one in wanted if one.kind == key}
        held = link_queries.held(session, LINKS[key], list(some))
        waiting = link_queries.open_changes(session, key, list(some))
        found.update(some[one] for one in (*held, *(k for k, c in waiting.items() if c.action == "add")))
    return found


def by_legacy(session: Session, kind: NodeKind, source: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Nodes of a source by their key there."""
    table = kind.model.__table__
    return _by(session, table.c.legacy_code, keys, table.c.source == source)
