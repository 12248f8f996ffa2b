"""``mulian catalog quality``: the six properties, and the failing cells as a workbook."""

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import func, select

from catalog.acting import department_named
from catalog.quality import export, queries, service, views
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor


def quality(
    department: Annotated[str | None, typer.Option(help="部门名称；缺省为全部")] = None,
    kind: Annotated[str | None, typer.Option(help="duty、data_entry、system 或 db_table")] = None,
    failures: Annotated[int, typer.Option(min=0, max=1000, help="另列多少处不合格单元")] = 0,
    xlsx: Annotated[Path | None, typer.Option(help="把不合格单元写到此 .xlsx")] = None,
    refresh: Annotated[bool, typer.Option(help="先更新有变化的部门")] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """数据目录质量：六性的分子、分母与不合格单元"""
    actor = system_actor("cli")
    with open_runtime(home) as runtime:
        computed = service.refresh(runtime.database) if refresh else 0
        with runtime.database.read() as session:
            chosen = department_named(session, department)
            summary = views.summary(session, actor, chosen, kind)
            query = queries.failures(service.scope(actor, chosen), node_kind=kind)
            total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
            wanted = max(failures, export.LIMIT if xlsx else 0)
            rows = [dict(row) for row in session.execute(query.limit(wanted)).mappings()] if wanted else []
    if xlsx:
        xlsx.write_bytes(export.workbook(rows, total, summary))
    cells = [views.failing(row, row["department"]) for row in rows[:failures]]
    if as_json:
        listed: list[dict[str, Any]] = [cell.model_dump(mode="json") for cell in cells]
        output({**summary.model_dump(mode="json"), "computed": computed, "failing": total, "failures": listed}, True)
        return
    output([
        {"属性": one.zh, "合格": one.figure.numerator, "总数": one.figure.denominator, "比率": one.figure.text}
        for one in summary.dimensions
    ], False, title="数据目录质量")
    if cells:
        output([
            {"编码": cell.code, "名称": cell.name, "单元": cell.label, "现值": cell.value, "规则": cell.rule_zh}
            for cell in cells
        ], False, title=f"不合格单元（共 {total} 处）")
