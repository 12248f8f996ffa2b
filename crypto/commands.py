"""``mulian crypto``: inventory, scan-plaintext, self-check, fences, rotations, resume, abort, drill."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from crypto.replacement.commands import app as replace_app
from kernel.approvals.models import Approval
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console
from kernel.runtime import Runtime

app = typer.Typer(help="加密：清单、明文扫描、围栏、更换 / encryption", no_args_is_help=True)
app.add_typer(replace_app, name="replace")


@app.command()
def inventory(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出算法、密钥来源、加密列与逾期密钥 / algorithms, keys, places."""
    from crypto.selfcheck import service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = service.inventory(session)
    if json:
        output(found, True)
        return
    output(found["algorithms"], False, title="算法")
    output(found["columns"], False, title="加密列")
    if found["compromised"]:
        output(found["compromised"], False, title="按泄露处置过的密钥")
    output({"根密钥": found["root"], "服务密钥": found["service_keys"], "逾期": found["overdue"]}, False)


CanaryOption = Annotated[list[str] | None, typer.Option(help="要查找的已知明文，可重复（同机用户可见）/ a known clear value")]
CanariesOption = Annotated[
    typer.FileText | None, typer.Option(help="要查找的已知明文，一行一个；- 为标准输入 / known clear values, one a line")
]
PathOption = Annotated[
    list[Path] | None, typer.Option(exists=True, help="另外扫描的文件或目录：转储、备份、临时目录，可重复 / also look here")
]
SampleOption = Annotated[int, typer.Option(min=0, max=1000, help="每个加密范围随机解密几行作为查找对象")]


@app.command("scan-plaintext")
def scan_plaintext(
    home: HomeOption = None, json: JsonOption = False, canary: CanaryOption = None, canaries: CanariesOption = None,
    path: PathOption = None, sample: SampleOption = 20,
) -> None:
    """在数据目录所有文件中查找应已加密的明文；找到即以非零退出 / look for clear text that should be encrypted."""
    with open_runtime(home) as runtime:
        found = _scan(runtime, [*(canary or []), *_lines(canaries)], sample, path or [])
    shown: Any = found if json or not found["hits"] else found["hits"]
    output(shown, json, title="发现明文")
    if found["hits"] or not found["canaries"]:
        raise typer.Exit(1)


@app.command("self-check")
def self_check(
    home: HomeOption = None, json: JsonOption = False,
    scan: Annotated[bool, typer.Option("--scan", help="先做一次明文扫描 / scan for clear text first")] = False,
    canaries: CanariesOption = None, path: PathOption = None, sample: SampleOption = 20,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="写成报告：.docx、.html 或 .pdf / write a report")] = None,
) -> None:
    """密评自查：加密字段、密钥、明文扫描与 GB/T 39786 逐项结论；扫描发现明文时退出码为 1 / the self-check."""
    from crypto.selfcheck import report
    from crypto.selfcheck.document import document, lines
    from kernel.documents.render import render
    from kernel.files_atomic import write_atomic
    from kernel.identity.actor import system_actor

    leaks = False
    with open_runtime(home) as runtime:
        if scan or canaries or path:
            scanned = _scan(runtime, _lines(canaries), sample, path or [])
            runtime.database.run(lambda session: report.note_scan(session, system_actor("cli"), scanned))
            leaks = bool(scanned["hits"])
        found = runtime.database.run(lambda session: report.build(session, system_actor("cli")), write=False)
    if out is not None:
        write_atomic(out, render(document(found), out.suffix.removeprefix(".")))
    if json:
        output(found, True)
    else:
        typer.echo("\n".join(lines(found)))
    if leaks:
        raise typer.Exit(1)


def _scan(runtime: Runtime, canaries: list[str], sample: int, paths: list[Path]) -> dict[str, Any]:
    from crypto.selfcheck import service

    with Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("scan", total=None)
        with runtime.database.read() as session:
            values = [*canaries, *service.samples(session, sample)]
        return service.scan(runtime, values, lambda done, total, place: bar.update(
            task, completed=done, total=total, description=place), paths)


def _lines(source: Iterable[str] | None) -> list[str]:
    return [] if source is None else [line.strip() for line in source if line.strip()]


