"""Recording steps: what was done, the figure that shows it, seconds, and whether the check held."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kernel.errors import MulianError

Report = Callable[[int, int, str], None]


class CheckFailed(Exception):
    """A step read its result back and found something else."""


def ensure(condition: object, message: str) -> None:
    """Raise :class:`CheckFailed` with ``message`` unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


@dataclass
class Steps:
    """The steps of a run. A failed step ends the run, and what was done so far is still printed."""

    console: Console
    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def run(self, name: str, title: str, body: Callable[[Report], str]) -> bool:
        """Run one step: ``body(report)`` returns its figure; report(done, total, message) moves the bar."""
        started = time.monotonic()
        figure, ok = "", False
        with self._bar(title) as progress:
            task = progress.add_task(title, total=None, note="")

            def report(done: int, total: int, message: str = "") -> None:
                progress.update(task, completed=done, total=total or None, note=message)

            try:
                figure, ok = body(report), True
            except CheckFailed as error:
                figure = f"检查未通过：{error}"
            except MulianError as error:
                figure = f"{error.code}：{error.text('zh')}"
            except Exception as error:
                # a fault of the program: the trace goes to the person who runs it, the row still says what failed
                self.console.print_exception()
                figure = f"程序错误：{type(error).__name__}：{error}"
        row = {"name": name, "figure": figure, "seconds": round(time.monotonic() - started, 2), "ok": ok}
        self.rows.append(row)
        mark = "[green]✔[/]" if ok else "[red]✘[/]"
        self.console.print(f"{mark} {title}  {escape(figure)}  [dim]{row['seconds']} s[/]", highlight=False)
        return ok

    def table(self) -> Table:
        """Return the table that is printed at the end."""
        table = Table("步骤", "结果", "秒", "通过", title="目链演示")
        for row in self.rows:
            table.add_row(row["name"], escape(row["figure"]), f"{row['seconds']:.1f}", "✔" if row["ok"] else "✘")
        return table

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"steps": self.rows, "counts": self.counts}

    @property
    def ok(self) -> bool:
        """Tell whether every step held."""
        return bool(self.rows) and all(row["ok"] for row in self.rows)

    def _bar(self, title: str) -> Progress:
        return Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}% {task.fields[note]}"),
            TimeElapsedColumn(), console=self.console, transient=True,
        )
