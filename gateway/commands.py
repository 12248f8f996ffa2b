"""``mulian gateway``: run the data plane, show what it serves, ship and search the call log."""

from enum import StrEnum
from typing import Annotated

import orjson
import typer

from gateway.export.commands import export
from kernel.cli import HomeOption, JsonOption, open_runtime, output, settings_for
from kernel.home import Home


class Environment(StrEnum):
    """Which environment's gateway."""

    PRODUCTION = "production"
    TEST = "test"


app = typer.Typer(help="接口网关 / interface gateway", no_args_is_help=True)
app.command("export")(export)


@app.command("serve")
def serve(
    home: HomeOption = None,
    host: Annotated[str | None, typer.Option("--host", help="监听地址")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="监听端口（0 为任选空闲端口）")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64, help="工作进程数")] = None,
    environment: Annotated[Environment, typer.Option("--environment", help="正式环境或测试环境")] = Environment.PRODUCTION,
) -> None:
    """运行接口网关，直到 SIGTERM 或 Ctrl-C；SIGHUP 逐个更换工作进程。"""
    from gateway.proxy.server import run

    settings = settings_for(home)
    usual = settings.gateway_port if environment is Environment.PRODUCTION else settings.gateway_test_port or 0
    run(
        settings.resolved_home(), host or settings.host, usual if port is None else port,
        workers or (settings.gateway_workers if environment is Environment.PRODUCTION else 1),
        environment=environment.value,
    )


@app.command("status")
def status(
    home: HomeOption = None, as_json: JsonOption = False,
    environment: Annotated[Environment, typer.Option("--environment", help="正式环境或测试环境")] = Environment.PRODUCTION,
) -> None:
    """显示当前配置编号与各工作进程正在使用的配置。"""
    from gateway.snapshot.places import home_of
    from gateway.snapshot.queries import head_number

    with open_runtime(home) as runtime:
        with runtime.database.read() as session:
            head = head_number(session, environment)
        files = sorted(home_of(runtime.home, environment).run_dir.glob("gateway-worker-*.json"))
        workers = [orjson.loads(path.read_bytes()) for path in files]
    output({"snapshot": head, "workers": workers}, as_json, title="网关状态")


@app.command("metrics")
def metrics(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """以 Prometheus 文本格式输出各工作进程的计数。"""
    from gateway.proxy.metrics import read, render

    workers = read(Home(settings_for(home).resolved_home()).run_dir)
    if as_json:
        output(workers, as_json)
    else:
        print(render(workers), end="")


@app.command("ship")
def ship(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """立即归档已关闭的调用日志段。"""
    from gateway.calllog.ship import ship_all

    with open_runtime(home) as runtime:
        output(ship_all(runtime), as_json)


@app.command("calls")
def calls(
    home: HomeOption = None, as_json: JsonOption = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50,
    interface: Annotated[str | None, typer.Option("--interface", help="接口代码")] = None,
    environment: Annotated[Environment, typer.Option("--environment", help="正式环境或测试环境")] = Environment.PRODUCTION,
) -> None:
    """列出最近的接口调用。"""
    from gateway.calllog import reader
    from gateway.snapshot.places import home_of
    from kernel import clock

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = reader.recent(
            session, home_of(runtime.home, environment), limit=limit,
            keep=lambda row: interface is None or row.interface == interface,
        )
    output([
        {"at": clock.iso(clock.from_micros(row.at)), "request_id": row.request_id, "interface": row.interface,
         "app": row.app_key, "status": row.status, "outcome": row.outcome, "micros": row.micros}
        for row in rows
    ], as_json, title="最近调用")
