"""Commands ``mulian catalog as-of`` and ``mulian catalog diff``."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from catalog.errors import DEPARTMENT_UNKNOWN
from catalog.history import difference, queries, service
from catalog.history.difference import KINDS_OF_CHANGE, Changed, Narrow
from catalog.history.queries import Filters
from catalog.history.rules import FieldChange, instant, span
from catalog.history.rules import shown as shown_value
from catalog.nodes.kinds import KINDS
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor
from kernel.identity.queries import department_by_name

_ACTOR = system_actor("cli")
Kind = Annotated[str | None, typer.Option(help="duty、data_entry、system、db_table")]
Department = Annotated[str | None, typer.Option(help="部门名称（按当时的归属）")]
Xlsx = Annotated[Path | None, typer.Option(help="写成此 .xlsx")]


def _department(session: Session, name: str | None) -> uuid.UUID | None:
    if name is None:
        return None
    found = department_by_name(session, name)
    if found is None:
        raise DEPARTMENT_UNKNOWN(name=name)
    return found.id


def as_of(
    at: Annotated[str, typer.Option(help="日期（当日终了）或带时区的时刻")],
    department: Department = None,
    kind: Kind = None,
    query: Annotated[str | None, typer.Option("--query", help="编码或当时的名称包含")] = None,
    size: Annotated[int, typer.Option(min=1, help="至多列出多少条")] = 50,
    xlsx: Xlsx = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """查询过去某一时点的四级目录：各部门数量与明细"""
    when = instant(at, clock.now())
    with open_runtime(home) as runtime, runtime.database.read() as session:
        filters = Filters(service.kind_checked(kind), _department(session, department), query)
        if xlsx is not None:
            _write(xlsx, "as_of", session, when, filters)
        rows, total = service.listed(session, _ACTOR, when, filters, limit=size)
        counts = [] if query else service.counts(session, _ACTOR, when, filters)
    if as_json:
        output({
            "at": clock.iso(when), "total": total,
            "counts": [{"department": one.department, **one.levels} for one in counts],
            "items": [
                {"kind": row.kind, "id": str(row.node_id), "code": row.code, "name": row.name, "version": row.version,
                 "org_name": row.org_name, "valid_from": clock.iso(row.valid_from)}
                for row in rows
            ],
        }, True)
        return
    titles = {key: one.zh for key, one in KINDS.items()}
    output([{"部门": one.department, **{titles[k]: v for k, v in one.levels.items()}} for one in counts], False,
           title=f"截至 {clock.iso(when)}")
    output([
        {"级别": titles[row.kind], "编码": row.code, "名称": row.name, "部门（当时）": row.org_name, "版本": row.version}
        for row in rows
    ], False, title=f"共 {total} 条，列出 {len(rows)} 条")


def diff(
    first: Annotated[str, typer.Option("--from", help="起始日期或时刻")],
    second: Annotated[str, typer.Option("--to", help="截止日期或时刻")],
    department: Department = None,
    kind: Kind = None,
    size: Annotated[int, typer.Option(min=1, help="至多列出多少条")] = 50,
    xlsx: Xlsx = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """比较两个时点的四级目录：新增、变更、部门调整、撤销"""
    start, end = span(first, second, clock.now())
    with open_runtime(home) as runtime, runtime.database.read() as session:
        narrow = Narrow(service.kind_checked(kind), _department(session, department))
        if xlsx is not None:
            _write(xlsx, "diff", session, start, end, narrow)
        rows = difference.between(session, _ACTOR, start, end, narrow)
        departments, shown = queries.departments(session), difference.detailed(session, rows[:size])
    counts = [
        {"department": departments[key][0], "kind": level, **cells}
        for key, levels in difference.summary(rows).items() for level, cells in levels.items()
    ]
    if as_json:
        output({
            "from": clock.iso(start), "to": clock.iso(end), "total": len(rows), "counts": counts,
            "items": [_plain(row) for row in shown],
        }, True)
        return
    output(counts, False, title="各部门变化数量")
    output([_line(row) for row in shown], False, title=f"共 {len(rows)} 条，列出 {len(shown)} 条")


def _plain(row: Changed) -> dict[str, Any]:
    return {
        "kind": row.kind, "id": str(row.node_id), "code": row.side.code, "name": row.side.name,
        "changes": list(row.changes), "before": row.before.org_name if row.before else None,
        "after": row.after.org_name if row.after else None,
        "fields": [{"field": one.field, "before": one.before, "after": one.after} for one in row.fields],
    }


def _line(row: Changed) -> dict[str, Any]:
    what = "；".join(
        f"{one.label}：{_short(row, one, one.before)}→{_short(row, one, one.after)}"
        for one in row.fields
    )
    return {
        "级别": KINDS[row.kind].zh, "编码": row.side.code, "名称": row.side.name, "部门": row.side.org_name,
        "变化": "、".join(KINDS_OF_CHANGE[one] for one in row.changes), "内容": what,
    }


def _short(row: Changed, one: FieldChange, value: Any) -> str:
    return shown_value(row.kind, one.field, value)[:20]


def _write(path: Path, what: str, session: Session, *arguments: Any) -> None:
    from catalog.history import export  # the renderers are loaded only by whoever writes a workbook

    path.write_bytes(getattr(export, what)(session, _ACTOR, *arguments))
