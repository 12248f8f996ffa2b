"""The offline package: the one file, run as the DBA would, against real MariaDB and PostgreSQL servers."""

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.identifiers.rules import recognise
from crypto.persons.rules import synthetic
from crypto.replacement import packages, service
from crypto.replacement.errors import STATE
from crypto.replacement.offline import sealing
from crypto.replacement.rules import State
from crypto.sm import sm2, sm4
from kernel.errors import MulianError
from tests.crypto.bureaus import (
    JOIN,
    NUMBER,
    PAIRS,
    SYSTEM,
    Bureau,
    agreed,
    allow,
    everything,
    job_row,
    killed,
    load_tool,
    tables,
    work_off,
)
from tests.crypto.conftest import District
from tests.support.scale import Scale, examples


@pytest.mark.pure
@hypothesis.settings(max_examples=examples(25))
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=300))
def test_the_tools_own_ciphers_are_the_standards(key: bytes, start: bytes, data: bytes) -> None:
    assert sealing.plain_ctr(key, start, data) == sm4.ctr(key, start, data)
    assert sealing.PlainSM3(data).digest() == hashlib.new("sm3", data).digest()


def test_what_the_tool_wraps_opens_here_and_what_was_changed_does_not(tmp_path: Path, scale: Scale) -> None:
    private, public = sm2.generate()
    for clear in (b"k", b"k" * 32, b"k" * 33):
        assert sm2.decrypt(private, sealing.sm2_encrypt(public, clear)) == clear
    with pytest.raises(sealing.Stop):  # reading makes no file
        sealing.Sealed(tmp_path / "f", sealing.UNDO, b"j" * 16, b"secret")
    file = sealing.Sealed.begin(tmp_path / "f", sealing.UNDO, b"j" * 16, b"secret")
    for number in range(3):
        file.append({"n": number})
    whole = (tmp_path / "f").read_bytes()
    assert b'"n"' not in whole
    for at in range(0, len(whole), scale.of(5, 1)):
        changed = bytearray(whole)
        changed[at] ^= 1
        (tmp_path / "f").write_bytes(bytes(changed))
        found = []
        try:
            for _, one in sealing.Sealed(tmp_path / "f", sealing.UNDO, b"j" * 16, b"secret").records():
                found.append(one["n"])
        except sealing.Stop:
            pass
        assert found in ([], [0], [0, 1]), at  # what follows a change is never returned


def test_the_tool_is_one_file_of_the_standard_library() -> None:
    source = packages.tool().decode()
    tree = ast.parse(source, feature_version=(3, 7))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def column(table: str, name: str, key: str, key_type: str) -> dict[str, str]:
    return {"schema": "", "table": table, "column": name, "field": NUMBER, "key": key, "key_type": key_type}


def narrow(there: Bureau) -> None:
    """Have the last table of a job refuse every change."""
    if there.product == "mysql":
        there.run("SET check_constraint_checks = 0")  # for what the rows hold already
    there.run("ALTER TABLE visit ADD CONSTRAINT narrow CHECK (length(sfz) < 5)"
              + (" NOT VALID" if there.product == "postgresql" else ""))


COLUMNS = [
    column("card", "sfz", "sfz", "text"), column("person", "sfz", "id", "int"), column("visit", "sfz", "code", "text"),
]


