"""``mulian chain index``: status, rebuild, verify."""

from typing import Annotated

import typer
from rich.progress import Progress

from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console

app = typer.Typer(no_args_is_help=True, help="链索引：进度、重建、核对 / index of the chain")


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """显示索引高度、落后块数、行数与回退次数 / how far the index is."""
    from chain.indexer import check

    with open_runtime(home) as runtime:
        output(check.status(runtime), json)


@app.command()
def rebuild(home: HomeOption = None, json: JsonOption = False) -> None:
    """清空并从创世块重建索引；链与数据库的其他数据不变 / forget the index and make it anew."""
    from chain.indexer import check

    with open_runtime(home) as runtime, Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("重建索引 rebuilding", total=None)
        done = check.rebuild(
            runtime, progress=lambda height, total: bar.update(task, completed=height, total=total)
        )
    output(done.as_dict(), json)


@app.command()
def verify(
    home: HomeOption = None,
    json: JsonOption = False,
    last: Annotated[int, typer.Option(min=1, help="与节点逐行比对最近多少块")] = 1000,
    everything: Annotated[bool, typer.Option("--all", help="与节点比对全部区块")] = False,
) -> None:
    """核对索引：断档、缺行、汇总，并与节点逐行比对；有问题时退出码为 1 / check the index."""
    from chain.indexer import check

    with open_runtime(home) as runtime, Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("核对索引 checking", total=None)
        found = check.verify(
            runtime, last=None if everything else last,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    output(vars(found), json)
    if found.findings:
        raise typer.Exit(1)
