"""The trail shows every way of tampering that raw SQL and a text editor allow."""

import contextlib
import itertools
import sqlite3
import uuid
from collections.abc import Callable

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from kernel.approvals.registry import approval_kind
from kernel.approvals.service import propose
from kernel.audit import verify as verification
from kernel.audit.commands import app
from kernel.audit.sealing import GENESIS, Head, Sealer, head_file, next_link
from kernel.audit.service import record
from kernel.audit.verify import Report, verify
from kernel.db import Database
from kernel.identity.actor import system_actor
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

SYSTEM = system_actor("test")
approval_kind("test.audit", checker_permission="test.none")


def _runtime(database: Database) -> Runtime:
    assert database.runtime is not None
    return database.runtime


def _lines(database: Database, count: int) -> list[uuid.UUID]:
    def unit(session: Session) -> list[uuid.UUID]:
        return [
            record(session, SYSTEM, action="test.do", object_type="thing", object_id=str(n), detail={"n": n, "字": "值"})
            for n in range(count)
        ]
    return database.run(unit)


def _sealer(database: Database) -> Sealer:
    held = database.run(lambda session: leases.acquire(session, f"seal-{uuid.uuid4()}", "me", 600))
    assert isinstance(held, Held)
    return Sealer(_runtime(database), lambda: held)


