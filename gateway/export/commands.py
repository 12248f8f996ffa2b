"""``mulian gateway export``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.snapshot.places import PRODUCTION
from kernel.cli import HomeOption, JsonOption, open_runtime, output


class Engine(StrEnum):
    """For which engine."""

    NGINX = "nginx"
    HAPROXY = "haproxy"
    KONG = "kong"
    APISIX = "apisix"


def export(
    engine: Annotated[Engine, typer.Option("--engine", help="目标引擎")],
    out: Annotated[Path, typer.Option("--out", help="写入的文件夹", file_okay=False)],
    rest: Annotated[str, typer.Option("--rest", help="引擎不能执行的接口转给这个目链网关，如 http://gateway:8080")] = "",
    listen: Annotated[str, typer.Option("--listen", help="引擎监听的地址与端口（nginx、HAProxy）")] = "127.0.0.1:8081",
    place: Annotated[str, typer.Option("--place", help="引擎读取这些文件的文件夹（缺省同 --out）")] = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """把已发布的接口导出为其他引擎的配置；引擎不能执行的策略逐项拒绝。"""
    from gateway.export import service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        compiled = service.load(session, PRODUCTION)
    made = service.export(compiled, engine.value, out, rest=rest, listen=listen, place=place)
    output({
        "snapshot": made.number, "engine": engine.value, "out": str(out),
        "served": [one.route.code for one in made.served if not one.rest],
        "rest": [one.route.code for one in made.served if one.rest],
        "refused": [
            {"code": one.code, "interface": one.params["interface"], "text": one.text("zh")} for one in made.refusals
        ],
    }, as_json, title="网关导出")
