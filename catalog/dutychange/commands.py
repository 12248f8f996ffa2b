"""Command ``mulian catalog duty-changes``."""

from typing import Annotated

import typer

from catalog.dutychange import queries
from catalog.dutychange.rules import KINDS, LABELS, effective
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor


def duty_changes(
    state: Annotated[str | None, typer.Option(help="、".join(LABELS))] = None,
    size: Annotated[int, typer.Option(min=1, help="至多列出多少个")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出职责变更及其核实任务的进度"""
    now = clock.now()
    with open_runtime(home) as runtime, runtime.database.read() as session:
        query = queries.listing(system_actor("cli"), state=state, kind=None, now=now)
        rows = list(session.scalars(query.limit(size)))
        held, tasks = queries.approvals(session, rows), queries.progress(session, [row.id for row in rows])
    output([
        {
            "编号": row.number, "方式": KINDS[row.kind][0], "依据": row.basis, "提出": row.created_name,
            "状态": LABELS[effective(row.state, held[row.approval_id].expires_at, now)],
            "待核实": tasks.get(row.id, {}).get("open", 0), "已核实": tasks.get(row.id, {}).get("done", 0),
        }
        for row in rows
    ], as_json, title="职责变更")
