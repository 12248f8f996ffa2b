"""Workbooks of history: the directory of an instant, and what changed between two.

Entries of the levels 重要 and 核心 stay out unless a listed release allows exports; how many is said in the sheet.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from catalog.history import difference, links, queries, service
from catalog.history.difference import KINDS_OF_CHANGE, Changed, Difference, Narrow
from catalog.history.links import LinkFilters, LinkRow
from catalog.history.queries import Filters
from catalog.history.rules import ChildChanges, label, shown
from catalog.links.kinds import LINKS
from catalog.nodes.kinds import KINDS
from catalog.public.release import release_allowed
from kernel import clock
from kernel.documents.model import Cell, Column, Document, Sheet
from kernel.documents.render import render
from kernel.identity.actor import Actor

Row = tuple[Cell, ...]
_NODE: Final = (
    Column("编码", 4), Column("名称", 5), Column("责任部门（当时）", 4), Column("部门代码（当时）", 3), Column("版本", 1),
    Column("生效时间", 3), Column("失效时间", 3),
)
_COUNTED: Final = ("added", "changed", "moved_in", "moved_out", "withdrawn")
_COUNT_TITLES: Final = ("新增", "变更", "调入", "调出", "撤销")


def as_of(session: Session, actor: Actor, at: datetime, filters: Filters) -> bytes:
    """xlsx: counts by department, then one sheet a level with every field of the version valid at ``at``."""
    rows, _ = service.listed(session, actor, at, filters, limit=None)
    kept_back = _kept_back(session, (row.node_id for row in rows if row.kind == "data_entry"))
    counted = service.counts(session, actor, at, filters) if not filters.q else []
    head = (Column("部门", 4), *(Column(kind.zh, 2, kind="number") for kind in KINDS.values()))
    sheets = [Sheet("汇总", head, tuple((one.department, *one.levels.values()) for one in counted), _note(at))]
    sheets += [
        _level_sheet(
            key, [row for row in rows if row.kind == key and row.node_id not in kept_back],
            _note(at) + (_said(kept_back) if key == "data_entry" else ""),
        )
        for key in KINDS if filters.kind in (None, key)
    ]
    if filters.kind is None and not filters.q:
        linked, _ = links.listed(session, actor, at, LinkFilters(department_id=filters.department_id), limit=None)
        sheets.append(_links("关联", linked, _note(at)))
    return _workbook("四级目录历史查询", sheets)


def _level_sheet(key: str, rows: Sequence[service.Then], note: str) -> Sheet:
    names = [name for name in KINDS[key].hashed if name not in ("code", "name")]
    child = () if KINDS[key].child is None else (Column("数据项数" if key == "data_entry" else "字段数", 1, kind="number"),)
    return Sheet(KINDS[key].zh, (*_NODE, *(Column(label(name), 3) for name in names), *child), tuple(
        (
            row.code, row.name, row.org_name, row.org, row.version, stamp(row.valid_from),
            stamp(row.valid_to) if row.valid_to else "", *(shown(key, name, row.fields.get(name)) for name in names),
            *((len(row.child_hashes),) if child else ()),
        )
        for row in rows
    ), note)


def diff(session: Session, actor: Actor, first: datetime, second: datetime, narrow: Narrow) -> bytes:
    """xlsx: counts by department and level, then one sheet a kind of change; changed nodes have a row a field."""
    differences = difference.between(session, actor, first, second, narrow)
    kept_back = _kept_back(session, (one.node_id for one in differences if one.kind == "data_entry"))
    rows = difference.detailed(session, [one for one in differences if one.node_id not in kept_back])
    note = f"{stamp(first)} 至 {stamp(second)}（北京时间）{_said(kept_back)}"
    of = {key: [row for row in rows if key in row.changes] for key in KINDS_OF_CHANGE}
    sheets = [
        Sheet("汇总", (Column("部门", 4), Column("级别", 2), *(Column(one, 1, kind="number") for one in _COUNT_TITLES)),
              _summary(session, differences), note),
        _simple("新增", of["added"], note), _fields(session, of["changed"], note), _moved(of["moved"], note),
        _simple("撤销", of["withdrawn"], note),
    ]
    if narrow.kind is None:
        linked = links.between(session, actor, first, second, LinkFilters(department_id=narrow.department_id))
        sheets.append(_links("关联变化", linked, note))
    return _workbook("四级目录变化", sheets)


def _summary(session: Session, rows: Sequence[Difference]) -> tuple[Row, ...]:
    departments, counted = queries.departments(session), difference.summary(rows)
    return tuple(
        (departments[key][0], KINDS[kind].zh, *(counted[key][kind][one] for one in _COUNTED))
        for key in sorted(counted, key=lambda one: departments[one][1]) for kind in KINDS if kind in counted[key]
    )


def _simple(name: str, rows: Sequence[Changed], note: str) -> Sheet:
    columns = (Column("级别", 2), Column("编码", 4), Column("名称", 5), Column("部门", 4), Column("版本", 1))
    return Sheet(name, columns, tuple(
        (KINDS[row.kind].zh, row.side.code, row.side.name, row.side.org_name, row.side.version) for row in rows
    ), note)


def _fields(session: Session, rows: Sequence[Changed], note: str) -> Sheet:
    children = difference.children_between(session, rows)
    columns = (
        Column("级别", 2), Column("编码", 4), Column("名称", 5), Column("部门", 4), Column("字段", 3), Column("变更前", 6),
        Column("变更后", 6),
    )
    return Sheet("变更", columns, tuple(
        (
            KINDS[row.kind].zh, row.side.code, row.side.name, row.side.org_name, field.label,
            *_values(row, field.field, field.before, field.after, children.get(row.node_id)),
        )
        for row in rows for field in row.fields
    ), note)


def _values(row: Changed, field: str, before: object, after: object, children: ChildChanges | None) -> tuple[str, str]:
    if field != "children" or children is None:
        return shown(row.kind, field, before), shown(row.kind, field, after)
    parts = [
        f"{word}：{'、'.join(names)}"
        for word, names in (("新增", children.added), ("删除", children.removed), ("修改", children.changed)) if names
    ]
    return f"{before} 项", f"{after} 项（{'；'.join(parts)}）" if parts else f"{after} 项（次序调整）"


def _moved(rows: Sequence[Changed], note: str) -> Sheet:
    columns = (Column("级别", 2), Column("编码", 4), Column("名称", 5), Column("原部门", 4), Column("现部门", 4))
    return Sheet("部门调整", columns, tuple(
        (KINDS[row.kind].zh, row.side.code, row.side.name, row.before.org_name, row.after.org_name)
        for row in rows if row.before is not None and row.after is not None
    ), note)


def _links(name: str, rows: Sequence[LinkRow], note: str) -> Sheet:
    columns = (Column("关联", 2), Column("上级编码", 4), Column("下级编码", 4), Column("生效时间", 3), Column("变化", 1))
    changes = {"added": "新增", "removed": "解除", "": ""}
    return Sheet(name, columns, tuple(
        (
            " ".join(part for part in (LINKS[row.link_kind].zh, row.relation) if part), row.upper_code,
            row.lower_code, stamp(row.valid_from), changes[row.change],
        )
        for row in rows
    ), note)


def _workbook(title: str, sheets: Sequence[Sheet]) -> bytes:
    issued = clock.business_day(clock.now())
    return render(Document(title, (), issued_on=issued, annex=tuple(sheets)), "xlsx")


def _kept_back(session: Session, entry_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    return {entry_id for entry_id, _ in release_allowed(session, list(entry_ids), "export").refused}


def _said(kept_back: set[uuid.UUID]) -> str:
    return f"；另有 {len(kept_back)} 条重要、核心数据目录未经出域批准，没有列出" if kept_back else ""


def _note(at: datetime) -> str:
    return f"截至 {stamp(at)}（北京时间）已发布的目录；部门为当时的名称"


def stamp(when: datetime) -> str:
    """An instant as officers read it, Beijing time."""
    return when.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S")

