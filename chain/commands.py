"""``mulian chain``: the chain process, status, blocks, re-execution, deployment."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from chain.accounts.commands import app as accounts
from chain.apps.commands import app as apps
from chain.indexer import commands as index_commands
from chain.ledger import access_commands
from chain.registries.commands import app as registries
from kernel import lifeline
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console, settings_for
from kernel.home import Home

app = typer.Typer(no_args_is_help=True, help="区块链：运行、状态、区块、复算、部署合约、应用、索引")
app.add_typer(apps, name="app")
app.add_typer(registries, name="registry")
app.add_typer(accounts, name="account")
app.add_typer(index_commands.app, name="index")
app.add_typer(access_commands.access, name="access")
app.add_typer(access_commands.senders, name="senders")


@app.command("serve")
def serve_chain(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="端口（缺省 MULIAN_RPC_PORT）")] = None,
    period: Annotated[int, typer.Option(min=1, help="出块周期，秒")] = 1,
    idle: Annotated[int, typer.Option(min=0, help="空闲时的出块间隔，秒；0 为不出空块")] = 600,
    parent_pipe: Annotated[bool, typer.Option(help="标准输入关闭后 1 秒内结束")] = False,
    allow_host: Annotated[list[str] | None, typer.Option(help="另许可的 Host 名称，可重复")] = None,
) -> None:
    """运行内置链进程，直到收到结束信号。Run the embedded chain."""
    from chain.ledger.embedded.node import Options
    from chain.ledger.embedded.server import run

    lifeline.arm()
    settings = settings_for(home)
    place = Home(settings.resolved_home())
    place.prepare()
    run(
        place, host, settings.rpc_port if port is None else port, options=Options(period=period, idle=idle),
        allowed_hosts=allow_host or (), parent_pipe=parent_pipe,
    )


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """显示链的高度、速率与封块状态。Show height, rates and the sealer's state."""
    from chain.explorer import service
    from chain.ledger.access import ledger_of

    with open_runtime(home) as runtime:
        with runtime.database.read() as session:
            found = service.overview(session, ledger_of(runtime))
        output(asdict(found), json)


@app.command()
def blocks(
    home: HomeOption = None,
    json: JsonOption = False,
    size: Annotated[int, typer.Option(min=1, max=1000, help="条数")] = 20,
    before: Annotated[int | None, typer.Option(help="只列此高度以下")] = None,
) -> None:
    """列出最近的区块。List the newest blocks."""
    from chain.explorer import service
    from chain.explorer.schemas import block_out
    from chain.ledger.access import ledger_of

    with open_runtime(home) as runtime:
        found = service.blocks(ledger_of(runtime), before=before, size=size)
        output([block_out(block).model_dump() for block in found], json, title="区块 Blocks")


@app.command()
def verify(
    home: HomeOption = None,
    json: JsonOption = False,
    last: Annotated[int, typer.Option(min=1, help="复算最近多少块")] = 1,
    everything: Annotated[bool, typer.Option("--all", help="从创世块起全部复算")] = False,
) -> None:
    """重新执行区块并比对哈希；可在链运行时使用，不写入任何数据。Re-execute blocks and compare hashes."""
    from chain.ledger.embedded.verify import reexecute

    folder: Path = Home(settings_for(home).resolved_home()).chain_dir
    with Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("复算 re-executing", total=None)
        found = reexecute(
            folder, last_blocks=None if everything else last,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    output(asdict(found), json)
    if found.findings:
        raise typer.Exit(1)


@app.command()
def deploy(home: HomeOption = None, json: JsonOption = False) -> None:
    """部署缺少的合约并核对运行代码；可重复执行。Deploy missing contracts; safe to repeat."""
    from chain.contracts.service import ensure_deployed

    with open_runtime(home) as runtime:
        output(ensure_deployed(runtime), json)


@app.command("init-besu")
def init_besu(
    folder: Annotated[Path, typer.Argument(help="空文件夹，如 deploy/besu")],
    account: Annotated[list[str] | None, typer.Option(help="准许发交易的账户，可重复")] = None,
    host: Annotated[list[str] | None, typer.Option(help="各验证节点的地址，可重复；缺省为 docker-compose.yml 的四个")] = None,
    period: Annotated[int, typer.Option(min=1, help="出块周期，秒")] = 2,
    json: JsonOption = False,
) -> None:
    """生成 Besu QBFT 网络的创世文件、节点密钥与名单。Make genesis, keys and lists of a Besu QBFT network."""
    from chain.ledger.engines import besu_network

    made = besu_network.init(folder, accounts=account or [], hosts=host or [], period=period)
    rows = [{"node": name, "address": address, "enode": enode} for name, address, enode in made.nodes]
    output({"chain_id": made.chain_id, "nodes": rows} if json else rows, json, title=f"chain-id {made.chain_id}")


@app.command("record-fixtures")
def record_fixtures(
    url: Annotated[str, typer.Argument(help="节点的 JSON-RPC 地址")],
    folder: Annotated[Path, typer.Option(help="写入的文件夹")] = Path("fixtures"),
    json: JsonOption = False,
) -> None:
    """记录真实节点的回答，替换按文档抄录的测试样例。Record a live node's answers as test fixtures."""
    from chain.ledger.engines import fixtures
    from chain.ledger.web3_ledger import connect

    output({"recorded": fixtures.record(connect(url), folder), "folder": str(folder)}, json)