def _sealed(database: Database, count: int = 6) -> Sealer:
    sealer = _sealer(database)
    for _ in range(count // 2):
        _lines(database, 2)
        sealer.round()
    return sealer


def _report(database: Database) -> Report:
    with database.read() as session:
        return verify(session, _runtime(database).home)


def _tamper(database: Database, *statements: str, **params: object) -> None:
    """Do what the owner of the database could: without our program, triggers dropped, foreign keys off."""
    if database.dialect == "sqlite":
        with contextlib.closing(sqlite3.connect(_runtime(database).home.database_file)) as raw:
            for table, verb in itertools.product(("audit_log", "audit_seal"), ("update", "delete")):
                raw.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            for statement in statements:
                raw.execute(statement, params)
            raw.commit()
        return
    with database.write() as session:
        for table in ("audit_log", "audit_seal"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {table}_insert_only ON {table}"))
        session.execute(text("ALTER TABLE audit_seal DROP CONSTRAINT IF EXISTS fk_audit_seal_audit_id"))
        for statement in statements:
            session.execute(text(statement), params)


def _kinds(report: Report) -> set[str]:
    return {finding.kind for finding in report.findings}


def test_intact_trail(database: Database) -> None:
    assert _report(database).ok, "an empty trail is intact"
    _sealed(database)
    _lines(database, 3)
    report = _report(database)
    assert report.ok
    assert (report.sealed, report.by_head_file, report.by_links_only, report.unsealed) == (6, 6, 0, 3)
    assert len(head_file(_runtime(database).home).read_text().splitlines()) == 3


@pytest.mark.parametrize("statement", [
    "UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "UPDATE audit_seal SET seq = seq + 100",
    "DELETE FROM audit_seal",
])
def test_database_refuses_update_and_delete(database: Database, statement: str) -> None:
    _sealed(database, 2)
    with pytest.raises(Exception, match="insert-only"), database.write() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("column", ["action", "actor_name", "object_id", "detail"])
def test_edited_line(database: Database, column: str) -> None:
    _sealed(database)
    target = "(SELECT audit_id FROM audit_seal WHERE seq = 3)"
    value = "'{\"n\": 99}'" if column == "detail" else "'else'"
    _tamper(database, f"UPDATE audit_log SET {column} = {value} WHERE id = {target}")
    report = _report(database)
    assert _kinds(report) == {"edited"}
    assert [finding.seq for finding in report.findings] == [3]


@pytest.mark.parametrize("statements", [
    ("DELETE FROM audit_seal WHERE seq = 4",),
    ("DELETE FROM audit_log WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 4)",),
    ("DELETE FROM audit_log WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 4)",
     "DELETE FROM audit_seal WHERE seq = 4"),
])
def test_deleted_line(database: Database, statements: tuple[str, ...]) -> None:
    _sealed(database)
    _tamper(database, *statements)
    assert "deleted" in _kinds(_report(database))


def test_deleted_and_renumbered_with_links_recomputed(database: Database) -> None:
    """Links carry no key, so a forger can recompute them all: the head file still knows better."""
    _sealed(database)
    with database.read() as session:
        rows = session.execute(text(
            "SELECT s.audit_id, l.mac FROM audit_seal s JOIN audit_log l ON l.id = s.audit_id ORDER BY s.seq"
        )).all()
    del rows[2]
    _tamper(database, "DELETE FROM audit_seal")
    with database.write() as session:
        link = GENESIS
        for seq, (audit_id, mac) in enumerate(rows, 1):
            link = next_link(link, seq, bytes(mac))
            session.execute(text("INSERT INTO audit_seal (seq, audit_id, link) VALUES (:s, :a, :l)"),
                            {"s": seq, "a": audit_id, "l": link})
    assert {"truncated", "head", "unsealed"} <= _kinds(_report(database))


def test_inserted_line(database: Database) -> None:
    _sealed(database)
    copy = ("INSERT INTO audit_log SELECT :id, at, actor_id, 'somebody', actor_kind, department_id, action,"
            " object_type, object_id, detail, mac FROM audit_log"
            " WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 1)")
    _tamper(database, copy, id=uuid.uuid4().hex)
    assert _kinds(_report(database)) == {"inserted"}
    _sealer(database).round()
    assert _kinds(_report(database)) == {"edited"}, "sealing a forged line does not wash it"


def test_reordered_lines(database: Database) -> None:
    _sealed(database)
    with database.read() as session:
        ids = dict(session.execute(text("SELECT seq, audit_id FROM audit_seal")).all())
    _tamper(database, "DELETE FROM audit_seal WHERE seq IN (2, 5)")
    with database.write() as session:
        for seq, other in ((2, 5), (5, 2)):
            link = b"\0" * 32
            session.execute(text("INSERT INTO audit_seal (seq, audit_id, link) VALUES (:s, :a, :l)"),
                            {"s": seq, "a": ids[other], "l": link})
    report = _report(database)
    assert {"order", "head"} & _kinds(report)
    assert {2, 5} <= {finding.seq for finding in report.findings}


def test_truncated_end(database: Database) -> None:
    _sealed(database)
    _tamper(database, "DELETE FROM audit_unsealed", "DELETE FROM audit_seal WHERE seq > 4",
            "DELETE FROM audit_log WHERE id NOT IN (SELECT audit_id FROM audit_seal)")
    assert _kinds(_report(database)) == {"truncated"}


def test_line_deleted_before_it_was_sealed_shows_as_dangling_reference(database: Database) -> None:
    database.run(lambda session: propose(
        session, SYSTEM, kind="test.audit", params={"a": 1}, title_zh="测", title_en="t"
    ))
    _tamper(database, "DELETE FROM audit_unsealed", "DELETE FROM audit_log")
    report = _report(database)
    assert _kinds(report) == {"dangling"}
    assert report.references == 1


def test_line_taken_out_of_the_sealers_queue(database: Database) -> None:
    _lines(database, 1)
    _tamper(database, "DELETE FROM audit_unsealed")
    assert _kinds(_report(database)) == {"unsealed"}


def test_head_file(database: Database) -> None:
    sealer = _sealed(database)
    path = head_file(_runtime(database).home)
    good = path.read_bytes()
    path.write_bytes(good + b'{"count":7,"li')
    torn = _report(database)
    assert torn.ok
    assert torn.notes, "a line torn by a crash is no tampering, but it is said"
    _lines(database, 1)
    sealer.round()
    assert _report(database).by_head_file == 7, "the next head starts a line of its own"
    lines = good.splitlines()
    first = orjson.loads(lines[0])
    first["link"] = "00" * 32
    path.write_bytes(b"\n".join([orjson.dumps(first), *lines[1:]]) + b"\n")
    assert _kinds(_report(database)) == {"head"}
    path.unlink()
    assert _kinds(_report(database)) == {"head_missing"}


def test_crash_between_seal_and_head_is_caught_up(database: Database) -> None:
    sealer = _sealed(database, 4)
    path = head_file(_runtime(database).home)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    report = _report(database)
    assert report.ok
    assert (report.by_head_file, report.by_links_only) == (2, 2)
    assert _sealer(database).round() == sealer.round()
    assert _report(database).by_links_only == 0


def test_anchored_heads_are_compared(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _sealed(database)
    with database.read() as session:
        link = session.execute(text("SELECT link FROM audit_seal WHERE seq = 4")).scalar_one()
    sources: list[Callable[[Session], list[Head]]] = [lambda session: [Head(4, bytes(link))]]
    monkeypatch.setattr(verification, "_anchor_sources", sources)
    report = _report(database)
    assert report.ok
    assert (report.by_anchor, report.by_head_file) == (4, 2)
    sources[0] = lambda session: [Head(4, b"\1" * 32), Head(9, b"\1" * 32)]
    assert _kinds(_report(database)) == {"anchor", "truncated"}


def test_deposed_sealer_writes_nothing(database: Database) -> None:
    held = database.run(lambda session: leases.acquire(session, "seal", "old", 0.0))
    assert held is not None
    _lines(database, 2)
    assert database.run(lambda session: leases.acquire(session, "seal", "new", 60)) is not None
    with pytest.raises(Exception, match="lost"):
        Sealer(_runtime(database), lambda: held).round()
    assert _report(database).sealed == 0


def test_command(runtime: Runtime) -> None:
    database = runtime.database
    _sealed(database)

    def run(*options: str) -> Result:
        return CliRunner().invoke(app, ["verify", "--home", str(runtime.home.root), *options])

    good = run("--json")
    assert good.exit_code == 0, good.output
    assert orjson.loads(good.stdout)["sealed"] == 6
    _tamper(database, "UPDATE audit_log SET actor_name = 'else'")
    bad = run()
    assert bad.exit_code == 1
    assert "第 1 行内容与其校验码不符" in bad.stdout
    assert "audit.head" in bad.stdout
