"""``mulian collection``: tasks, runs, refused rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gateway.collection.models import CollectionRun, CollectionTask

app = typer.Typer(help="数据汇聚 / collection", no_args_is_help=True)
TaskCode = Annotated[str, typer.Argument(help="汇聚任务代码")]


@app.command("list")
def list_tasks(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出汇聚任务、最近一次运行与时效。"""
    from gateway.collection import queries, views
    from kernel import clock

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = [views.task(session, row) for row in session.scalars(
            queries.tasks(department_id=None, state=None, query=None))]
    output([
        {"code": row.code, "name": row.name, "state": row.state, "freshness": row.freshness,
         "last": row.last_run.state if row.last_run else "", "rows": row.last_run.rows if row.last_run else 0,
         "problems": row.open_problems,
         "success": clock.iso(row.last_success_at) if row.last_success_at else ""} for row in rows
    ], as_json, title="汇聚任务")


@app.command("show")
def show(code: TaskCode, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """显示一个任务、其运行记录与问题数据的原因统计。"""
    from gateway.collection import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = _found(session, code)
        output({
            "task": views.task(session, row).model_dump(mode="json"),
            "runs": [views.run(session, one).model_dump(mode="json")
                     for one in session.scalars(queries.runs(row.id).limit(20))],
            "problems": [one.model_dump() for one in views.counts(session, row.id)],
        }, as_json)


@app.command("run")
def run(
    code: TaskCode, home: HomeOption = None, as_json: JsonOption = False,
    file: Annotated[Path | None, typer.Option("--file", help="文件汇聚的 xlsx 或 csv")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="从中断处继续上一次运行")] = False,
) -> None:
    """运行一个任务，并在本进程内等到结束；中断后用 --resume 继续。"""
    from gateway.collection import jobs, queries, runs
    from kernel.errors import NOT_FOUND
    from kernel.identity.actor import system_actor

    actor = system_actor("cli")
    with open_runtime(home) as runtime, Progress(console=progress_console, transient=True) as bar:
        line = bar.add_task(code, total=None)

        def begun(session: "Session") -> "CollectionRun":
            row = _found(session, code)
            last = queries.last_run(session, row.id)
            if resume:
                if last is None:
                    raise NOT_FOUND()
                return runs.resume(session, actor, run_id=last.id)
            if file is not None:
                return runs.run_file(session, actor, task_id=row.id, name=file.name, data=file.read_bytes())
            return runs.run_now(session, actor, task_id=row.id)

        made = runtime.database.run(begun)
        output(jobs.here(runtime, made.id, lambda done, total: bar.update(
            line, completed=done, total=total or None)), as_json)


@app.command("problems")
def problems(
    code: TaskCode, target: Annotated[Path, typer.Argument(help="写出的 xlsx")], home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """把未处理的问题数据写成工作簿，加密字段脱敏。"""
    from gateway.collection import problem_files
    from kernel.files_atomic import write_atomic
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.read() as session:
        data = problem_files.workbook(session, system_actor("cli"), task_id=_found(session, code).id)
    write_atomic(target, data, 0o600)
    output({"file": str(target), "bytes": len(data)}, as_json)


def _found(session: "Session", code: str) -> "CollectionTask":
    from gateway.collection import queries
    from kernel.errors import NOT_FOUND

    row = queries.by_code(session, code)
    if row is None:
        raise NOT_FOUND()
    return row
