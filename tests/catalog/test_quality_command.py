"""``mulian catalog quality`` on a home of its own."""

import json
from pathlib import Path

from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from catalog.commands import app
from kernel.runtime import Runtime
from tests.catalog.quality_world import Maker


def test_the_command_computes_prints_and_writes_the_cells(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.database.write() as session:
        Maker(session, 3).department(5)
    book = tmp_path / "cells.xlsx"
    home = ["--home", str(runtime.home.root)]
    shown = CliRunner().invoke(app, ["quality", *home, "--json", "--failures", "3", "--xlsx", str(book)])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.output)
    assert found["computed"] == 1 and len(found["failures"]) == 3 and found["row_quality"] == "—"
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("不合格单元").to_python()
    assert len(rows) - 2 == found["failing"]
    again = CliRunner().invoke(app, ["quality", *home, "--kind", "duty"])
    assert again.exit_code == 0 and "时效性" in again.output and "—" in again.output
    wrong = CliRunner().invoke(app, ["quality", *home, "--department", "没有的局"])
    assert wrong.exit_code != 0
