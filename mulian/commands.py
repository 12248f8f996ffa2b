"""Commands of the installation itself: init, serve, api, worker, demo, doctor, openapi."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from kernel.cli import HomeOption, JsonOption, console, output, settings_for
from kernel.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the root group."""
    app.command("init", help="创建或升级数据目录，首次创建时发放四个一次性口令")(init)
    app.command("serve", help="在一台机器上运行全部进程，就绪后输出 ready 行")(serve)
    app.command("api", help="只运行控制台与 API 进程")(api)
    app.command("worker", help="只运行后台任务进程")(worker)
    app.command("demo", help="在全新的数据目录上走通全部环节，并逐步核对结果")(demo)
    app.command("doctor", help="检查安装环境与数据目录，指出问题与处理办法")(doctor)
    app.command("openapi", help="输出 API 的 OpenAPI 文档")(openapi)


def init(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Create or upgrade the installation."""
    from mulian.bootstrap import install

    done = install(settings_for(home))
    result = {"home": str(done.runtime.home.root), "passwords": str(done.passwords) if done.passwords else None}
    done.runtime.database.close()
    if as_json:
        output(result, True)
        return
    output(f"数据目录已就绪：{result['home']}", False)
    if done.passwords:
        output(f"首批四个账户的一次性口令：{done.passwords}（仅本用户可读）", False)


PortOption = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="API 端口（0 为任选空闲端口）")]
HostOption = Annotated[str | None, typer.Option("--host", help="监听地址")]


def serve(
    home: HomeOption = None,
    host: HostOption = None,
    port: PortOption = None,
    gateway_port: Annotated[int | None, typer.Option("--gateway-port", min=0, max=65535, help="接口网关端口")] = None,
    gateway_test_port: Annotated[
        int | None, typer.Option("--gateway-test-port", min=0, max=65535, help="测试环境接口网关端口（缺省不启动）")
    ] = None,
    rpc_port: Annotated[int | None, typer.Option("--rpc-port", min=0, max=65535, help="链 JSON-RPC 端口")] = None,
) -> None:
    """Run everything on one machine until Ctrl-C."""
    from mulian.serve import serve as run

    run(_with(
        settings_for(home), host=host, port=port, gateway_port=gateway_port, gateway_test_port=gateway_test_port,
        rpc_port=rpc_port,
    ))


def api(home: HomeOption = None, host: HostOption = None, port: PortOption = None) -> None:
    """Run the API process alone."""
    from mulian.serve import run_api

    run_api(_with(settings_for(home), host=host, port=port))


def worker(home: HomeOption = None) -> None:
    """Run the worker process alone."""
    from mulian.serve import run_worker

    run_worker(settings_for(home))


def demo(
    home: HomeOption = None,
    listing: Annotated[Path | None, typer.Option("--listing", exists=True, dir_okay=False, help="数据清单 .xlsx")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole path on a fresh home and check every step."""
    from mulian.demo.run import run

    steps = run(settings_for(home), listing)
    if as_json:
        output(steps.document(), True)
    else:
        console.print(steps.table())
    if not steps.ok:
        raise typer.Exit(1)


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong with the installation and what to do."""
    from mulian.doctor import examine

    findings = examine(settings_for(home))
    output([finding.as_row() for finding in findings], as_json, title="目链体检")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def _with(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update={key: value for key, value in changes.items() if value is not None})


def openapi(file: Annotated[Path | None, typer.Option("--file", help="写入文件")] = None) -> None:
    """Print the OpenAPI document."""
    from mulian.app import openapi as document

    data = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    if file is None:
        sys.stdout.buffer.write(data + b"\n")
    else:
        file.write_bytes(data + b"\n")
