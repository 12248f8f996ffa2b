"""Commands ``mulian catalog transfers`` and ``mulian catalog handover``."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.transfers import queries
from catalog.transfers.errors import UNKNOWN
from catalog.transfers.rules import LABELS, effective
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

_ACTOR = system_actor("cli")


def transfers(
    state: Annotated[str | None, typer.Option(help="、".join(LABELS))] = None,
    size: Annotated[int, typer.Option(min=1, help="至多列出多少个")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出部门之间的目录移交及其办理情况"""
    now = clock.now()
    with open_runtime(home) as runtime, runtime.database.read() as session:
        query = queries.listing(_ACTOR, state=state, department_id=None, now=now)
        rows = list(session.scalars(query.limit(size)))
        held = queries.approvals(session, rows)
    found = []
    for row in rows:
        waiting = held[row.receive_approval_id or row.give_approval_id]
        found.append({
            "编号": row.number, "状态": LABELS[effective(row.state, waiting.expires_at, now)], "移出": row.from_name,
            "接收": row.to_name, "条数": row.nodes_count, "提出": row.created_name, "时间": clock.iso(row.created_at),
        })
    output(found, as_json, title="目录移交")


def handover(
    number: Annotated[str, typer.Argument(help="移交编号，如 YJ-2026-0001")],
    file: Annotated[Path, typer.Argument(help="写到此 .docx、.pdf 或 .xlsx")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """写出一个移交的移交清单"""
    from catalog.transfers import document  # the renderers are loaded only by whoever writes a document

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = queries.by_number(session, number)
        if row is None:
            raise UNKNOWN()
        data = document.handover(session, row, file.suffix.lstrip(".").lower())
    file.write_bytes(data)
    output({"file": str(file), "bytes": len(data)}, as_json)
