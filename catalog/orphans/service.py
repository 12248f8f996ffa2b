"""Use cases of the orphan lists: counts, pages, the workbook."""

import json
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.orphans import queries
from catalog.orphans.errors import LIST_UNKNOWN
from catalog.orphans.lists import LISTS, OrphanList
from catalog.orphans.queries import Scope
from catalog.orphans.schemas import DepartmentCount, OrphanCount, OrphanPage, OrphanRow
from catalog.review.rules import STATUS_LABELS
from kernel import clock
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.render import render
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor

_HEADS: Final[dict[str, tuple[str, ...]]] = {
    "db_column": ("字段编码", "字段名", "中文名", "库表编码", "库表"),
    "data_item": ("数据项编码", "数据项", "数据目录编码", "数据目录"),
    "data_entry": ("数据目录编码", "数据目录"), "duty": ("职责编码", "职责", "依据文件"),
    "system": ("系统编码", "系统"), "project": ("项目编号", "项目名称", "阶段"),
}
_NOTES: Final = {"system_without_project": "所填项目编号", "system_without_interface": "未提供接口原因"}


def scope(
    actor: Actor, *, department_id: uuid.UUID | None = None, published: bool = False, q: str = ""
) -> Scope:
    """What an actor's list covers: all departments for the bureau, else the own one; a foreign one is a 404."""
    if department_id is None and actor.scope != "all" and actor.kind != "system":
        if actor.department_id is None:
            raise NOT_FOUND()
        department_id = actor.department_id
    if department_id is not None and not actor.sees(department_id):
        raise NOT_FOUND()
    return Scope(department_id, published, q.strip())


def found(key: str) -> OrphanList:
    """The list of that name, or ``catalog.orphan.list_unknown``."""
    if key not in LISTS:
        raise LIST_UNKNOWN(key=key, known="、".join(LISTS))
    return LISTS[key]


def counts(session: Session, within: Scope) -> list[OrphanCount]:
    """How long every list is."""
    made: list[OrphanCount] = []
    for one in LISTS.values():
        departments = [
            DepartmentCount(department_id=department_id, department=name, count=count)
            for department_id, name, count in queries.totals(session, one.key, within)
        ]
        made.append(OrphanCount(
            key=one.key, zh=one.zh, en=one.en, total=sum(row.count for row in departments), departments=departments
        ))
    return made


def page(session: Session, key: str, within: Scope, *, number: int, size: int) -> OrphanPage:
    """One page of a list."""
    one = found(key)
    rows = queries.page(session, key, within, limit=size, offset=(number - 1) * size)
    return OrphanPage(
        key=key, zh=one.zh, en=one.en, fix_zh=one.fix_zh, total=queries.total(session, key, within), page=number,
        size=size, items=[OrphanRow(kind=one.kind, **{**row, "note": _note(key, row["note"])}) for row in rows],
    )


def _note(key: str, note: str | None) -> str | None:
    return "、".join(json.loads(note)) or None if key == "system_without_project" and note else note


def workbook(session: Session, within: Scope, keys: Sequence[str], unit: str) -> bytes:
    """The lists as an xlsx, one sheet a list."""
    today: date = clock.business_day(clock.now())
    sheets = tuple(_sheet(session, found(key), within) for key in keys)
    return render(Document("目录孤儿清单", (), issuer=unit, issued_on=today, annex=sheets), "xlsx")


def _sheet(session: Session, one: OrphanList, within: Scope) -> Sheet:
    heads = [*_HEADS[one.kind], *([_NOTES[one.key]] if one.key in _NOTES else []), "部门"]
    heads += [] if one.kind == "project" else ["状态"]
    rows = queries.page(session, one.key, within, limit=None)
    note = f"{one.zh}：{len(rows)} 条。办法：{one.fix_zh}。"
    return Sheet(one.zh, tuple(Column(head, 3) for head in heads), [_cells(one, row) for row in rows], note)


def _cells(one: OrphanList, row: dict[str, Any]) -> tuple[str, ...]:
    note = _note(one.key, row["note"]) or ""
    cells = [row["code"], row["name"]]
    if one.kind in ("db_column", "duty", "project") or one.key in _NOTES:
        cells.append(note)
    if one.kind in ("db_column", "data_item"):
        cells += [row["parent_code"], row["parent_name"]]
    cells.append(row["department"])
    if one.kind != "project":
        cells.append(STATUS_LABELS.get(row["status"], row["status"]))
    return tuple(str(cell) for cell in cells)
