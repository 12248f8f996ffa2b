"""Commands ``mulian catalog …``, for whoever holds the home. ``--as USER`` acts with that user's rights and name."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from sqlalchemy.orm import Session

from catalog.acting import As, AsRequired, actor_named, department_named
from catalog.entries.queries import Filters, page
from catalog.entries.service import summary
from catalog.history.commands import as_of, diff
from catalog.imports import jobs, queries, service
from catalog.imports.export import export as export_workbook
from catalog.imports.models import ImportBatch
from catalog.imports.undo import undo as undo_batch
from catalog.ledger.commands import app as ledger_app
from catalog.links import queries as links
from catalog.links.commands import app as links_app
from catalog.links.commands import trace
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.orphans.commands import orphans
from catalog.quality.commands import quality
from catalog.review import queries as reviews
from catalog.review import service as review
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="四级目录：导入、检索、发布、导出、核对")
app.command("quality")(quality)
app.command("as-of")(as_of)
app.command("diff")(diff)
app.command("trace")(trace)
app.command("orphans")(orphans)
app.add_typer(links_app, name="link")
app.add_typer(ledger_app, name="ledger")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="工作簿 .xlsx/.xls/.ods")],
    profile: Annotated[str, typer.Option(help="four-level 或 listing")] = "four-level",
    department: Annotated[str | None, typer.Option(help="未写部门的行归入该部门")] = None,
    numbers: Annotated[str | None, typer.Option(help="编号方案")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
    accept_partial: Annotated[bool, typer.Option("--accept-partial", help="只导入合格的行")] = False,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """检查并导入一个工作簿；有错误时不导入并以非零退出"""
    with open_runtime(home) as runtime, Bar(console=progress_console, transient=True) as bar:
        actor = actor_named(runtime, user)
        batch_id = runtime.database.run(lambda session: service.upload(
            session, actor, filename=file.name, data=file.read_bytes(), profile=profile, numbers=numbers,
            department_id=department_named(session, department),
        ).id)
        task = bar.add_task("检查", total=None)
        batch = jobs.run_check(runtime.database, actor, batch_id)
        bar.update(task, description="导入", total=batch.counts["rows"])
        applied: dict[str, int] | None = None
        blocked = batch.counts["findings"]["error"] or (batch.counts["actions"].get("skip") and not accept_partial)
        if not dry_run and not blocked:
            applied = jobs.run_apply(
                runtime.database, actor, batch_id, accept_partial=accept_partial,
                progress=lambda done, total, _: bar.update(task, completed=done, total=total),
            )
        findings = _findings(runtime, batch)
    _report(batch, findings, applied, as_json)
    if blocked:
        raise typer.Exit(1)


def _findings(runtime: Runtime, batch: ImportBatch) -> list[dict[str, Any]]:
    with runtime.database.read() as session:
        return [
            {"工作表": one.sheet, "行号": one.row_no, "列": one.header or one.column, "原值": one.value[:40],
             "问题": one.zh, "建议": one.fix_zh, "程度": one.severity}
            for one in session.scalars(queries.findings(batch.id))
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


@app.command("undo")
def undo(batch: str, user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """撤销一次导入；此后被修改或发布的条目保留并列出"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(
            lambda session: undo_batch(session, actor, service.found(session, actor, uuid.UUID(batch)))
        ), as_json)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="写到此 .xlsx")],
    department: Annotated[str | None, typer.Option(help="部门名称；缺省为全部")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """导出四级目录工作簿"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        data = export_workbook(session, system_actor("cli"), department_id=department_named(session, department))
    file.write_bytes(data)
    output({"file": str(file), "bytes": len(data)}, as_json)


@app.command("search")
def search(
    query: str,
    size: Annotated[int, typer.Option(min=1, max=200)] = 20,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """检索数据目录"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = page(session, system_actor("cli"), Filters(q=query), limit=size)
        rows = [summary(entry, department, found.query) for entry, department in found.rows]
        output([
            {"编码": row.code, "名称": row.name, "部门": row.department, "状态": row.status} for row in rows
        ] if not as_json else {"total": found.total, "items": [row.model_dump(mode="json") for row in rows]}, as_json)


@app.command("submit")
def submit(
    user: AsRequired,
    batch: Annotated[str | None, typer.Option(help="只提交此次导入的草稿")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """把草稿提交审核"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> dict[str, int]:
            counts: dict[str, int] = {}
            for key, kind in KINDS.items():
                model = kind.model
                where = [model.status.in_(EDITABLE), nodes.visible(actor, model)]
                if batch:
                    where.append(model.batch_id == uuid.UUID(batch))
                ids = nodes.ids_where(session, kind, *where)
                counts[key] = len(review.submit(session, actor, key, ids)) if ids else 0
            return counts

        output(runtime.database.run(unit), as_json)


@app.command("publish")
def publish(
    user: AsRequired,
    basis: Annotated[str, typer.Option(help="保密审查依据")],
    batch: Annotated[str | None, typer.Option(help="只审核此次导入的条目")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """登记保密审查并审核通过全部待审事项（审核人不能是提交人）"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> dict[str, int]:
            if batch:
                cases = [c for k in KINDS for c in reviews.open_cases_of_batch(session, actor, k, uuid.UUID(batch))]
            else:
                cases = list(session.scalars(
                    reviews.queue(actor, state="open", kind=None, department_id=None, mine=False)
                ))
            decided = review.decide_cases(
                session, actor, cases, "approve", secrecy=review.Secrecy("pass", basis)
            )
            return {"approved": decided.count, "published": decided.published}

        output(runtime.database.run(unit), as_json)


@app.command("verify")
def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """核对目录与关联的版本链：内容摘要、前后衔接、现行版本；有断裂时以非零退出"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        checked, broken = nodes.verify_chains(session)
        linked, torn = links.verify_chains(session)
    broken += torn
    output({"versions": checked, "link_versions": linked, "broken": broken}, as_json)
    if broken:
        raise typer.Exit(1)
