"""Commands ``mulian catalog unchanged …``."""

import uuid
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from catalog.acting import As, AsRequired, actor_named, department_named
from catalog.trace import service as tracing
from catalog.unchanged import queries, service
from catalog.unchanged.models import UnchangedConfirmation
from catalog.unchanged.rules import period_of, period_zh
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="本周期无变化：待答复、确认、记录、撤销")
Dept = Annotated[str | None, typer.Option("--department", help="部门；缺省为全部")]


@app.command("due")
def due(
    department: Dept = None, size: Annotated[int, typer.Option(min=1, help="至多列出多少条")] = 100,
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """列出本周期既无更新、也未确认无变化的数据目录"""
    day = clock.business_day(clock.now())
    with open_runtime(home) as runtime, runtime.database.read() as session:
        wanted = department_named(session, department)
        query = queries.due(day, only=None if wanted is None else [wanted], cycle=None)
        rows = [
            {"编码": one.code, "名称": one.name, "部门": owner, "周期": period_zh(period_of(one.update_cycle or "", day)),
             "上次更新": clock.iso(one.data_updated_at) if one.data_updated_at else ""}
            for one, owner in session.execute(query.limit(size))
        ]
    output(rows, as_json, title="待更新或确认")


@app.command("confirm")
def confirm(
    user: AsRequired, codes: Annotated[list[str] | None, typer.Argument(help="数据目录编码，可多个")] = None,
    department: Annotated[str | None, typer.Option(help="该部门全部待答复的数据目录")] = None,
    note: Annotated[str, typer.Option(help="核对情况")] = "", home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """确认数据已核对、本周期无变化（全部确认或一条也不确认）"""
    def unit(session: Session) -> list[dict[str, Any]]:
        chosen: list[uuid.UUID] = [tracing.by_code(session, code)[1] for code in codes or ()]
        wanted = department_named(session, department)
        if wanted is not None:
            query = queries.due(clock.business_day(clock.now()), only=[wanted], cycle=None)
            chosen += [one.id for one, _ in session.execute(query)]
        return [_shown(row) for row in service.confirm(session, actor, chosen, note=note)]

    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(unit), as_json, title="已确认")


@app.command("list")
def list_(code: str, user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出一个数据目录的确认记录"""
    from catalog.nodes import service as nodes

    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            entry = nodes.found(session, actor, "data_entry", tracing.by_code(session, code)[1])
            output([_shown(row) for row in queries.of_entry(session, entry.id)], as_json)


@app.command("revoke")
def revoke(
    record: Annotated[uuid.UUID, typer.Argument(help="list 所显示的「记录」")], user: AsRequired,
    reason: Annotated[str, typer.Option(help="原因")], home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """撤销一次确认"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(lambda s: _shown(service.revoke(s, actor, record, reason=reason))), as_json)


def _shown(row: UnchangedConfirmation) -> dict[str, Any]:
    return {
        "记录": str(row.id), "周期": period_zh(row.period), "版本": row.version, "确认人": row.confirmed_name,
        "时间": clock.iso(row.at), "状态": "已撤销" if row.revoked_at else "有效", "说明": row.note or "",
    }
