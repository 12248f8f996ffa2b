"""Commands of imports and exports: ``mulian catalog import | apply | findings | correct | clashes | export …``."""

import re
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from sqlalchemy.orm import Session

from catalog.acting import As, actor_named, department_named
from catalog.imports import clashes as clash_service
from catalog.imports import corrections, exporting, jobs, marked, queries, service
from catalog.imports.corrected import over
from catalog.imports.export import Wish
from catalog.imports.models import CatalogExport, ImportBatch
from catalog.imports.progress import Progress
from catalog.imports.reader import open_book
from catalog.imports.undo import undo as undo_batch
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console
from kernel.identity.actor import Actor
from kernel.runtime import Runtime

Batch = Annotated[uuid.UUID, typer.Argument(help="批次编号")]
Department_ = Annotated[str | None, typer.Option("--department", help="部门名称；缺省为全部")]


def _shown(bar: Bar) -> Progress:
    task = bar.add_task("读取", total=None)
    return lambda done, total, message: bar.update(task, completed=done, total=total or None, description=message)



def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".xlsx .xls .ods .csv .json")],
    profile: Annotated[str, typer.Option(help="four-level 或 listing")] = "four-level",
    department: Annotated[str | None, typer.Option(help="未写部门的行归入该部门")] = None,
    numbers: Annotated[str | None, typer.Option(help="编号方案")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
    accept_partial: Annotated[bool, typer.Option("--accept-partial", help="只导入合格的行")] = False,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """检查并导入一个工作簿；有错误或未决的单元格时不导入并以非零退出"""
    with open_runtime(home) as runtime, Bar(console=progress_console, transient=True) as bar:
        actor = actor_named(runtime, user)
        batch_id = runtime.database.run(lambda session: service.upload(
            session, actor, filename=file.name, data=file.read_bytes(), profile=profile, numbers=numbers,
            department_id=department_named(session, department),
        ).id)
        progress = _shown(bar)
        batch = jobs.run_check(runtime.database, actor, batch_id, progress)
        blocked = bool(
            batch.counts["findings"]["error"] or batch.counts["clashes"]
            or (batch.counts["actions"].get("skip") and not accept_partial)
        )
        applied = None if dry_run or blocked else jobs.run_apply(
            runtime.database, actor, batch_id, accept_partial=accept_partial, progress=progress
        )
        rows = _findings(runtime, batch.id)
    _report(batch, rows, applied, as_json)
    if blocked:
        raise typer.Exit(1)


def _findings(runtime: Runtime, batch_id: uuid.UUID, severity: str | None = None) -> list[dict[str, Any]]:
    with runtime.database.read() as session:
        return [
            {"工作表": one.sheet, "行号": one.row_no, "列": one.header or one.column, "原值": one.value[:40],
             "问题": one.zh, "建议": one.fix_zh, "程度": one.severity}
            for one in session.scalars(queries.findings(batch_id, severity))
        ]


def _report(
    batch: ImportBatch, findings: list[dict[str, Any]], applied: dict[str, int] | None, as_json: bool
) -> None:
    head = {"batch": str(batch.id), "state": "applied" if applied is not None else "checked", **batch.counts}
    if as_json:
        output({**head, "applied": applied, "findings_list": findings}, True)
        return
    if findings:
        output(findings[:50], False, title=f"检查结果（共 {len(findings)} 处，先列 50 处）")
    output({**head, "applied": applied}, False)


def check(batch: Batch, user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """重新检查一个批次（中断后可再次执行）"""
    with open_runtime(home) as runtime, Bar(console=progress_console, transient=True) as bar:
        actor = actor_named(runtime, user)
        done = jobs.run_check(runtime.database, actor, batch, _shown(bar))
        rows = _findings(runtime, batch)
    _report(done, rows, None, as_json)


def apply(
    batch: Batch,
    accept_partial: Annotated[bool, typer.Option("--accept-partial", help="只导入合格的行")] = False,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """导入一个已检查的批次：一次全部写入；中断后可再次执行"""
    with open_runtime(home) as runtime, Bar(console=progress_console, transient=True) as bar:
        actor = actor_named(runtime, user)
        output(jobs.run_apply(
            runtime.database, actor, batch, accept_partial=accept_partial, progress=_shown(bar)
        ), as_json)


def undo(batch: Batch, user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """撤销一次导入；此后被修改或发布的数据目录保留并列出"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(
            lambda session: undo_batch(session, actor, service.found(session, actor, batch))
        ), as_json)


def imports(user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出最近 50 次导入"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            rows = [
                {"批次": str(one.id), "文件": one.filename, "状态": service.STATES[one.state],
                 "行数": one.counts.get("rows"), "上传人": one.created_name}
                for one in session.scalars(queries.batches(actor).limit(50))
            ]
    output(rows, as_json)


def findings(
    batch: Batch,
    severity: Annotated[str | None, typer.Option(help="error、row_error 或 warning")] = None,
    marked_file: Annotated[Path | None, typer.Option("--marked", help="把标注后的工作簿写到此文件")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """列出一次检查的结果：行号·列·原值·问题·建议"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            found = service.found(session, actor, batch)
            if marked_file is not None:
                path, all_of = service.file_of(session, batch), list(session.scalars(queries.findings(batch)))
                held = queries.corrections(session, batch)
                with open_book(path, found.filename) as sheets:
                    marked_file.write_bytes(marked.marked(over(sheets, held), all_of, held))
        output(_findings(runtime, batch, severity), as_json)


def correct(
    batch: Batch,
    cell: Annotated[str, typer.Argument(help="工作表!列行，如 数据!D15；文本文件为 !D15")],
    value: Annotated[str | None, typer.Argument(help="更正为；不写则取消更正")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """更正检查结果中的一个单元格；上传的文件不变，下次检查（catalog check）时生效"""
    found = re.fullmatch(r"(?P<sheet>.*)!(?P<column>[A-Z]{1,3})(?P<row>[1-9]\d{0,6})", cell)
    if found is None:
        raise typer.BadParameter("须写成 工作表!D15")
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        unchecked = runtime.database.run(lambda session: _corrected(session, actor, batch, found, value))
    output({"单元格": cell, "更正为": value, "尚未检查": unchecked}, as_json)


def _corrected(
    session: Session, actor: Actor, batch_id: uuid.UUID, place: re.Match[str], value: str | None
) -> int:
    batch = service.found(session, actor, batch_id)
    corrections.correct(
        session, actor, batch, sheet=place["sheet"], row_no=int(place["row"]), column=place["column"], value=value
    )
    return queries.unchecked(session, batch)


def clashes(
    batch: Batch,
    choose: Annotated[str | None, typer.Option(help="current 保留现在的内容，mine 采用工作簿的内容")] = None,
    seq: Annotated[list[int] | None, typer.Option(help="只对这些序号作出选择，可重复；缺省为全部未决的")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """列出他人也已修改的单元格（导出时/现在/您的），或作出选择"""
    if choose not in (None, "current", "mine"):
        raise typer.BadParameter("current 或 mine")
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        if choose is not None:
            runtime.database.run(lambda session: clash_service.choose(
                session, actor, service.found(session, actor, batch), choose, seq or None
            ))
        with runtime.database.read() as session:
            found = service.found(session, actor, batch)
            rows = [
                {"序号": one.seq, "编码": one.code, "名称": one.name, "列": one.label, "导出时": one.base,
                 "现在": one.current, "您的": one.mine, "选择": one.choice or ""}
                for one in session.scalars(queries.clashes(found.id))
            ]
    output(rows, as_json)


def _exported(
    runtime: Runtime, user: str | None, file: Path, department: str | None, kind: str | None, *, template: bool
) -> CatalogExport:
    form = file.suffix.lstrip(".").lower()
    if form not in exporting.MEDIA:
        raise typer.BadParameter("文件名须以 .xlsx、.json 或 .csv 结尾")
    with Bar(console=progress_console, transient=True) as bar:
        actor = actor_named(runtime, user)
        asked = runtime.database.run(lambda session: exporting.ask(
            session, actor, Wish(department_named(session, department), form, kind, template)
        ).id)
        made = exporting.make(runtime.database, asked, _shown(bar))
        with runtime.database.read() as session:
            path = exporting.file_of(session, made)
        file.write_bytes(path.read_bytes())
        path.unlink()
    return made


def export(
    file: Annotated[Path, typer.Argument(help="写到此文件：.xlsx、.json 或 .csv")],
    department: Department_ = None,
    kind: Annotated[str | None, typer.Option(help="csv 的一级：duty、data_entry、data_item …")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """导出四级目录（重要、核心数据须有出域批准）"""
    with open_runtime(home) as runtime:
        made = _exported(runtime, user, file, department, kind, template=False)
    output({"file": str(file), "bytes": made.size, **exporting.answer(made)}, as_json)


def template(
    file: Annotated[Path, typer.Argument(help="写到此 .xlsx")],
    department: Annotated[str, typer.Option(help="部门名称")],
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """生成部门模板：已填入现有目录，带示例行和本部门下拉框"""
    with open_runtime(home) as runtime:
        made = _exported(runtime, user, file, department, None, template=True)
    output({"file": str(file), "bytes": made.size, **exporting.answer(made)}, as_json)


def install(app: typer.Typer) -> None:
    """Add the commands to ``mulian catalog``."""
    for name, body in (
        ("import", import_), ("check", check), ("apply", apply), ("undo", undo), ("imports", imports),
        ("findings", findings), ("correct", correct), ("clashes", clashes), ("export", export), ("template", template),
    ):
        app.command(name)(body)
