"""The command ``mulian``. Groups are imported when they are used: importing everything costs seconds."""

import gc
import sys
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kernel.cli import progress_console
from kernel.errors import MulianError
from mulian import wiring
from mulian.features import COMMANDS

# importing makes hundreds of thousands of objects that stay: looking through them again and again cost a sixth of
# every start; cycles are rare enough afterwards
GARBAGE_THRESHOLDS = (50_000, 20, 50)


class LazyGroup(TyperGroup):
    """A group whose subcommands are imported from ``features.COMMANDS`` on first use."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name every command without importing any."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: Any, name: str) -> Any:
        """Import the group that is asked for."""
        if name not in COMMANDS:
            return super().get_command(ctx, name)
        command = get_command(wiring.command_group(name).app)
        command.name = name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List commands with the short help of the features, so that --help imports nothing."""
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        for name in super().list_commands(ctx):
            command = super().get_command(ctx, name)
            rows.append((name, command.get_short_help_str(60) if command else ""))
        with formatter.section("命令 Commands"):
            formatter.write_dl(sorted(rows))


def build(commands: ModuleType) -> typer.Typer:
    """Return the root group with the installation's own commands; the packages' groups stay lazy."""
    app = typer.Typer(
        cls=LazyGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="目链 Mulian：数据目录、接口网关与区块链数据服务平台",
    )
    commands.register(app)
    return app


def main() -> None:
    """Run the command; a Mulian error becomes one line that says what to do, exit status 1."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    from mulian import commands

    try:
        build(commands)()
    except MulianError as error:
        progress_console.print(f"错误 {error.code}：{error.text('zh')}", style="bold red", highlight=False, markup=False)
        if error.fix("zh"):
            progress_console.print(f"处理办法：{error.fix('zh')}", highlight=False, markup=False)
        sys.exit(1)
