"""Every SELECT of quality: nodes with their surroundings, marks of change, kept figures and failing cells."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, ItemColumn, SystemTable
from catalog.nodes.queries import children, slices
from catalog.quality import port
from catalog.quality.models import QualityDay, QualityFailure, QualityFigure, QualityState
from catalog.quality.subject import Around, Row, Subject, identity_of
from catalog.unchanged import queries as unchanged
from catalog.unchanged.models import UnchangedConfirmation
from kernel import clock
from kernel.identity.models import Department

_KEY = ("code", "name", "rule", "field", "value", "child_id", "child_name")
_SHOWN = tuple(column for column in QualityFailure.__table__.c if column.name != "id")


def department_ids(session: Session) -> list[uuid.UUID]:
    """Every department, also those that ended, because their nodes stay."""
    return list(session.scalars(select(Department.id).order_by(Department.sort, Department.code)))


def subjects(session: Session, department_id: uuid.UUID, now: datetime) -> Iterator[Subject]:
    """Every node of a department under the rules: a fixed number of statements, whatever its size."""
    rows = {
        key: [
            dict(row) for row in session.execute(
                select(kind.model.__table__).where(kind.model.department_id == department_id).order_by(kind.model.code)
            ).mappings()
        ]
        for key, kind in KINDS.items()
    }
    below = {
        key: children(session, kind, [row["id"] for row in rows[key]]) for key, kind in KINDS.items() if kind.child
    }
    systems = _systems_of(session, department_id)
    around = _around(session, department_id, rows, systems, now)
    for key, found in rows.items():
        for row in found:
            yield Subject(key, row, below.get(key, {}).get(row["id"], []), around, systems.get(row["id"], ""))


def subject(session: Session, kind_key: str, node: Any, now: datetime) -> Subject:
    """One node under the rules, with the same surroundings as in :func:`subjects`."""
    kind, department_id = KINDS[kind_key], node.department_id
    row = {column.name: getattr(node, column.name) for column in kind.model.__table__.c}
    systems = _systems_of(session, department_id) if kind_key == "db_table" else {}
    siblings = {kind_key: _identities(session, kind_key, department_id)}
    around = _around(session, department_id, siblings, systems, now, only=node.id)
    below = children(session, kind, [node.id]) if kind.child else {}
    return Subject(kind_key, row, below.get(node.id, []), around, systems.get(node.id, ""))


def _identities(session: Session, kind_key: str, department_id: uuid.UUID) -> list[dict[str, Any]]:
    model = KINDS[kind_key].model
    names = ["id", "name", "status"]
    names += ["schema_name", "table_name"] if kind_key == "db_table" else []
    names += ["related_codes"] if kind_key == "data_entry" else []
    query = select(*(model.__table__.c[name] for name in names)).where(model.department_id == department_id)
    return [dict(row) for row in session.execute(query).mappings()]


def _around(
    session: Session, department_id: uuid.UUID, rows: Mapping[str, Sequence[Row]], systems: Mapping[uuid.UUID, str],
    now: datetime, *, only: uuid.UUID | None = None,
) -> Around:
    names = Counter(
        identity_of(key, row, systems.get(row["id"], ""))
        for key, found in rows.items() for row in found if row["status"] != "withdrawn"
    )
    entries = [row for row in rows.get("data_entry", ()) if only in (None, row["id"])]
    related = {code for row in entries for code in row["related_codes"] or ()}
    columns = _columns(session, department_id, only) if entries else {}
    served = port.served(session) if entries else set()
    return Around(
        now=now, today=clock.business_day(now).isoformat(),
        credit_code=session.scalar(select(Department.uscc).where(Department.id == department_id)),
        names=names, codes=_existing(session, related), columns=columns,
        tables=_with_tables(session, department_id) if entries else (), served=served,
        items=_items(session, department_id, only) if rows.get("db_table") else {},
        confirmed=unchanged.latest(session, department_id=department_id, entry_id=only) if entries else {},
    )


def _systems_of(session: Session, department_id: uuid.UUID) -> dict[uuid.UUID, str]:
    query = select(SystemTable.table_id, SystemTable.system_id).join(DbTable, DbTable.id == SystemTable.table_id)
    rows = session.execute(query.where(DbTable.department_id == department_id))
    return {table_id: str(system_id) for table_id, system_id in rows}


def _existing(session: Session, codes: set[str]) -> frozenset[str]:
    found: set[str] = set()
    for some in slices(sorted(codes)):
        found.update(session.scalars(
            select(DataEntry.code).where(DataEntry.code.in_(some), DataEntry.status != "withdrawn")
        ))
    return frozenset(found)


def _columns(session: Session, department_id: uuid.UUID, only: uuid.UUID | None) -> dict[uuid.UUID, list[Row]]:
    query = (
        select(ItemColumn.item_id, DbColumn.name, DbColumn.data_type, DbColumn.length, DbColumn.level,
               DbColumn.sensitive, DbTable.db_kind)
        .join(DbColumn, DbColumn.id == ItemColumn.column_id).join(DbTable, DbTable.id == DbColumn.table_id)
        .join(DataItem, DataItem.id == ItemColumn.item_id).join(DataEntry, DataEntry.id == DataItem.entry_id)
        .where(DbTable.status != "withdrawn")
    )
    query = query.where(DataEntry.department_id == department_id if only is None else DataEntry.id == only)
    found: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in session.execute(query.order_by(DbColumn.code)).mappings():
        found[row["item_id"]].append(dict(row))
    return found


def _items(session: Session, department_id: uuid.UUID, only: uuid.UUID | None) -> dict[uuid.UUID, list[Row]]:
    """Column → the items of entries, of whatever department, that it is linked to."""
    query = (
        select(ItemColumn.column_id, DataItem.name, DataItem.level, DataEntry.code)
        .join(DataItem, DataItem.id == ItemColumn.item_id).join(DataEntry, DataEntry.id == DataItem.entry_id)
        .join(DbColumn, DbColumn.id == ItemColumn.column_id).join(DbTable, DbTable.id == DbColumn.table_id)
        .where(DataEntry.status != "withdrawn")
    )
    query = query.where(DbTable.department_id == department_id if only is None else DbTable.id == only)
    found: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in session.execute(query.order_by(DataItem.code)).mappings():
        found[row["column_id"]].append(dict(row))
    return found


def entries_with_tables() -> Select[uuid.UUID]:
    """Entries of which an item is linked to a column of a table that is not withdrawn."""
    return (
        select(DataItem.entry_id).distinct()
        .join(ItemColumn, ItemColumn.item_id == DataItem.id).join(DbColumn, DbColumn.id == ItemColumn.column_id)
        .join(DbTable, DbTable.id == DbColumn.table_id).where(DbTable.status != "withdrawn")
    )


def _with_tables(session: Session, department_id: uuid.UUID) -> set[uuid.UUID]:
    query = entries_with_tables().join(DataEntry, DataEntry.id == DataItem.entry_id)
    return set(session.scalars(query.where(DataEntry.department_id == department_id)))


def versions_of_nodes(session: Session, only: uuid.UUID | None = None) -> dict[uuid.UUID, list[tuple[Any, ...]]]:
    """Department → rows that change whenever its nodes, their links or the tables behind them change."""
    found: dict[uuid.UUID, list[tuple[Any, ...]]] = defaultdict(list)

    def add(name: str, owner: Any, query: Any) -> None:
        if only is not None:
            query = query.where(owner == only)
        for department_id, *rest in session.execute(query):
            found[department_id].append((name, *(str(one) for one in rest)))

    for key, kind in KINDS.items():
        model = kind.model
        sums = select(
            model.department_id, model.status, func.count(), func.sum(model.revision), func.sum(model.version)
        )
        groups = (model.department_id, model.status)
        add(key, model.department_id, sums.group_by(*groups).order_by(*groups))
    links = (
        select(DataEntry.department_id, func.count(), func.max(ItemColumn.created_at), func.sum(DbTable.revision))
        .join(DataItem, DataItem.entry_id == DataEntry.id).join(ItemColumn, ItemColumn.item_id == DataItem.id)
        .join(DbColumn, DbColumn.id == ItemColumn.column_id).join(DbTable, DbTable.id == DbColumn.table_id)
        .where(DbTable.status != "withdrawn")
    )
    add("item_column", DataEntry.department_id, links.group_by(DataEntry.department_id))
    above = (
        select(DbTable.department_id, func.count(), func.max(ItemColumn.created_at), func.sum(DataEntry.revision))
        .join(DbColumn, DbColumn.table_id == DbTable.id).join(ItemColumn, ItemColumn.column_id == DbColumn.id)
        .join(DataItem, DataItem.id == ItemColumn.item_id).join(DataEntry, DataEntry.id == DataItem.entry_id)
        .where(DataEntry.status != "withdrawn")
    )
    add("column_item", DbTable.department_id, above.group_by(DbTable.department_id))
    answers = (
        select(DataEntry.department_id, func.count(), func.max(UnchangedConfirmation.at))
        .join(UnchangedConfirmation, UnchangedConfirmation.entry_id == DataEntry.id)
        .where(UnchangedConfirmation.revoked_at.is_(None))
    )
    add("unchanged", DataEntry.department_id, answers.group_by(DataEntry.department_id))
    places = select(DbTable.department_id, func.count(), func.max(SystemTable.created_at)).join(
        SystemTable, SystemTable.table_id == DbTable.id
    )
    add("system_table", DbTable.department_id, places.group_by(DbTable.department_id))
    add("credit_code", Department.id, select(Department.id, Department.uscc))
    for department_id, codes in _related(session, only).items():
        found[department_id].append(("related", *codes))
    return found


def _related(session: Session, only: uuid.UUID | None) -> dict[uuid.UUID, list[str]]:
    """Department → the codes that its entries name as related and that are in use, in whatever department."""
    named: dict[uuid.UUID, set[str]] = defaultdict(set)
    # kept as text, so an empty list is always spelled the same
    query = select(DataEntry.department_id, DataEntry.related_codes).where(DataEntry.related_codes != [])
    if only is not None:
        query = query.where(DataEntry.department_id == only)
    for department_id, codes in session.execute(query):
        named[department_id].update(codes)
    existing = _existing(session, set().union(*named.values()))
    return {department_id: sorted(codes & existing) for department_id, codes in named.items()}


def entry_departments(session: Session, entry_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Entry → department."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    for some in slices(entry_ids):
        rows = session.execute(select(DataEntry.id, DataEntry.department_id).where(DataEntry.id.in_(some)))
        found.update(rows.tuples().all())
    return found


def states(session: Session) -> dict[uuid.UUID, QualityState]:
    """What is kept, by department."""
    return {row.department_id: row for row in session.scalars(select(QualityState))}


def kept_failures(session: Session, department_id: uuid.UUID) -> dict[uuid.UUID, Counter[tuple[Any, ...]]]:
    """Node → the failing cells that are kept of it, as :func:`failure_key` tells them apart."""
    columns = [QualityFailure.__table__.c[name] for name in ("node_id", *_KEY)]
    found: dict[uuid.UUID, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for node_id, *key in session.execute(select(*columns).where(QualityFailure.department_id == department_id)):
        found[node_id][tuple(key)] += 1
    return found


def failure_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a failing cell of a node from another, and from itself after a change."""
    return tuple(row[name] for name in _KEY)


