"""``mulian report``: quarterly, list, show, verify, reproduce.

Engines (duckdb, matplotlib, typst, web3) are imported by the commands that use them: ``--help`` stays quick.
"""

import uuid
from typing import Annotated, Any

import typer
from rich.progress import Progress

from analytics.errors import DEPARTMENT_UNKNOWN
from analytics.reports import queries
from analytics.reports.models import ReportRun
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="“上链”数据分析报告：生成、查看、核验、复算")
RunArgument = Annotated[uuid.UUID, typer.Argument(help="报告编号")]
_ACTOR = system_actor("cli")


@app.command("quarterly")
def quarterly(
    year: Annotated[int | None, typer.Option("--year", min=2000, max=2100, help="年；缺省为当前")] = None,
    quarter: Annotated[int | None, typer.Option("--quarter", min=1, max=4, help="季度；缺省为当前")] = None,
    department: Annotated[str | None, typer.Option("--department", help="部门代码或名称；缺省为全区")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="全区和每个部门各一份")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build quarterly reports now and print their roots."""
    with open_runtime(home) as runtime:
        today = clock.quarter_of(clock.now())
        period = (year or today[0], quarter or today[1])
        done = [_build(runtime, period, unit) for unit in _units(runtime, department, everyone)]
    output(done if everyone else done[0], as_json)


@app.command("list")
def list_runs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List every run, newest first."""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = [_brief(run) for run in session.scalars(queries.listing(_ACTOR))]
    output(rows, as_json)


@app.command("show")
def show(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a run: period, roots, inputs, files, anchoring."""
    from analytics.reports import service
    from chain.anchoring.service import state_of

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = service.get(session, _ACTOR, run_id=run)
        anchor = state_of(session, "report_run", str(run), 1)
        result = _brief(row) | {
            "folder": str(service.folder_of(runtime, run)), "anchor": anchor.state if anchor else None,
            "block_number": anchor.block_number if anchor else None,
            "inputs": [{"name": one.name, "rows": one.rows, "sm3": one.sm3} for one in queries.inputs(session, run)],
            "artifacts": [
                {"name": one.name, "bytes": one.bytes, "sm3": one.sm3} for one in queries.artifacts(session, run)
            ],
        }
    output(result, as_json)


@app.command("verify")
def verify(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check every file of a run against its manifest and root; any difference exits non-zero."""
    from analytics.reports import service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = service.verify(session, _ACTOR, run_id=run)
        result = {"run": str(run), "run_root": row.run_root, "result": "一致" if not as_json else "ok"}
    output(result, as_json)


@app.command("reproduce")
def reproduce(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Recompute a run in a fresh process and an empty folder and compare byte for byte; a difference exits 1."""
    from analytics.reports import service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        result = service.reproduce(session, _ACTOR, run_id=run)
    output(result.as_json(), as_json)
    if not result.passed:
        raise typer.Exit(1)


def _units(runtime: Runtime, department: str | None, everyone: bool) -> list[uuid.UUID | None]:
    with runtime.database.read() as session:
        if everyone:
            return [None, *(unit.id for unit in queries.departments(session))]
        if department is None:
            return [None]
        unit = queries.department(session, department)
        if unit is None:
            raise DEPARTMENT_UNKNOWN(department=department)
        return [unit.id]


def _build(runtime: Runtime, period: tuple[int, int], department_id: uuid.UUID | None) -> dict[str, Any]:
    from analytics.reports import runner, service

    def ask(session: Any) -> uuid.UUID:
        run, _ = service.request(session, _ACTOR, year=period[0], quarter=period[1], department_id=department_id)
        return run.id

    run_id = runtime.database.run(ask)
    with Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("生成报告", total=runner.STEPS)
        runner.execute(
            runtime, _ACTOR, run_id,
            lambda done, total, text: bar.update(task, completed=done, total=total, description=text),
        )
    with runtime.database.read() as session:
        run = session.get_one(ReportRun, run_id)
        return _brief(run) | {"folder": str(service.folder_of(runtime, run_id))}


def _brief(run: ReportRun) -> dict[str, Any]:
    return {
        "run": str(run.id), "title": run.title, "year": run.year, "quarter": run.quarter, "state": run.state,
        "input_root": run.input_root, "run_root": run.run_root,
    }
