"""Anchoring over real HTTP and on the command line."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from chain.anchoring import batching, commands, jobs, service, streams, verify_proof
from chain.anchoring.routes import api
from kernel import clock, ids
from kernel.db import Database
from kernel.identity.models import Department
from kernel.runtime import Runtime
from mulian import wiring
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.conftest import Live


def department(session: Session) -> uuid.UUID:
    row = Department(
        id=ids.new(), code=f"D{ids.new().hex[-8:]}", name=f"单位{ids.new().hex[-6:]}", kind="bureau", aliases=[], sort=1,
        valid_from=clock.now(), version=1,
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def anchored(sqlite_database: Database, ledger: FakeChain) -> uuid.UUID:
    """Three records of one department, anchored; its id."""
    mine = sqlite_database.run(department)
    append(sqlite_database, 0, 3, department_id=mine)
    assert sqlite_database.runtime is not None
    assert batching.flush(sqlite_database.runtime, ledger=ledger).leaves == 3
    return mine


def test_proofs_over_http(live_server: Live, anchored: uuid.UUID, sqlite_database: Database) -> None:
    officer = live_server.signed_in("data_officer", department_id=anchored)
    answer = officer.http.get("/api/v1/chain/proofs/data_entry/E1/1")
    trust = live_server.client().get("/api/v1/chain/trust")
    assert answer.status_code == trust.status_code == 200
    assert "v1.proof.json" in answer.headers["content-disposition"]
    assert verify_proof.verify(answer.content, trust.content).exit_code == 0
    assert trust.headers["x-fingerprint-sm3"] == verify_proof.Trust(trust.content).fingerprint
    state = officer.http.get("/api/v1/chain/anchors/data_entry/E1/1").json()
    assert (state["state"], state["index"], state["block_number"]) == ("anchored", 1, 1)

    foreign = live_server.signed_in("data_officer", department_id=sqlite_database.run(department))
    for path in ("proofs", "anchors"):
        assert foreign.http.get(f"/api/v1/chain/{path}/data_entry/E1/1").status_code == 404
        assert officer.http.get(f"/api/v1/chain/{path}/data_entry/E1/2").status_code == 404
    append(sqlite_database, 3, 1, department_id=anchored)
    waiting = officer.http.get("/api/v1/chain/proofs/data_entry/E3/1")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "chain.anchor.not_final")
    assert officer.http.get("/api/v1/chain/anchors/data_entry/E3/1").json()["state"] == "waiting"


def test_public_check(live_server: Live, anchored: uuid.UUID, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        proof = next(data for _, data in service.each_proof(session))
    client = live_server.client()

    def check(data: bytes) -> dict[str, object]:
        answer = client.post("/api/v1/chain/verify", content=data, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert check(proof)["status"] == "authenticated"
    assert check(proof[:-1])["reasons"] == ["not_canonical"]
    assert check(proof.replace(b"XC-0", b"XC-1"))["status"] == "invalid"
    assert check(b"")["status"] == "invalid"


def test_overview_over_http(live_server: Live, anchored: uuid.UUID) -> None:
    reader = live_server.signed_in("auditor")
    streams_page = reader.http.get("/api/v1/chain/anchors/streams").json()
    assert [(row["name"], row["anchored"], row["waiting"]) for row in streams_page["items"]] == [("catalog", 3, 0)]
    page = reader.http.get("/api/v1/chain/anchors/batches", params={"stream": "catalog", "size": 1}).json()
    assert page["total"] == 1 and page["items"][0]["leaves"] == 3 and "raw" not in page["items"][0]
    assert reader.http.get("/api/v1/chain/anchors/batches", params={"state": "lost"}).json()["total"] == 0


def test_verify_needs_no_chain_but_a_first_contact(live_server: Live) -> None:
    answer = live_server.client().post("/api/v1/chain/verify", content=b"{}\n")
    assert (answer.status_code, answer.json()["code"]) == (409, "chain.trust.unknown")


@pytest.fixture
def home_path(sqlite_database: Database, ledger: FakeChain, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home on which commands run against the fake ledger."""
    runtime = sqlite_database.runtime
    assert runtime is not None
    append(sqlite_database, 0, 4)
    monkeypatch.setattr(streams, "open_ledger", lambda runtime: ledger)
    yield runtime.home.root


def test_commands(home_path: Path, tmp_path: Path, runtime: Runtime) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", str(home_path)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout

    code, text = run("flush", "--json")
    assert code == 0 and json.loads(text)["leaves"] == 4
    assert json.loads(run("status", "--json")[1])["streams"][0]["anchored"] == 4
    folder = tmp_path / "proofs"
    assert json.loads(run("proof", str(folder), "--all", "--json")[1])["written"] == 4
    assert run("proof", str(tmp_path / "one.json"), "--type", "data_entry", "--id", "E2", "--version", "1")[0] == 0
    assert (tmp_path / "one.json").read_bytes() == (folder / "catalog-00000002.proof.json").read_bytes()
    trust = tmp_path / "trust.json"
    assert json.loads(run("trust", str(trust),
        "--json")[1])["fingerprint"] == verify_proof.Trust(trust.read_bytes()).fingerprint
    assert run("verify", str(folder))[0] == 0
    assert run("verify", str(folder), "--trust", str(trust), "--json")[0] == 0
    (folder / "x.proof.json").write_bytes(b"{}\n")
    assert run("verify", str(folder))[0] == 1
    assert run("consistency", "catalog", "2", "4", str(folder / "c.json"), "--json")[0] == 0
    assert run("verify", str(folder / "c.json"))[0] == 0
    assert run("proof", str(folder))[0] == 2
    assert run("resume", "nothing")[0] == 2


def test_every_route_of_this_feature_is_mounted() -> None:
    assert api in [module.api for module in wiring.routers()]


def test_the_job_anchors_what_waits(sqlite_database: Database, ledger: FakeChain) -> None:
    """The scheduled body, run as the worker runs it."""
    from kernel.jobs import registry
    from kernel.jobs.context import JobContext

    runtime = sqlite_database.runtime
    assert runtime is not None
    append(sqlite_database, 0, 2)
    runtime.extras[streams.LEDGER] = ledger
    kind = registry.kind_of(jobs.FLUSH)
    result = kind.body(JobContext(runtime, lambda session: None, name=jobs.FLUSH), {})
    assert result == {"leaves": 2, "batches": 1, "waiting": 0, "errors": {}}
    assert any(schedule.kind == jobs.FLUSH for schedule in registry.schedules())