@app.command()
def fences(
    home: HomeOption = None,
    json: JsonOption = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="按加密范围重建围栏 / derive them again")] = False,
) -> None:
    """检查（或重建）数据库写入围栏；缺失即以非零退出 / check the write fences."""
    from crypto.scopes import fences as fences_

    with open_runtime(home) as runtime:
        if rebuild:
            runtime.database.run(fences_.rebuild_all)
        missing = runtime.database.run(fences_.findings, write=False)
    output({"missing": missing}, json)
    if missing:
        raise typer.Exit(1)


@app.command()
def rotations(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出密钥更换；stopped 为真的没有任务在做，用 resume 继续 / list rotations; resume those that are stopped."""
    from crypto.keys import views
    from crypto.rotation import queries

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = views.rotations(session, list(session.scalars(queries.listing(None).limit(200))))
        found = [row.model_dump(mode="json") for row in rows]
    brief = (
        "id", "department", "label", "state_zh", "percent", "done", "total", "waits_until", "stopped", "finished_at",
    )
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="密钥更换")


@app.command()
def resume(rotation_id: uuid.UUID, home: HomeOption = None, json: JsonOption = False) -> None:
    """就地继续一次已批准的更换（任务被取消、失败或工作进程停止时使用；时间窗之外只会等待）/ carry a rotation on, here and now."""
    from crypto.rotation import machine
    from kernel import clock
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        done = machine.run(runtime, system_actor("crypto.rotation"), rotation_id)
        result = {
            "state": done.state, "done": done.done, "waits_until": done.waits_until and clock.iso(done.waits_until),
            "certificate": done.certificate,
        }
    output(result, json)


@app.command()
def abort(
    rotation_id: uuid.UUID,
    user: Annotated[str, typer.Option("--as", help="以该用户的身份与权限申请 / asked by this user")],
    reason: Annotated[str, typer.Option(help="中止的理由 / why")], home: HomeOption = None, json: JsonOption = False,
) -> None:
    """申请中止一次更换并退回原密钥；另一位安全管理员在控制台同意后开始 / propose to abort; a second person decides."""
    from crypto.acting import acting
    from crypto.rotation import aborting

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        approval_id, state = runtime.database.run(lambda session: _asked(aborting.request(
            session, actor, rotation_id=rotation_id, reason=reason)))
    output({"approval_id": str(approval_id), "state": state}, json)


def _asked(approval: Approval) -> tuple[uuid.UUID, str]:
    return approval.id, approval.state


@app.command()
def drill(
    home: HomeOption = None,
    json: JsonOption = False,
    scope: Annotated[list[uuid.UUID] | None, typer.Option(help="只演练这些加密范围，可重复 / only these scopes")] = None,
    database: Annotated[str | None, typer.Option(
        envvar="MULIAN_DRILL_DATABASE_URL", show_envvar=True, show_default=False,
        help="已恢复的数据库副本（PostgreSQL 必需；会被改写）。含口令时请用环境变量 / a restored copy",
    )] = None,
    plant: Annotated[int, typer.Option(min=10, max=100_000, help="没有加密数据时植入的虚构人数")] = 200,
) -> None:
    """在副本上演练密钥更换：每个状态强制终止并续跑，写入不停；不通过时退出码为 3 / kill and resume on a copy.

    退出码：0 通过，1 不能执行，2 参数错误，3 不通过。正式库不受影响，副本用后删除。
    """
    from crypto.drill import rules, service
    from crypto.keys.vault import vault_of
    from crypto.selfcheck import report
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        provider = vault_of(runtime).provider
        while not provider.is_open():
            provider.unseal(typer.prompt("口令或份额", hide_input=True, err=True))
        found = service.run(
            runtime, scope_ids=scope or (), copy_url=database, planted=plant,
            progress=lambda step: progress_console.print(step, highlight=False, markup=False),
        )
        runtime.database.run(lambda session: report.note_drill(session, system_actor("cli"), found))
    if json:
        output(found, True)
    else:
        typer.echo("\n".join(rules.lines(found)))
    if not found["passed"]:
        raise typer.Exit(3)
