"""Commands ``mulian catalog transfers``, ``mulian catalog handover`` and ``mulian catalog transfer …``."""

import uuid
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from catalog.acting import AsRequired, actor_named, department_named
from catalog.nodes.kinds import KINDS
from catalog.trace import service as tracing
from catalog.transfers import queries, service
from catalog.transfers.models import NodeTransfer
from catalog.transfers.rules import LABELS, effective
from catalog.transfers.service import Selection
from kernel import clock
from kernel.approvals.models import Approval
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

_ACTOR = system_actor("cli")
app = typer.Typer(no_args_is_help=True, help="移交：预览、提出、查看、审核、撤回、退回")
Number = Annotated[str, typer.Argument(help="移交编号，如 YJ-2026-0001")]
Giver = Annotated[str, typer.Option("--from", help="移出部门")]
Receiver = Annotated[str, typer.Option("--to", help="接收部门")]
Codes = Annotated[list[str] | None, typer.Option("--code", help="目录编码，可多次")]
Everything = Annotated[list[str] | None, typer.Option("--all", help="移交该级全部：" + "、".join(KINDS))]


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
        row = service.found_by_number(session, _ACTOR, number)
        data = document.handover(session, row, file.suffix.lstrip(".").lower())
    file.write_bytes(data)
    output({"file": str(file), "bytes": len(data)}, as_json)


def _selection(
    session: Session, giver: str, receiver: str, codes: list[str] | None, everything: list[str] | None
) -> dict[str, Any]:
    nodes: dict[str, list[uuid.UUID]] = defaultdict(list)
    for code in codes or ():
        kind, node_id = tracing.by_code(session, code)
        nodes[kind].append(node_id)
    return {
        "giver_id": department_named(session, giver), "receiver_id": department_named(session, receiver),
        "selection": Selection(nodes, tuple(everything or ())),
    }


@app.command("preview")
def preview(
    user: AsRequired, giver: Giver, receiver: Receiver, codes: Codes = None, everything: Everything = None,
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """预览移交：将移交的目录、不能移交的及原因、移交后跨部门的关联"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            seen = service.preview(session, actor, **_selection(session, giver, receiver, codes, everything))
    output({
        "条数": seen.count, "各级": {kind: len(rows) for kind, rows in seen.rows.items()}, "随系统移交的库表": seen.tables_added,
        "不能移交": [f"{one.code} {one.name}：{one.reason_zh}" for one in seen.blocked],
        "将跨部门的关联": seen.crossing, "未办结的申请": seen.demands, "其上的接口等": seen.dependents,
    }, as_json)


@app.command("propose")
def propose(
    user: AsRequired, giver: Giver, receiver: Receiver,
    reason: Annotated[str, typer.Option(help="事由")], basis: Annotated[str, typer.Option(help="依据文件")],
    codes: Codes = None, everything: Everything = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """提出移交；移出部门、接收部门的审核人依次审核"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.propose(
            s, actor, **_selection(s, giver, receiver, codes, everything), reason=reason, basis=basis
        )))
    output(found, as_json)


def _shown(session: Session, row: NodeTransfer) -> dict[str, Any]:
    waiting = session.get_one(Approval, service.current_approval_id(row))
    return {
        "编号": row.number, "状态": LABELS[effective(row.state, waiting.expires_at, clock.now())], "移出": row.from_name,
        "接收": row.to_name, "条数": row.nodes_count, "事由": row.reason, "依据": row.basis, "提出": row.created_name,
        "摘要": waiting.digest,
    }


@app.command("show")
def show(number: Number, user: AsRequired, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """查看一个移交；「摘要」在审核时填写，以确认审核的就是所看到的"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            output(_shown(session, service.found_by_number(session, actor, number)), as_json)


@app.command("decide")
def decide(
    number: Number, user: AsRequired, approve: Annotated[bool, typer.Option("--approve/--reject", help="同意或不同意")],
    digest: Annotated[str, typer.Option(help="show 所显示的摘要")],
    opinion: Annotated[str, typer.Option(help="意见；不同意时必填")] = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """审核移交：先移出部门，后接收部门"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.decide(
            s, actor, service.found_by_number(s, actor, number).id, approve=approve, opinion=opinion, digest=digest
        )))
    output(found, as_json)


@app.command("withdraw")
def withdraw(
    number: Number, user: AsRequired, reason: Annotated[str, typer.Option(help="原因")] = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """撤回未办完的移交（提出人）"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.withdraw(
            s, actor, service.found_by_number(s, actor, number).id, reason=reason
        )))
    output(found, as_json)


@app.command("reverse")
def reverse(number: Number, user: AsRequired, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """退回移交：把此后没有改动的目录反向提出一个移交"""
    def unit(session: Session) -> dict[str, Any]:
        back, left = service.reverse(session, actor, service.found_by_number(session, actor, number).id)
        return {**_shown(session, back), "未退回（已变更）": left}

    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(unit), as_json)
