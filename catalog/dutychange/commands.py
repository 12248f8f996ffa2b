"""Commands ``mulian catalog duty-changes`` and ``mulian catalog duty-change …``."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.orm import Session

from catalog.acting import AsRequired, actor_named, department_named
from catalog.dutychange import queries, service
from catalog.dutychange.errors import PLAN
from catalog.dutychange.models import DutyChange
from catalog.dutychange.rules import KINDS, LABELS, Part, Plan, effective, label
from catalog.review.secrecy import PASS, Secrecy
from catalog.trace import service as tracing
from kernel import clock
from kernel.approvals.models import Approval
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="职责变更：预览、提出、查看、审核、撤回、到日生效")
Number = Annotated[str, typer.Argument(help="职责变更编号，如 ZB-2026-0001")]
Kind = Annotated[str | None, typer.Option(help="、".join(f"{key}（{zh}）" for key, (zh, _) in KINDS.items()))]
Sources = Annotated[list[str] | None, typer.Option("--source", help="原职责编码，可多次")]
To = Annotated[str | None, typer.Option("--to", help="划转：接收部门")]
Into = Annotated[str | None, typer.Option("--into", help="合并：并入的现有职责编码")]
Parts = Annotated[list[str] | None, typer.Option("--part", help="新职责：名称，拆分时「名称=编码,编码」，其余用「名称=*」；可多次")]
Reason = Annotated[str, typer.Option(help="事由")]
Basis = Annotated[str, typer.Option(help="依据文件")]
On = Annotated[str | None, typer.Option("--on", help="生效日期，如 2026-12-01；缺省为今天")]
Workdays = Annotated[int, typer.Option(min=1, max=250, help="核实任务的工作日期限")]
PlanFile = Annotated[Path | None, typer.Option(
    "--plan", exists=True, dir_okay=False, help="以 JSON 文件给出整个方案（与接口相同），代替其他选项"
)]


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
            "状态": label(effective(row.state, held[row.approval_id].expires_at, now), row.effective_on),
            "待核实": tasks.get(row.id, {}).get("open", 0), "已核实": tasks.get(row.id, {}).get("done", 0),
        }
        for row in rows
    ], as_json, title="职责变更")


def _id(session: Session, code: str) -> uuid.UUID:
    return tracing.by_code(session, code)[1]


def _part(session: Session, text: str) -> Part:
    name, _, codes = text.partition("=")
    if codes == "*":
        return Part(name, rest=True)
    return Part(name, entries=tuple(_id(session, code.strip()) for code in codes.split(",") if code.strip()))


def _plan(session: Session, given: dict[str, Any]) -> Plan:
    if given["file"] is not None:
        from catalog.dutychange.schemas import PlanIn  # the wire is loaded only by whoever gives a file

        try:
            return PlanIn.model_validate_json(given["file"].read_bytes()).plan()
        except ValidationError as error:
            first = error.errors()[0]
            said = f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()
            raise PLAN(reason_zh=f"文件中 {said}", reason_en=said) from error
    if given["kind"] is None:
        raise PLAN(reason_zh="须写明 --kind 或 --plan", reason_en="give --kind or --plan")
    parts = [Part(into_id=_id(session, given["into"]))] if given["into"] else []
    parts += [_part(session, text) for text in given["parts"] or ()]
    day = given["on"] or clock.business_day(clock.now()).isoformat()
    return Plan(
        given["kind"], tuple(_id(session, code) for code in given["sources"] or ()), given["reason"], given["basis"],
        day, department_named(session, given["to"]), tuple(parts), given["workdays"],
    )


@app.command("preview")
def preview(
    user: AsRequired, kind: Kind = None, sources: Sources = None, to: To = None, into: Into = None,
    parts: Parts = None, file: PlanFile = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """预览职责变更：新职责、其下的目录、各部门的核实任务、不能变更的原因"""
    given = {"kind": kind, "sources": sources, "to": to, "into": into, "parts": parts, "file": file,
             "reason": "预览", "basis": "预览", "on": None, "workdays": 10}
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            plan = _plan(session, given)
            seen = service.preview(session, actor, plan)
            found = {
                "跨部门": seen.across, "须保密审查": service.makes_duties(plan),
                "新职责": [f"{one.name}（{one.department.name}，{one.entries} 条数据）" for one in seen.results],
                "下级职责": [f"{duty.code} {duty.name}" for duty in seen.children], "其下": seen.below.counts,
                "不能变更": [f"{duty.code} {duty.name}：{why[0]}" for duty, why in seen.blocked],
            }
    output(found, as_json)


@app.command("propose")
def propose(
    user: AsRequired, reason: Reason = "", basis: Basis = "", kind: Kind = None, sources: Sources = None,
    to: To = None, into: Into = None, parts: Parts = None, on: On = None, workdays: Workdays = 10,
    file: PlanFile = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """提出职责变更，由另一人审核；生效日期未到的，同意后到日生效"""
    given = {"kind": kind, "sources": sources, "to": to, "into": into, "parts": parts, "file": file,
             "reason": reason, "basis": basis, "on": on, "workdays": workdays}
    if file is None and not (reason.strip() and basis.strip()):
        raise PLAN(reason_zh="须写明事由与依据", reason_en="reason and basis are missing")
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.propose(s, actor, _plan(s, given))))
    output(found, as_json)


def _shown(session: Session, row: DutyChange) -> dict[str, Any]:
    approval = session.get_one(Approval, row.approval_id)
    state = label(effective(row.state, approval.expires_at, clock.now()), row.effective_on)
    listed = queries.duties(session, [row.id])
    return {
        "编号": row.number, "方式": KINDS[row.kind][0], "状态": state, "跨部门": row.across, "生效日期": row.effective_on,
        "事由": row.reason, "依据": row.basis, "提出": row.created_name,
        "职责": [f"{one.role} {one.code} {one.name}" for one in listed], "其下": row.below,
        "不能生效的原因": row.blocked_reason or "", "摘要": approval.digest,
    }


@app.command("show")
def show(number: Number, user: AsRequired, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """查看一个职责变更；「摘要」在审核时填写，以确认审核的就是所看到的"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            output(_shown(session, service.found_by_number(session, actor, number)), as_json)


@app.command("decide")
def decide(
    number: Number, user: AsRequired, approve: Annotated[bool, typer.Option("--approve/--reject", help="同意或不同意")],
    digest: Annotated[str, typer.Option(help="show 所显示的摘要")],
    opinion: Annotated[str, typer.Option(help="意见；不同意时必填")] = "",
    secrecy: Annotated[str | None, typer.Option(help="保密审查依据；结论为通过")] = None,
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """审核职责变更：本部门的由审核人，跨部门的由数据局"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.decide(
            s, actor, service.found_by_number(s, actor, number).id, approve=approve, opinion=opinion, digest=digest,
            secrecy=Secrecy(PASS, secrecy) if secrecy else None,
        )))
    output(found, as_json)


@app.command("withdraw")
def withdraw(
    number: Number, user: AsRequired, reason: Annotated[str, typer.Option(help="原因")] = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """撤回未生效的职责变更"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        found = runtime.database.run(lambda s: _shown(s, service.withdraw(
            s, actor, service.found_by_number(s, actor, number).id, reason=reason
        )))
    output(found, as_json)


@app.command("run-due")
def run_due(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """办理已到生效日期的职责变更（平时由后台每日零时后办理）"""
    from catalog.dutychange import jobs  # the job registry is loaded only by whoever runs a job

    with open_runtime(home) as runtime:
        output(jobs.settle_all(runtime.database), as_json)