@pytest.mark.requirement("S4-21")
@PAIRS
def test_the_package_replaces_and_puts_back(
    district: District, there: Bureau, scale: Scale, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """Joins are the same before and after, interrupted in each phase; undo is byte-equal and needs two persons."""
    allow(district)
    numbers = tables(there, scale.of(120, 1_000_000 if there.product == "mysql" else 100_000))
    twice = next(one.id_number for one in synthetic(9, seed=99) if one.id_number not in numbers)
    wide = "".join(chr(ord(one) + 0xFEE0) for one in twice)
    there.fill("person (id, sfz, note)", 3, [(-5, "不是号码", "脏数据"), (-4, twice, "同一人"), (-3, wide, "全角")])
    joined, before = there.run(JOIN), everything(there)
    database, home = district.database, district.runtime.home
    made = database.run(lambda s: packages.create(
        s, SYSTEM, department_id=district.department, title="离线", columns=COLUMNS, forms={NUMBER: "id18"}).id)
    agreed(district, service.request_run, replacement_id=made, reason="不能直连")
    code = database.run(lambda s: packages.code(s, SYSTEM, replacement_id=made))
    (tmp_path / "job.mlj").write_bytes(database.run(lambda s: packages.job_file(s, SYSTEM, replacement_id=made)))
    tool = load_tool(tmp_path)
    monkeypatch.setattr(tool, "PAGE", scale.of(40, 2000))
    monkeypatch.setenv("MULIAN_PACKAGE_CODE", code.lower())
    monkeypatch.setenv("MULIAN_DB_PASSWORD", there.password)
    name = {"database" if there.product == "mysql" else "dbname": there.name}
    (tmp_path / "c.json").write_text(json.dumps({"host": there.host, "port": there.port, "user": there.user, **name}))
    driver = "pymysql" if there.product == "mysql" else "psycopg"
    arguments = ["--folder", str(tmp_path), "--connect", str(tmp_path / "c.json"), "--driver", driver,
                 "--product", there.product, "--suspend-foreign-keys"]

    def command(word: str) -> dict[str, int]:
        assert tool.main([word, *arguments]) == 0
        counts: dict[str, int] = json.loads(capsys.readouterr().out)
        return counts

    def interrupted(word: str, place: Any, name: str, after: int) -> None:
        killed(place, name, after, lambda: tool.main([word, *arguments]))

    interrupted("collect", tool.Sealed, "append", 3)
    assert command("collect")["rows"] == sum(one[0] for one in there.run(
        "SELECT COUNT(sfz) FROM person UNION ALL SELECT COUNT(sfz) FROM visit UNION ALL SELECT COUNT(sfz) FROM card"))
    values = (tmp_path / "values.mlv").read_bytes()
    assert not any(number.encode() in values for number in numbers[:50])
    torn = values[:-9]  # the last record, without which answers would be for half of the values
    database.run(lambda s: packages.take(s, SYSTEM, replacement_id=made, home=home, data=torn))
    with pytest.raises(MulianError) as caught:
        database.run(lambda s: packages.take(s, SYSTEM, replacement_id=made, home=home, data=values))
    assert caught.value.kind is STATE and work_off(database).state == "failed"
    assert not list((home.files_dir / "replacement").glob("*.answers"))
    database.run(lambda s: packages.take(s, SYSTEM, replacement_id=made, home=home, data=values))
    job = work_off(database)
    assert job.state == "done", job.error
    assert job.result == {"values": len(numbers) + 3, "identifiers": len(numbers) + 2}
    (tmp_path / "answers.mla").write_bytes(database.run(lambda s: packages.answers(
        s, SYSTEM, replacement_id=made, home=home)))
    narrow(there)
    assert tool.main(["apply", *arguments]) == 1 and everything(there) == before
    said = capsys.readouterr().err
    assert ("4025" in said or "23514" in said) and not any(number in said for number in numbers)
    there.run("ALTER TABLE visit DROP CONSTRAINT narrow")
    interrupted("apply", tool.Work, "note", 4)
    interrupted("apply", tool.Table, "swap", 2)
    command("apply")
    assert there.run(JOIN) == joined
    kept = {one for one, in there.run("SELECT sfz FROM person")}
    assert not kept & set(numbers) and sum(recognise(one) is not None for one in kept) == len(numbers) + 1
    left = (tmp_path / "left.txt").read_text()
    assert "exception person.sfz -5" in left and "left person.sfz -3" in left
    assert sorted(one.name for one in tmp_path.glob("*.ml?")) == ["job.mlj", *[
        f"undo-{at:04d}.mlu" for at in range(1, 4)]]
    wrapped = json.loads((tmp_path / "undo-request.json").read_text())["wrapped"]
    with pytest.raises(MulianError):
        database.run(lambda s: packages.release(s, SYSTEM, replacement_id=made, wrapped=wrapped))
    agreed(district, service.request_undo, replacement_id=made, reason="误操作")
    assert job_row(database, made).state == State.RELEASED
    (tmp_path / "undo.mlk").write_bytes(database.run(lambda s: packages.release(
        s, SYSTEM, replacement_id=made, wrapped=wrapped)))
    with pytest.raises(MulianError) as caught:
        packages.answer(database, home, job_row(database, made), tmp_path / "left.txt", print)
    assert caught.value.kind is STATE and job_row(database, made).state == State.RELEASED
    interrupted("undo", tool.Work, "note", 2)
    first = tmp_path / "undo-0001.mlu"
    whole = first.read_bytes()
    first.write_bytes(whole[:tool.Sealed(first, tool.UNDO, made.bytes, b"").start])
    assert tool.main(["undo", *arguments]) == 1 and "[0, 1]" in capsys.readouterr().err
    first.write_bytes(whole)
    environment = {"MULIAN_PACKAGE_CODE": code, "MULIAN_DB_PASSWORD": there.password, "PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, str(tmp_path / "mulian_replace.py"), "undo", *arguments], env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert everything(there) == before
