"""The commands of imports, exports and proposals, as whoever holds the home runs them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog import commands
from catalog.imports import reader
from tests.catalog import books
from tests.catalog.test_http import Office, office

assert office  # the fixture of the HTTP tests


@pytest.mark.requirement("S4-01")
def test_from_the_template_to_undo(office: Office, tmp_path: Path) -> None:
    home, officer = str(office.runtime.home.root), office.officer.user.username

    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", home, "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    office.created()
    book = tmp_path / "template.xlsx"
    made = run("template", str(book), "--department", "区民政局", "--as", officer)
    assert made["bytes"] == book.stat().st_size and made["rows"] >= 1
    sheets = {sheet.name: [[str(cell or "") for cell in row] for row in sheet.rows] for sheet in reader.read(book)}
    head = sheets["数据目录"][0]
    sheets["数据目录"][2][head.index("摘要")] = "包括姓名、电话"
    book.write_bytes(books.book(sheets))
    tried = run("import", str(book), "--dry-run", "--as", officer)
    assert tried["actions"]["update"] == 1 and tried["applied"] is None and tried["merged"] is True
    assert run("clashes", tried["batch"], "--as", officer) == []
    assert [(one["列"], one["程度"]) for one in run("findings", tried["batch"])] == [("格式类型", "warning")]
    again = run("check", tried["batch"], "--as", officer)
    assert again["actions"] == tried["actions"]
    assert run("apply", tried["batch"], "--as", officer)["data_entry_updated"] == 1
    assert [one["状态"] for one in run("imports", "--as", officer)] == ["已导入"]
    assert run("undo", tried["batch"], "--as", officer)["restored"] == 1
    bad = tmp_path / "bad.csv"
    bad.write_text("数据目录名称,共享类型\n甲,1\n", encoding="utf-8")
    refused = run("import", str(bad), "--as", officer, code=1)
    assert refused["findings_list"][0]["行号"] == 2
    assert run("correct", refused["batch"], "!B2", "无条件共享", "--as", officer)["尚未检查"] == 1
    mended = run("check", refused["batch"], "--as", officer)
    assert mended["actions"] == {"create": 1} and mended["corrections"] == 1
    marked = tmp_path / "marked.xlsx"
    run("findings", refused["batch"], "--marked", str(marked), "--as", officer)
    assert [sheet.name for sheet in reader.read(marked)] == ["问题清单", "更正记录", "数据"]
    level = tmp_path / "level.csv"
    assert run("export", str(level), "--kind", "data_entry", "--as", officer)["rows"] >= 1
    assert level.read_bytes().startswith(b"\xef\xbb\xbf")


def test_proposals_on_the_command_line(office: Office, tmp_path: Path) -> None:
    home, officer = str(office.runtime.home.root), office.officer.user.username

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(commands.app, ["proposals", *arguments, "--home", home, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    good = tmp_path / "good.csv"
    good.write_text("数据目录名称,摘要\n甲,包括姓名、电话\n", encoding="utf-8")
    done = CliRunner().invoke(commands.app, ["import", str(good), "--as", officer, "--home", home, "--json"])
    assert done.exit_code == 0, done.output
    assert run("read", "--as", officer)["new"] == 1
    files = tmp_path / "h.json"
    files.write_text('[{"name": "x", "columns": ["a", "b"]}]', encoding="utf-8")
    assert run("headers", str(files), "--as", officer)["new"] == 1
    items, table = run("list", "--as", officer)
    assert (items["类别"], items["内容"], table["类别"]) == ("数据项", "姓名、电话", "库表")
    assert run("accept", items["编号"], "--as", officer)["state"] == "accepted"
    assert run("decline", table["编号"], "--as", officer)["state"] == "declined"
    assert run("list", "--as", officer) == []
