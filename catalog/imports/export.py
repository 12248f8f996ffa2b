"""What an export holds: the nodes of a department or of all, streamed as rows of the four-level profile.

Rows show what an editor sees: a published node with its open change. Every export leaves its base behind
(:mod:`catalog.imports.base`). Entries, items and columns of the levels 重要 and 核心 stay out unless a listed release
allows the export; how many were held back stands in the guide.
"""

import csv
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session, aliased

from catalog.errors import NODE_UNKNOWN
from catalog.imports import base, queries
from catalog.imports.cells import exported
from catalog.imports.errors import EXPORT_KIND, EXPORT_TOO_LARGE
from catalog.imports.profile import SheetProfile, profile
from catalog.imports.progress import Progress, silent
from catalog.imports.service import base_folder
from catalog.imports.values import text_of
from catalog.imports.workbook import CHOICES_KEPT, FourLevelBook
from catalog.links.kinds import ENDS, LINKS
from catalog.nodes.kinds import COLUMN, ITEM, KINDS
from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, Duty, System, SystemTable
from catalog.public.release import releasable
from catalog.public.rules import RELEASE_FROM
from kernel import clock, ids
from kernel.identity.actor import Actor
from kernel.identity.models import Department

AT_ONCE: Final = 30_000
"""More rows are exported in the background."""

_PAGE: Final = 2_000
_FIELDS: Final = {
    **{key: kind.fields for key, kind in KINDS.items()}, "data_item": ITEM.fields, "db_column": COLUMN.fields,
}
_CHOICE_KINDS: Final = ("duty", "data_entry", "system", "db_table")


@dataclass(frozen=True)
class Wish:
    """What is to be exported. ``template``: with example rows and drop-downs of the department's own nodes."""

    department_id: uuid.UUID | None = None
    format: str = "xlsx"
    kind: str | None = None
    template: bool = False
    empty: bool = False
    encoding: str = "utf-8-sig"


@dataclass(frozen=True)
class Made:
    """What an export holds: its rows, and how many were held back for their level."""

    rows: int
    held_back: int


def permitted(session: Session, actor: Actor, wish: Wish) -> tuple[Wish, str]:
    """The wish within the actor's scope and the name of what it covers; 404 for a foreign department."""
    if wish.format == "csv" and wish.kind not in (*_FIELDS, "link"):
        raise EXPORT_KIND(known="、".join((*_FIELDS, "link")))
    department_id = wish.department_id
    if department_id is None and actor.scope == "own" and actor.kind != "system":
        department_id = actor.department_id
    if department_id is not None and not actor.sees(department_id):
        raise NODE_UNKNOWN(kind="部门")
    wish = Wish(department_id, wish.format, wish.kind, wish.template, wish.empty, wish.encoding)
    return wish, scope_name(session, department_id)


def scope_name(session: Session, department_id: uuid.UUID | None) -> str:
    """What an export of a department, or of all, is called."""
    if department_id is None:
        return "全部部门"
    name = session.scalar(select(Department.name).where(Department.id == department_id))
    if name is None:
        raise NODE_UNKNOWN(kind="部门")
    return name


