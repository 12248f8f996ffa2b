"""What every command shares: options, opening an installation, output in text or JSON, errors in one line."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from kernel.runtime import Runtime
from kernel.settings import Settings

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="数据目录（缺省 MULIAN_HOME 或 ~/.mulian）", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]

console = Console()
progress_console = Console(stderr=True)
_opener: Callable[[Settings], Runtime] | None = None


def install_opener(opener: Callable[[Settings], Runtime]) -> None:
    """Let ``mulian/wiring.py`` say how a runtime is opened."""
    global _opener
    _opener = opener


def settings_for(home: Path | None) -> Settings:
    """Return the settings, with ``--home`` before the environment."""
    return Settings(home=home) if home is not None else Settings()


@contextlib.contextmanager
def open_runtime(home: Path | None) -> Iterator[Runtime]:
    """Open an existing installation for a command."""
    if _opener is None:
        raise RuntimeError("no opener installed")
    runtime = _opener(settings_for(home))
    try:
        yield runtime
    finally:
        runtime.database.close()


def output(value: Any, as_json: bool, *, title: str | None = None) -> None:
    """Print a result: JSON on one document, or a table (list of dicts) or key-value lines for people."""
    if as_json:
        sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
        return
    if isinstance(value, list) and value and isinstance(value[0], dict):
        table = Table(*[str(column) for column in value[0]], title=title)
        for row in value:
            table.add_row(*[str(cell) for cell in row.values()])
        console.print(table)
    elif isinstance(value, dict):
        for key, item in value.items():
            console.print(f"{key}: {item}", highlight=False)
    else:
        console.print(str(value) if value else "（无）", highlight=False)