def figures(
    session: Session, only: Sequence[uuid.UUID] | None, node_kind: str | None = None
) -> list[tuple[uuid.UUID, str, str, int, int]]:
    """(department, level, rule, numerator, denominator), as kept."""
    query = select(
        QualityFigure.department_id, QualityFigure.node_kind, QualityFigure.rule, QualityFigure.numerator,
        QualityFigure.denominator,
    ).order_by(QualityFigure.department_id, QualityFigure.node_kind, QualityFigure.rule)
    if only is not None:
        query = query.where(QualityFigure.department_id.in_(only))
    if node_kind:
        query = query.where(QualityFigure.node_kind == node_kind)
    return list(session.execute(query).tuples())


def failures(
    only: Sequence[uuid.UUID] | None, *, node_kind: str | None = None, rule: str | None = None,
    dimension: str | None = None, node_id: uuid.UUID | None = None,
) -> Select[Any]:
    """Failing cells with the name of their department, in a total order."""
    query = select(*_SHOWN, Department.name.label("department")).join(
        Department, Department.id == QualityFailure.department_id
    )
    if only is not None:
        query = query.where(QualityFailure.department_id.in_(only))
    for column, value in (
        (QualityFailure.node_kind, node_kind), (QualityFailure.rule, rule), (QualityFailure.node_id, node_id)
    ):
        if value is not None:
            query = query.where(column == value)
    if dimension:
        query = query.where(QualityFailure.rule.startswith(f"{dimension}.", autoescape=True))
    return query.order_by(
        QualityFailure.department_id, QualityFailure.node_kind, QualityFailure.code, QualityFailure.rule,
        QualityFailure.id,
    )


def trend(
    session: Session, only: Sequence[uuid.UUID] | None, since: str, until: str, node_kind: str | None
) -> list[tuple[str, str, int, int]]:
    """(day, rule, numerator, denominator) summed over departments and levels."""
    query = select(
        QualityDay.day, QualityDay.rule, func.sum(QualityDay.numerator), func.sum(QualityDay.denominator)
    ).where(QualityDay.day >= since, QualityDay.day <= until)
    if only is not None:
        query = query.where(QualityDay.department_id.in_(only))
    if node_kind:
        query = query.where(QualityDay.node_kind == node_kind)
    rows = session.execute(query.group_by(QualityDay.day, QualityDay.rule).order_by(QualityDay.day, QualityDay.rule))
    return [(day, rule, int(numerator), int(denominator)) for day, rule, numerator, denominator in rows]


def department_names(session: Session, only: Sequence[uuid.UUID] | None) -> dict[uuid.UUID, str]:
    """Department → name, in the order of lists."""
    query = select(Department.id, Department.name).order_by(Department.sort, Department.code)
    if only is not None:
        query = query.where(Department.id.in_(only))
    return dict(session.execute(query).tuples().all())
