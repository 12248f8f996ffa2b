"""The SELECTs of data entries: the list with search, filters and facets."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, func, select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, DataSystem, Duty, DutyData, System
from catalog.nodes.queries import visible
from catalog.search import queries as search
from catalog.search.ranking import Ranking
from catalog.search.rules import COUNT_LIMIT, Query
from kernel.identity.actor import Actor
from kernel.identity.models import Department

SORTS: dict[str, Any] = {
    "code": DataEntry.code, "name": DataEntry.name, "updated": DataEntry.updated_at,
    "data_updated": DataEntry.data_updated_at,
}


@dataclass(frozen=True)
class Filters:
    """What narrows a list; None does not."""

    q: str | None = None
    department_id: uuid.UUID | None = None
    theme: str | None = None
    format: str | None = None
    status: str | None = None
    share_type: str | None = None
    open_type: str | None = None
    duty_id: uuid.UUID | None = None
    system_id: uuid.UUID | None = None
    batch_id: uuid.UUID | None = None
    online: bool | None = None
    sort: str = ""


@dataclass(frozen=True)
class Found:
    """A page of rows (entry, department name), with the total and how it was counted."""

    rows: list[Row[DataEntry, str]]
    total: int
    capped: bool
    scanned: bool
    query: Query | None


def conditions(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    """The WHERE of a list without the search."""
    found: list[ColumnElement[bool]] = [visible(actor, DataEntry)]
    for name in ("department_id", "theme", "status", "share_type", "open_type", "batch_id", "online"):
        value = getattr(filters, name)
        if value is not None:
            found.append(getattr(DataEntry, name) == value)
    if filters.format:
        found.append(DataEntry.formats.cast(Text()).contains(f'"{filters.format}"', autoescape=True))
    if filters.duty_id:
        found.append(DataEntry.id.in_(select(DutyData.entry_id).where(DutyData.duty_id == filters.duty_id)))
    if filters.system_id:
        found.append(DataEntry.id.in_(select(DataSystem.entry_id).where(DataSystem.system_id == filters.system_id)))
    return found


def page(session: Session, actor: Actor, filters: Filters, *, limit: int, offset: int = 0) -> Found:
    """One page of the list; with ``q`` best matches first, counted up to COUNT_LIMIT."""
    if not filters.q:
        where = conditions(actor, filters)
        base = select(DataEntry, Department.name).join(Department, Department.id == DataEntry.department_id)
        total = session.scalar(select(func.count()).select_from(DataEntry).where(*where)) or 0
        rows = session.execute(base.where(*where).order_by(*_order(filters.sort)).limit(limit).offset(offset))
        return Found(list(rows), total, False, False, None)
    ranking = _ranking(session, actor, filters)
    sort = SORTS.get(filters.sort.removeprefix("-"))
    hits = search.page(ranking, limit=limit, offset=offset, by=sort, descending=filters.sort.startswith("-"))
    query = ranking.wish.query
    return Found(_rows(session, hits.ids), hits.total, hits.capped, query.scan_only, query)


def _ranking(session: Session, actor: Actor, filters: Filters) -> Ranking:
    """The search of entries; kind and department are known to the index, other filters are tested on the hits."""
    seen, *others = conditions(actor, replace(filters, department_id=None))
    return search.ranking(
        session, filters.q or "", node_kind="data_entry", department_id=filters.department_id,
        model=DataEntry, conditions=others, always=[seen],
    )


def ids(session: Session, actor: Actor, filters: Filters, limit: int) -> list[uuid.UUID]:
    """At most ``limit`` entries of a list in any order."""
    if filters.q:
        return [node_id for _, node_id in _ranking(session, actor, filters).some(limit)]
    return list(session.scalars(select(DataEntry.id).where(*conditions(actor, filters)).limit(limit)))


def _rows(session: Session, ids: Sequence[uuid.UUID]) -> list[Row[DataEntry, str]]:
    query = select(DataEntry, Department.name).join(Department, Department.id == DataEntry.department_id)
    found = {row[0].id: row for row in session.execute(query.where(DataEntry.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def _order(sort: str) -> list[Any]:
    key = SORTS.get(sort.removeprefix("-"), DataEntry.code)
    return [key.desc() if sort.startswith("-") else key.asc(), DataEntry.id]


def facets(session: Session, actor: Actor, filters: Filters) -> dict[str, list[dict[str, Any]]]:
    """Hits by department, theme and format, from at most COUNT_LIMIT of them."""
    query = select(DataEntry.department_id, DataEntry.theme, DataEntry.formats)
    if filters.q:
        query = query.where(DataEntry.id.in_(_ranking(session, actor, filters).nodes(COUNT_LIMIT)))
    else:
        query = query.where(*conditions(actor, filters)).limit(COUNT_LIMIT)
    departments: Counter[uuid.UUID] = Counter()
    themes: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    for department_id, theme, words in session.execute(query):
        departments[department_id] += 1
        themes.update([theme] if theme else [])
        formats.update(words)
    names = dict(session.execute(select(Department.id, Department.name)).tuples().all())
    return {
        "department": [
            {"value": str(key), "label": names[key], "count": count} for key, count in departments.most_common(200)
        ],
        "theme": [{"value": key, "count": count} for key, count in themes.most_common()],
        "format": [{"value": key, "count": count} for key, count in formats.most_common(50)],
    }


def duties_of(session: Session, entry_id: uuid.UUID) -> list[dict[str, Any]]:
    """Duties that name an entry."""
    query = select(Duty.id, Duty.code, Duty.name).join(DutyData, DutyData.duty_id == Duty.id)
    rows = session.execute(query.where(DutyData.entry_id == entry_id).order_by(Duty.code))
    return [dict(row) for row in rows.mappings()]


def systems_of(session: Session, entry_id: uuid.UUID) -> list[dict[str, Any]]:
    """Systems that hold an entry."""
    query = select(System.id, System.code, System.name).join(DataSystem, DataSystem.system_id == System.id)
    rows = session.execute(query.where(DataSystem.entry_id == entry_id).order_by(System.code))
    return [dict(row) for row in rows.mappings()]


def department_name(session: Session, department_id: uuid.UUID) -> str:
    """The name of a department."""
    return session.scalar(select(Department.name).where(Department.id == department_id)) or ""
