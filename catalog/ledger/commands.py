"""Commands ``mulian catalog ledger …``."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.acting import As, AsRequired, actor_named, department_named
from catalog.ledger import queries, service
from catalog.ledger.rules import KINDS, STAGES
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="信息化项目底账：导入、列出")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="底账工作簿 .xlsx/.xls/.ods")],
    user: AsRequired,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
    accept_partial: Annotated[bool, typer.Option("--accept-partial", help="只导入合格的行")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """检查并导入底账；有问题的行时不导入并以非零退出"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = service.run(
            runtime.database, actor, file, file.name, dry_run=dry_run, accept_partial=accept_partial
        )
    if done["findings"] and not as_json:
        output([
            {"工作表": one["sheet"], "行号": one["row"], "列": one["column"], "原值": one["value"][:40],
             "问题": one["zh"], "建议": one["fix_zh"]} for one in done["findings"][:50]
        ], False, title=f"检查结果（共 {done['wrong']} 行）")
    output(done if as_json else {name: value for name, value in done.items() if name != "findings"}, as_json)
    if done["findings"] and not done["applied"]:
        raise typer.Exit(1)


@app.command("list")
def list_(
    department: Annotated[str | None, typer.Option(help="部门名称；缺省为全部")] = None,
    q: Annotated[str, typer.Option(help="项目编号或名称中的文字")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出底账中的项目与项目编号完全一致的系统"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            query = queries.projects(
                actor, department_id=department_named(session, department), q=q, year=None, kind=None, stage=None
            )
            rows = list(session.execute(query.limit(limit)).tuples())
            systems = service.matched(session, actor, [project.project_no for project, _ in rows])
            found = [
                {"项目编号": project.project_no, "项目名称": project.name, "部门": name, "年度": project.year,
                 "类型": KINDS[project.kind], "阶段": STAGES[project.stage],
                 "系统": "、".join(one["name"] for one in systems.get(project.project_no, []))}
                for project, name in rows
            ]
    output(found, as_json)
