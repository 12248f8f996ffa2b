"""``mulian crypto replace``: databases and jobs from the command line, the offline package in files."""

import json as json_
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console

app = typer.Typer(help="替换：业务库敏感列换成标识 / replace columns of departments' databases", no_args_is_help=True)
JobId = Annotated[uuid.UUID, typer.Argument(help="任务编号")]
Folder = Annotated[Path, typer.Option("--folder", help="文件所在目录 / where the files are")]


@app.command("list")
def list_jobs(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出替换任务与进度 / list jobs."""
    from crypto.replacement import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = views.replacements(session, list(session.scalars(queries.listing(None).limit(200))))
        found = [row.model_dump(mode="json") for row in rows]
    brief = ("id", "department", "title", "state_zh", "percent", "done", "total", "finished_at")
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="替换任务")


@app.command()
def show(job: JobId, home: HomeOption = None, json: JsonOption = False) -> None:
    """显示影响评估、执行证据与清单前 50 行 / assessment, evidence, first findings."""
    from crypto.replacement import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        row = queries.get(session, job)
        found: dict[str, Any] = views.replacements(session, [row])[0].model_dump(mode="json")
        listed = views.findings(row, list(session.scalars(queries.findings(row.id).limit(50))))
    found["findings"] = [one.model_dump() for one in listed]
    if json:
        output(found, True)
        return
    brief = ("id", "title", "state_zh", "forms", "decision", "evidence", "job_error")
    output({key: found[key] for key in brief}, False)
    for one in (found["checked"] or {}).get("columns", []):
        said = "；".join(note["zh"] for note in (*one["obstacles"], *one["warnings"]))
        output({one["column"]: f"{one['advice']} {one['counts']} {one['refusal']} {said}"}, False)
    output(found["findings"], False, title="清单")


@app.command()
def work(job: JobId, home: HomeOption = None, json: JsonOption = False) -> None:
    """就地执行任务中已排队的作业：评估、已批准的替换或撤销（工作进程停止时使用）/ do the queued work here and now."""
    from crypto.replacement import jobs, queries

    with open_runtime(home) as runtime, Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("replace", total=None)
        jobs.here(runtime, job, lambda done, total, message: bar.update(
            task, completed=done, total=total or None, description=message))
        with runtime.database.read() as session:
            row = queries.get(session, job)
            result = {"state": row.state, "evidence": row.evidence}
    output(result, json)


@app.command()
def package(job: JobId, folder: Folder, home: HomeOption = None, json: JsonOption = False) -> None:
    """写出离线包：mulian_replace.py 与 job.mlj；包口令另行送达 / write tool and job file; the code goes another way."""
    from crypto.replacement import packages
    from kernel.identity.actor import system_actor

    actor = system_actor("cli")
    with open_runtime(home) as runtime:
        data = runtime.database.run(lambda s: packages.job_file(s, actor, replacement_id=job))
        code = runtime.database.run(lambda s: packages.code(s, actor, replacement_id=job))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mulian_replace.py").write_bytes(packages.tool())
    (folder / "job.mlj").write_bytes(data)
    output({"folder": str(folder), "code": code}, json)


@app.command()
def answer(job: JobId, folder: Folder, home: HomeOption = None, json: JsonOption = False) -> None:
    """读 values.mlv，签发标识，写出 answers.mla / issue for a values file and write the answers."""
    from crypto.replacement import packages, queries
    from crypto.replacement.jobs import answered
    from kernel.identity.actor import system_actor

    actor = system_actor("cli")
    with open_runtime(home) as runtime, Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("answer", total=None)
        with runtime.database.read() as session:
            row = queries.get(session, job)
        counts = packages.answer(runtime.database, runtime.home, row, folder / "values.mlv",
                                 lambda done: bar.update(task, completed=done))
        answered(runtime.database, actor, job, counts)
        data = runtime.database.run(lambda s: packages.answers(s, actor, replacement_id=job, home=runtime.home))
    (folder / "answers.mla").write_bytes(data)
    output(counts, json)


@app.command("undo-key")
def undo_key(job: JobId, folder: Folder, home: HomeOption = None, json: JsonOption = False) -> None:
    """撤销获批后，读 undo-request.json，写出 undo.mlk / after an agreed undo, write the keys of the undo files."""
    from crypto.replacement import packages
    from kernel.identity.actor import system_actor

    wrapped = json_.loads((folder / "undo-request.json").read_text())["wrapped"]
    with open_runtime(home) as runtime:
        data = runtime.database.run(
            lambda s: packages.release(s, system_actor("cli"), replacement_id=job, wrapped=wrapped))
    (folder / "undo.mlk").write_bytes(data)
    output({"files": len(wrapped)}, json)