def export(
    session: Session, actor: Actor, *, department_id: uuid.UUID | None, empty: bool = False, template: bool = False,
    format: str = "xlsx", kind: str | None = None, encoding: str = "utf-8-sig",
) -> bytes:
    """An export of at most AT_ONCE rows at once; ``empty``: only the form. Raises ``catalog.export.too_large``."""
    wish, name = permitted(session, actor, Wish(department_id, format, kind, template, empty, encoding))
    if count(session, wish) > AT_ONCE:
        raise EXPORT_TOO_LARGE(limit=AT_ONCE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        write(session, wish, name, path, base_folder(session), ids.new())
        return path.read_bytes()


def write(
    session: Session, wish: Wish, name: str, path: Path, bases: Path, export_id: uuid.UUID,
    progress: Progress = silent,
) -> Made:
    """Write the export to ``path`` and its base beside the others; only a page of rows is in memory."""
    held_back = 0 if wish.empty else _held_back(session, wish)
    total = 0 if wish.empty else count(session, wish)
    with ExitStack() as stack:
        kept = None if wish.empty else stack.enter_context(base.writing(bases, export_id))
        rows = _Counted(session, wish, kept, total, progress)
        if wish.format == "xlsx":
            _xlsx(session, wish, name, path, None if wish.empty else export_id, held_back, rows)
        elif wish.format == "json":
            _json(wish, name, path, export_id, rows)
        else:
            _csv(wish, path, rows)
    return Made(rows.done, held_back)


class _Counted:
    """Rows of every kind, kept in the base as they pass, with progress."""

    def __init__(
        self, session: Session, wish: Wish, kept: base.Writer | None, total: int, progress: Progress
    ) -> None:
        self._session, self._wish, self._kept, self._total, self._progress = session, wish, kept, total, progress
        self.done = 0

    def of(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The rows of one kind."""
        if self._wish.empty:
            return
        for page in pages(self._session, self._wish, kind):
            for row in page:
                if self._kept is not None and kind in _FIELDS:
                    self._kept.add(kind, row, _FIELDS[kind])
                yield row
            self.done += len(page)
            self._progress(self.done, self._total, "导出")


def _xlsx(
    session: Session, wish: Wish, name: str, path: Path, export_id: uuid.UUID | None, held_back: int, rows: _Counted
) -> None:
    notes = [f"另有 {held_back} 条重要、核心数据未经出域批准，未导出。"] if held_back else []
    choices = {kind: _choices(session, wish, kind) for kind in _CHOICE_KINDS} if wish.template else None
    book = FourLevelBook(
        str(path), name, export_id=export_id, notes=notes, choices=choices, example=wish.template
    )
    try:
        for layout in profile("four-level").sheets:
            book.sheet(layout, rows.of(layout.kind))
    finally:
        book.close()


def _json(wish: Wish, name: str, path: Path, export_id: uuid.UUID, rows: _Counted) -> None:
    """Texts as they stand in the cells, so that a JSON export is read like a workbook."""
    with path.open("wb") as file:
        facts = {"format": "mulian-catalog/1", "department": name, base.MARK: str(export_id)}
        file.write(orjson.dumps(facts)[:-1])
        for layout in profile("four-level").sheets:
            if wish.kind in (None, layout.kind):
                file.write(b"," + orjson.dumps(layout.kind) + b":[")
                for number, row in enumerate(rows.of(layout.kind)):
                    file.write((b",\n" if number else b"\n") + orjson.dumps(_texts(layout, row)))
                file.write(b"]")
        file.write(b"}\n")


def _csv(wish: Wish, path: Path, rows: _Counted) -> None:
    layout = profile("four-level").sheet(str(wish.kind))
    with path.open("w", encoding=wish.encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(layout.labels.values())
        for row in rows.of(layout.kind):
            writer.writerow(_texts(layout, row).values())


def _texts(layout: SheetProfile, row: Mapping[str, Any]) -> dict[str, str]:
    return {field: exported(text_of(layout.kind, field, row.get(field))) for field in layout.labels}


# -- rows ------------------------------------------------------------------------------------------------------


def pages(session: Session, wish: Wish, kind: str) -> Iterator[list[dict[str, Any]]]:
    """Rows of a kind in the order of their codes, a page at a time."""
    if kind == "link":
        yield from _link_pages(session, wish)
        return
    result = session.execute(_query(wish, kind).execution_options(yield_per=_PAGE))
    for some in result.mappings().partitions(_PAGE):
        yield _finished(kind, queries.overlaid(session, kind, [dict(row) for row in some]))


def _finished(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if kind == "data_entry":
        for row in rows:
            # one column holds the theme, or the text of a theme outside the list
            row["theme"] = row["theme"] or row["theme_text"]
    return rows


def _query(wish: Wish, kind: str) -> Select[Any]:
    query = queries.select_working(kind)
    if kind in KINDS:
        model = KINDS[kind].model
        query = query.add_columns(Department.name.label("department"))
        query = query.join(Department, Department.id == model.department_id)
        if kind == "duty":
            above = aliased(Duty)
            query = query.outerjoin(above, above.id == Duty.parent_id).add_columns(above.code.label("superior"))
        if kind == "db_table":
            query = query.outerjoin(SystemTable, SystemTable.table_id == DbTable.id)
            query = query.outerjoin(System, System.id == SystemTable.system_id)
            query = query.add_columns(System.code.label("parent"))
        return query.where(*_of(wish, kind)).order_by(model.code)
    above_code, number = (DataEntry.code, DataItem.number) if kind == "data_item" else (DbTable.code, DbColumn.number)
    return query.where(*_of(wish, kind)).order_by(above_code, number)


def _own(wish: Wish, model: Any) -> ColumnElement[bool]:
    return true() if wish.department_id is None else model.department_id == wish.department_id


def _of(wish: Wish, kind: str, *, leaving: bool = True) -> list[ColumnElement[bool]]:
    """The condition on a kind; ``leaving``: without what may not leave for its level."""
    if kind in ("data_entry", "data_item"):
        free = releasable("export", clock.now())
        return [_own(wish, DataEntry), free if leaving else ~free]
    if kind == "db_column":
        free = DbColumn.level < RELEASE_FROM
        return [_own(wish, DbTable), free if leaving else ~free]
    return [_own(wish, KINDS[kind].model)]


def _count_of(session: Session, wish: Wish, kind: str, *, leaving: bool = True) -> int:
    model: Any = {"data_item": DataItem, "db_column": DbColumn}.get(kind) or KINDS[kind].model
    query = select(func.count()).select_from(model)
    if kind == "data_item":
        query = query.join(DataEntry, DataEntry.id == DataItem.entry_id)
    elif kind == "db_column":
        query = query.join(DbTable, DbTable.id == DbColumn.table_id)
    return session.scalar(query.where(*_of(wish, kind, leaving=leaving))) or 0


def count(session: Session, wish: Wish) -> int:
    """How many rows the export will have, links not counted."""
    return 0 if wish.empty else sum(_count_of(session, wish, kind) for kind in _FIELDS)


def _held_back(session: Session, wish: Wish) -> int:
    return sum(_count_of(session, wish, kind, leaving=False) for kind in ("data_entry", "db_column"))


def _choices(session: Session, wish: Wish, kind: str) -> list[str]:
    model = KINDS[kind].model
    query = select(model.code, model.name).where(*_of(wish, kind), model.status != "withdrawn")
    return [f"{code} {name}" for code, name in session.execute(query.order_by(model.code).limit(CHOICES_KEPT))]


def _link_pages(session: Session, wish: Wish) -> Iterator[list[dict[str, Any]]]:
    """Links whose owner is in the wish, ends by code."""
    for key, link in LINKS.items():
        if not link.by_hand:
            continue
        table = link.model.__table__
        first, second = (_End(ENDS[end]) for end in (link.from_kind, link.to_kind))
        columns = [first.leaf.code, second.leaf.code, *([table.c.relation] if link.relations else [])]
        query = select(*columns).select_from(table)
        query = second.joined(first.joined(query, table.c[link.from_column]), table.c[link.to_column])
        for end in (first, second):
            query = query.where(*end.conditions(wish, owner=(end is first) == (link.owner == "from")))
        result = session.execute(query.order_by(*columns[:2]).execution_options(yield_per=_PAGE))
        for some in result.partitions(_PAGE):
            yield [
                {"link": f"{key}:{row[2]}" if link.relations else key, "upper": row[0], "lower": row[1]}
                for row in some
            ]


class _End:
    """One end of a link: its leaf and the node above it, each its own alias."""

    def __init__(self, end: Any) -> None:
        self._end = end
        self.leaf = aliased(end.model)
        self.node = self.leaf if end.parent is None else aliased(end.node)

    def joined(self, query: Select[Any], column: Any) -> Select[Any]:
        """The query with this end joined at a column of the link."""
        query = query.join(self.leaf, self.leaf.id == column)
        if self._end.parent is not None:
            query = query.join(self.node, self.node.id == getattr(self.leaf, self._end.parent))
        return query

    def conditions(self, wish: Wish, *, owner: bool) -> Iterable[ColumnElement[bool]]:
        """In the wish where it is the owner, and nothing that may not leave."""
        if owner and wish.department_id is not None:
            yield self.node.department_id == wish.department_id
        for model in (self.leaf, self.node):
            if hasattr(model, "level"):
                yield model.level < RELEASE_FROM


