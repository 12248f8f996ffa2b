"""``mulian chain app``: applications on the chain, use per unit, 单位上链健康."""

from datetime import date
from typing import Annotated

import typer

from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="应用对接：应用、用量、单位上链健康")


@app.command("list")
def list_apps(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出链上应用。List applications on the chain."""
    from chain.apps import queries, views
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = views.apps(session, list(session.scalars(queries.visible(system_actor("cli")))))
        output([row.model_dump(mode="json") for row in rows], json, title="链上应用 Applications")


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="应用代码")], home: HomeOption = None, json: JsonOption = False
) -> None:
    """显示一个应用：环境、额度、进度、回调、检查项。Show one application."""
    from chain.apps import queries, views
    from kernel.errors import NOT_FOUND

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = queries.by_code(session, code)
        if row is None:
            raise NOT_FOUND()
        output(views.detail(session, row).model_dump(mode="json"), json)


@app.command()
def suspend(
    code: Annotated[str, typer.Argument(help="应用代码")],
    reason: Annotated[str, typer.Option("--reason", help="原因，记入审计")],
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """立即暂停一个应用。Suspend an application at once."""
    from chain.apps import queries, service
    from kernel.errors import NOT_FOUND
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.write() as session:
        row = queries.by_code(session, code)
        if row is None:
            raise NOT_FOUND()
        service.suspend(session, system_actor("cli"), app_id=row.id, reason=reason)
        output({"code": row.code, "suspended": row.suspended}, json)


@app.command()
def use(
    since: Annotated[str, typer.Option(help="起始日（北京），YYYY-MM-DD")],
    until: Annotated[str, typer.Option(help="截止日（含）")],
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """各单位用量。Use per unit and environment."""
    from dataclasses import asdict

    from chain.apps import queries

    first, last = date.fromisoformat(since), date.fromisoformat(until)
    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = [
            {"department": queries.department_name(session, one.department_id), **asdict(one)}
            for one in queries.use_per_unit(session, first, last)
        ]
        output([{**row, "department_id": str(row["department_id"])} for row in rows], json, title="各单位用量 Use per unit")


@app.command()
def units(home: HomeOption = None, json: JsonOption = False) -> None:
    """单位上链健康。Health of each department on the chain."""
    from chain.apps import health
    from kernel import clock
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.read() as session:
        departments = list(session.scalars(health.departments(system_actor("cli"))))
        found, now = health.read(session, [row.id for row in departments]), clock.now()
        output([
            {
                "department": row.name, "state": found[row.id].state(now), "records": found[row.id].records,
                "waiting": found[row.id].waiting,
                "oldest_waiting": clock.iso(oldest) if (oldest := found[row.id].oldest_waiting) else None,
                "last_anchored": clock.iso(last) if (last := found[row.id].last_anchored) else None,
                "halted": found[row.id].halted, "callback_dead": found[row.id].callback_dead,
            }
            for row in departments
        ], json, title="单位上链健康 Units")
