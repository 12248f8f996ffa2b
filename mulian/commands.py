"""Commands of the installation itself: init, serve, api, worker, demo, doctor, openapi."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from kernel.cli import HomeOption, JsonOption, output, settings_for


def register(app: typer.Typer) -> None:
    """Add the commands to the root group."""
    app.command("init", help="创建或升级数据目录，首次创建时发放四个一次性口令")(init)
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


def openapi(file: Annotated[Path | None, typer.Option("--file", help="写入文件")] = None) -> None:
    """Print the OpenAPI document."""
    from mulian.app import openapi as document

    data = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    if file is None:
        sys.stdout.buffer.write(data + b"\n")
    else:
        file.write_bytes(data + b"\n")
