"""Commands ``mulian catalog feed …``: where the feed stands, number what waits, check it against the directory."""

from typing import Annotated

import typer
from sqlalchemy import func, select

from catalog.feed import epochs, queries
from catalog.feed.jobs import seal_all, sweep_all
from catalog.feed.models import FeedDirty
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="公开目录变更：状态、编号、核对")


@app.command("status")
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """最新变更号、公开目录数与待编号的变更数"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        head, at = queries.head(session)
        waiting = session.scalar(select(func.count(FeedDirty.entry_id.distinct()))) or 0
        total, epoch = queries.count(session), queries.epoch(session)
    told = clock.iso(at) if at else None
    if as_json:
        output({"epoch": epoch.epoch, "number": epoch.number, "head": head, "at": told, "public": total,
                "waiting": waiting}, as_json)
    else:
        output({"序列": epoch.epoch, "第几次": epoch.number, "变更号": head, "时刻": told, "公开目录": total,
                "待编号": waiting}, as_json)


@app.command("seal")
def seal(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """立即为待编号的变更编号（平时由后台每秒办理）"""
    with open_runtime(home) as runtime:
        output({"changes": seal_all(runtime.database)}, as_json)


@app.command("renew")
def renew(
    reason: Annotated[str, typer.Option(help="原因，如：恢复了 11 月 20 日的备份")],
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """恢复较早的备份之后运行：变更序列重新开始，全部公开目录重新公布一次"""
    with open_runtime(home) as runtime:
        told = epochs.kept(runtime.home)
        made = runtime.database.run(lambda s: epochs.renew(s, system_actor("cli"), reason=reason, told=told).epoch)
        output({"epoch": made, "changes": seal_all(runtime.database)}, as_json)


@app.command("check")
def check(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """逐条核对公开目录与已公布的变更；有遗漏时补入待编号并以非零退出"""
    with open_runtime(home) as runtime:
        missed = sweep_all(runtime.database)
    output({"missed": [str(one) for one in missed]}, as_json)
    if missed:
        raise typer.Exit(1)
