"""Files of identifiers: a batch that is cut goes on as if nothing had been, files end after a day; the commands."""

import os
from typing import Any

import pytest
from typer.testing import CliRunner

from crypto.errors import IDENTIFIER_FILE_INVALID, LOOKUP_RATE
from crypto.identifiers import batches, commands, files
from crypto.identifiers.rules import Form
from crypto.masking.rules import mask
from crypto.persons.rules import synthetic
from kernel.errors import MulianError
from tests.catalog import books
from tests.crypto.conftest import District
from tests.crypto.test_lookups import NAME, SYSTEM, Desk
from tests.crypto.test_lookups_http import expire


def test_a_batch_goes_on_after_a_kill_and_its_files_are_deleted(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cut after the part was written but before its commit, and between two chunks: the file is as if nothing was."""
    runtime = sqlite_district.runtime
    monkeypatch.setattr(batches, "CHUNK", 10)
    desk = Desk(sqlite_district, 0)
    numbers = [p.id_number for p in synthetic(35)]
    data = "\n".join(["号码", *numbers]).encode()
    batch_id = desk.database.run(lambda session: batches.submit(
        session, SYSTEM, desk.field, form=Form.ID18, key="k", filename="a.csv", data=data
    ).id)
    calls = 0

    def cut(*arguments: Any, write: Any = batches._write) -> None:
        nonlocal calls
        write(*arguments)
        calls += 1
        if calls in (2, 4):
            raise KeyboardInterrupt

    monkeypatch.setattr(batches, "_write", cut)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            batches.run(runtime, batch_id, column="1", header=True)
    done = batches.run(runtime, batch_id, column="1", header=True)
    assert (done.state, done.total, done.done, done.created, calls) == ("done", 35, 35, 35, 6)
    name, body = desk.database.run(lambda session: batches.result(session, SYSTEM, batch_id, "csv"))
    rows = [line.split(",") for line in body.decode("utf-8-sig").splitlines()[1:]]
    assert name == "a-标识.csv" and [row[0] for row in rows] == [str(n) for n in range(1, 36)]
    assert {row[2] for row in rows} == {"新签发"} and len({row[1] for row in rows}) == 35
    # a worker that lost its job, and comes late: the row says where the batch stands
    assert desk.database.run(lambda session: batches._chunk(
        session, batch_id, desk.field, Form.ID18, numbers
    )) == 35 and calls == 6
    folder = runtime.home.files_dir / "identifiers" / batch_id.hex
    assert sorted(one.name for one in folder.iterdir()) == ["000000", "000001", "000002", "000003"]
    (folder / "000001").write_bytes((folder / "000000").read_bytes())
    with pytest.raises(MulianError):
        desk.database.run(lambda session: batches.result(session, SYSTEM, batch_id, "csv"))
    desk.database.run(expire)
    os.utime(folder, (0, 0))
    assert batches.sweep(runtime) == 1 and not folder.exists()


@pytest.mark.pure
def test_workbooks_that_are_no_column_of_texts() -> None:
    """The reader of far-apart cells would end its process; the first used column is not always A."""
    def row(cells: str) -> bytes:
        return books.raw(b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
                         b"<row r='1'>%s</row></sheetData></worksheet>" % cells.encode())

    text = row("<c r='B1' t='str'><v>号码</v></c>")
    assert files.values("a.xlsx", text, column="2", header=False) == ["号码"]
    for data, said in ((books.far_cells(), "过大"), (row("<c r='A1'><v>NaN</v></c>"), "精度"), (text, "没有唯一的列")):
        with pytest.raises(MulianError) as caught:
            files.values("a.xlsx", data, column="号" if data is text else "1", header=data is text)
        assert caught.value.kind is IDENTIFIER_FILE_INVALID and said in caught.value.text("zh")


def test_commands_issue_and_look_up(sqlite_district: District, tmp_path: Any) -> None:
    desk = Desk(sqlite_district, 3)
    home = str(sqlite_district.runtime.home.root)
    source, made, back = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "back.csv"
    source.write_text("\n".join(["号码", *desk.numbers]), "utf-8")

    def call(*words: str) -> Any:
        return CliRunner().invoke(commands.app, [*words, "--home", home], catch_exceptions=False)

    where = ("--department", "D0", "--field", NAME)
    result = call("issue", *where, "--file", str(source), "--out", str(made))
    assert result.exit_code == 0, result.output
    assert made.read_text("utf-8-sig").splitlines()[1] == f"1,{desk.tokens[0]},已有"
    assert made.stat().st_mode & 0o077 == 0
    asked = ("look-up", *where, "--file", str(made), "--column", "标识", "--reason", "核对", "--ticket", "GD-9")
    assert call(*asked, "--out", str(back), "--clear").exit_code == 0
    assert [line.split(",")[1] for line in back.read_text("utf-8-sig").splitlines()[1:]] == desk.numbers
    assert mask("id_number", desk.numbers[0]) in call(*asked).output
    many = CliRunner().invoke(
        commands.app, ["look-up", *where, "--reason", "核对", "--ticket", "GD-9", "--home", home], input="x\n" * 201,
    )
    assert isinstance(many.exception, MulianError) and many.exception.kind is LOOKUP_RATE
    assert call("declare", "手机号码", "--department", "D0", "--kind", "phone").exit_code == 0
    assert "手机号码" in call("fields").output
    assert desk.log()[0]["door"] == "cli"
