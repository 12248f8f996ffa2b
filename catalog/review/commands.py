"""Commands ``mulian catalog review …`` and those of going online, offline and out."""

import uuid
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from catalog.acting import As, AsRequired, actor_named, department_named
from catalog.entries import online as online_service
from catalog.errors import NODE_UNKNOWN
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import node_by_code
from catalog.public import release, tombstones
from catalog.review import queries, secrecy, stages
from catalog.review import service as review
from catalog.review.queries import Filter
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="审核：队列、批量审核、环节设置、保密审查记录 / reviews")
Department = Annotated[str | None, typer.Option(help="部门名称")]


@app.command("queue")
def queue(
    department: Department = None,
    stage: Annotated[str | None, typer.Option(help="department、bureau 或 either")] = None,
    due: Annotated[str | None, typer.Option(help="overdue、today、week、later、pending 或 none")] = None,
    older_than: Annotated[int | None, typer.Option(help="提交至今超过的天数")] = None,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """待审事项：环节与应办结日期"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            wanted = Filter(
                department_id=department_named(session, department), stage=stage, due=due, older_than=older_than
            )
            found = list(session.scalars(queries.selection(actor, wanted).limit(1000)))
            names = queries.names(session, found)
            output([
                {
                    "事项": str(one.id), "编码": names[one.node_id][0], "名称": names[one.node_id][1],
                    "部门": names[one.node_id][2], "内容": one.subject, "环节": one.stage, "轮次": one.round,
                    "应办结": one.due_on or ("期限待定" if one.due_pending else ""), "提交人": one.submitted_name,
                    "提交时间": clock.iso(one.submitted_at),
                }
                for one in found
            ], as_json)


@app.command("return")
def give_back(
    case: Annotated[uuid.UUID, typer.Argument(help="事项编号")],
    reason: Annotated[str, typer.Option(help="退回原因")],
    user: AsRequired,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """退回一件待审事项"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        decided = runtime.database.run(lambda s: review.decide_cases(
            s, actor, queries.cases(s, actor, [case]), "return", reason=reason
        ))
        output({"returned": decided.count}, as_json)


@app.command("rules")
def rules(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """审核环节设置：缺省与各部门"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        output([
            {
                "范围": "缺省" if scope == stages.DEFAULT_SCOPE else name, "环节": "→".join(rule.stages),
                "时限（工作日）": rule.due_workdays, "保密审查分设": rule.separate_secrecy, "版本": rule.version,
            }
            for scope, _, name, rule in stages.listed(session)
        ], as_json)


@app.command("set-rule")
def set_rule(
    sequence: Annotated[str, typer.Argument(help="either、department、bureau 或 department,bureau")],
    user: AsRequired,
    department: Department = None,
    due_workdays: Annotated[int, typer.Option(help="每个环节的工作日；0 为不设期限")] = 5,
    separate_secrecy: Annotated[bool, typer.Option("--separate-secrecy", help="保密审查与内容审核由不同的人办理")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """设置一个部门（缺省：全部）的审核环节"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> dict[str, Any]:
            department_id = department_named(session, department)
            scope = str(department_id) if department_id else stages.DEFAULT_SCOPE
            held = {one[0]: one[3].version for one in stages.listed(session)}
            rule = stages.configure(
                session, actor, department_id=department_id, stages=sequence.split(","),
                due_workdays=due_workdays or None, separate_secrecy=separate_secrecy, version=held.get(scope, 0),
            )
            return {"scope": scope, "stages": list(rule.stages), "version": rule.version}

        output(runtime.database.run(unit), as_json)


@app.command("secrecy")
def secrecy_records(
    department: Department = None,
    conclusion: Annotated[str | None, typer.Option(help="pass 或 refuse")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """数据目录的保密审查记录，新的在前"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        department_id = department_named(session, department)
        query = secrecy.listing(
            kind="data_entry", departments=[department_id] if department_id else None, conclusion=conclusion,
            since=None, until=None, reviewer=None,
        )
        rows, total = secrecy.page(session, query, limit=1000, offset=0)
        shown = [
            {"编码": code, "名称": name, "结论": one.conclusion, "依据": one.basis, "审查人": one.reviewer_name,
             "时间": clock.iso(one.reviewed_at)}
            for one, code, name, _ in rows
        ]
        output({"total": total, "items": shown} if as_json else shown, as_json)


def _switch(code: str, reason: str, user: str, home: Any, as_json: bool, on: bool) -> None:
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> dict[str, Any]:
            entry = node_by_code(session, KINDS["data_entry"], code)
            if entry is None:
                raise NODE_UNKNOWN(kind="数据目录")
            online_service.switch(session, actor, entry, online=on, reason=reason)
            return {"code": entry.code, "online": entry.online}

        output(runtime.database.run(unit), as_json)


def offline(
    code: Annotated[str, typer.Argument(help="资源代码")],
    reason: Annotated[str, typer.Option(help="理由")],
    user: AsRequired,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """下线一个已发布的数据目录"""
    _switch(code, reason, user, home, as_json, False)


def online(
    code: Annotated[str, typer.Argument(help="资源代码")],
    reason: Annotated[str, typer.Option(help="理由")],
    user: AsRequired,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """重新上线一个数据目录"""
    _switch(code, reason, user, home, as_json, True)


def withdrawn(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """已撤销的数据目录：编码、时间与理由"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        output([
            {"编码": one.code, "名称": one.name, "撤销时间": clock.iso(one.withdrawn_at), "理由": one.reason}
            for one in session.scalars(tombstones.listing("data_entry"))
        ], as_json)


def releases(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """有效的重要、核心数据出域批准"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows, _ = release.page(
            session, release.listing(departments=None, purpose=None, valid=True), limit=1000, offset=0
        )
        output([
            {"编码": code, "名称": name, "用途": one.purpose, "级别": one.level, "接收方": one.receiver,
             "有效期至": clock.iso(one.valid_until)}
            for one, code, name in rows
        ], as_json)


def install(catalog: typer.Typer) -> None:
    """Hang the commands under ``mulian catalog``."""
    catalog.add_typer(app, name="review")
    for command in (offline, online, withdrawn, releases):
        catalog.command(command.__name__)(command)
