"""Commands ``mulian catalog …``, for whoever holds the home. ``--as USER`` acts with that user's rights and name."""

import uuid
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from catalog.acting import AsRequired, actor_named
from catalog.codes.commands import app as codes_app
from catalog.dutychange.commands import app as duty_change_app
from catalog.dutychange.commands import duty_changes
from catalog.entries.queries import Filters, page
from catalog.entries.service import summary
from catalog.feed.commands import app as feed_app
from catalog.history.commands import as_of, diff
from catalog.imports import commands as import_commands
from catalog.ledger.commands import app as ledger_app
from catalog.links import queries as links
from catalog.links.commands import app as links_app
from catalog.links.commands import trace
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.orphans.commands import orphans
from catalog.proposals.commands import app as proposals_app
from catalog.quality.commands import quality
from catalog.review import commands as review_commands
from catalog.review import queries as reviews
from catalog.review import service as review
from catalog.search.commands import reindex
from catalog.transfers.commands import app as transfer_app
from catalog.transfers.commands import handover, transfers
from catalog.unchanged.commands import app as unchanged_app
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="四级目录：导入、检索、发布、导出、核对")
app.command("quality")(quality)
app.command("as-of")(as_of)
app.command("diff")(diff)
app.command("transfers")(transfers)
app.command("handover")(handover)
app.command("duty-changes")(duty_changes)
app.add_typer(transfer_app, name="transfer")
app.add_typer(duty_change_app, name="duty-change")
app.command("trace")(trace)
app.command("orphans")(orphans)
app.add_typer(links_app, name="link")
app.add_typer(ledger_app, name="ledger")
app.add_typer(feed_app, name="feed")
import_commands.install(app)
review_commands.install(app)
app.add_typer(proposals_app, name="proposals")
app.add_typer(codes_app, name="codes")
app.add_typer(unchanged_app, name="unchanged")
app.command("reindex")(reindex)


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
    batch: Annotated[uuid.UUID | None, typer.Option(help="只提交此次导入的草稿")] = None,
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
                    where.append(model.batch_id == batch)
                ids = nodes.ids_where(session, kind, *where)
                counts[key] = len(review.submit(session, actor, key, ids)) if ids else 0
            return counts

        output(runtime.database.run(unit), as_json)


@app.command("publish")
def publish(
    user: AsRequired,
    basis: Annotated[str, typer.Option(help="保密审查依据")],
    batch: Annotated[uuid.UUID | None, typer.Option(help="只审核此次导入的条目")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """登记保密审查并审核通过全部待审事项（审核人不能是提交人）"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> dict[str, int]:
            if batch:
                cases = [c for k in KINDS for c in reviews.open_cases_of_batch(session, actor, k, batch)]
            else:
                cases = list(session.scalars(
                    reviews.selection(actor, reviews.Filter(decidable=True))
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
