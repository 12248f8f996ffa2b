"""Platform and witness over real HTTP: asked by the platform, and following it; the console's routes; rate limit."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from chain.anchoring import service as anchoring
from chain.anchoring import verify_proof
from chain.witness import asking, commands, views
from chain.witness import service as witnesses
from chain.witness.program import commands as program
from chain.witness.program import server
from chain.witness.program.following import Follower
from chain.witness.program.service import Witness
from kernel.db import Database
from kernel.http import limits
from kernel.identity.actor import system_actor
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.conftest import Live

ADMIN = system_actor("admin")


@pytest.fixture
def served() -> Iterator[Callable[[Witness], str]]:
    """Serve a witness on a free port and return its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(witness: Witness) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listening = uvicorn.Server(uvicorn.Config(server.application(witness), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=listening.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((listening, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listening, thread in running:
        listening.should_exit = True
        thread.join(10)


def register(database: Database, witness: Witness, url: str | None = None) -> Any:
    return database.run(
        lambda session: witnesses.register(session, ADMIN, name=witness.known.name, key=witness.key, url=url).id
    )


def all_proofs(database: Database) -> list[verify_proof.Result]:
    with database.read() as session:
        verifier = verify_proof.Verifier(verify_proof.Trust(anchoring.trust(session)))
        return [verifier.verify(data) for _, data in anchoring.each_proof(session)]


def test_the_platform_asks(
    sqlite_database: Database, grow: Callable[..., None], make_witness: Callable[..., Witness],
    served: Callable[[Witness], str],
) -> None:
    database = sqlite_database
    grow(database, 3)
    base = database.runtime
    assert base is not None
    runtime = Runtime(Settings(home=base.home.root, outbound_allow="127.0.0.1"), base.home, database, base.box)
    witness = make_witness(runtime)
    url = served(witness)
    asked = register(database, witness, url)
    assert asking.ask_all(runtime) == {"witnesses": 1, "signed": 1, "problems": 0}
    grow(database, 2)
    grow(database, 4, "reports")
    assert asking.ask_all(runtime) == {"witnesses": 1, "signed": 2, "problems": 0}
    assert {tuple(result.facts["witnesses"]) for result in all_proofs(database)} == {("区审计局",)}

    # answers were lost: the witness is ahead of what we know, says so, and is asked from there
    grow(database, 1)
    grow(database, 1)
    with database.read() as session:
        lost = witnesses.requests(session, stream="catalog", after=5)
    assert [witness.cosign(one.as_bytes()).size for one in lost] == [6, 7]
    assert asking.ask_all(runtime) == {"witnesses": 1, "signed": 0, "problems": 0}
    grow(database, 1)
    assert asking.ask_all(runtime)["signed"] == 1

    # the witness has seen another history of the same platform
    with database.read() as session:
        shown = views.witnesses(session).items[0]
    assert (shown.problem, shown.signed) == (None, 4)
    path = witness.root / "seen" / "catalog.log"
    path.write_bytes(path.read_bytes().replace(path.read_bytes().split(b'"root":"')[-1][:64], b"ab" * 32))
    grow(database, 1)
    for _ in range(2):
        assert asking.ask_all(runtime)["problems"] == 1
    with database.read() as session:
        shown = views.witnesses(session).items[0]
        assert (shown.problem, shown.problem_stream) == ("chain.witness.inconsistent", "catalog")
        assert session.query(Notice).count() == 2, "two roles, told once"
    assert witness.store.conflicts() == 2
    register(database, make_witness(runtime, "away"), "http://127.0.0.1:9")
    undeclared = Runtime(Settings(home=base.home.root), base.home, database, base.box)
    assert asking.ask_all(undeclared) == {"witnesses": 2, "signed": 0, "problems": 2}, "an address nobody declared"
    with database.read() as session:
        assert {row.problem for row in views.witnesses(session).items} == {asking.AWAY}
    assert asked is not None


def test_a_witness_follows(
    live_server: Live, grow: Callable[..., None], make_witness: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = live_server.runtime.database
    grow(database, 3)
    witness = make_witness(live_server.runtime)
    follower = Follower(witness, live_server.url)
    unknown = follower.round()
    assert (unknown.signed, unknown.problems) == (1, {"catalog": "chain.witness.not_found"}), "not registered yet"
    register(database, witness)
    assert vars(Follower(witness, live_server.url).round()) == {"signed": 0, "delivered": 1, "problems": {}}
    grow(database, 2)
    grow(database, 2)
    grow(database, 1, "keys")
    assert vars(follower.round()) == {"signed": 3, "delivered": 3, "problems": {}}
    assert {tuple(result.facts["witnesses"]) for result in all_proofs(database)} == {("区审计局",)}

    monkeypatch.setattr(limits._limiter, "admits", lambda client, rate: False)
    grow(database, 1)
    assert list(follower.round().problems) == [""]
    answer = live_server.client().get("/api/v1/chain/trust")
    assert (answer.status_code, answer.json()["code"]) == (429, "kernel.http.rate")
    monkeypatch.undo()
    assert follower.round().delivered == 1


def test_routes(live_server: Live, grow: Callable[..., None], make_witness: Callable[..., Witness]) -> None:
    grow(live_server.runtime.database, 3)
    grow(live_server.runtime.database, 4)
    witness = make_witness(live_server.runtime)
    officer, auditor = live_server.signed_in("security_admin"), live_server.signed_in("auditor")
    body = {"name": " 区审计局 ", "key": witness.key.hex(), "url": ""}
    assert auditor.post("/chain/witnesses", body).status_code == 403
    made = officer.post("/chain/witnesses", body)
    assert made.status_code == 201 and made.json()["name"] == "区审计局" and made.json()["url"] is None
    assert officer.post("/chain/witnesses", body).status_code == 422
    assert officer.send("PUT", "/chain/witness-quorum", json={"quorum": 1}).json() == {"quorum": 1}
    assert officer.send("PUT", "/chain/witness-quorum", json={"quorum": 2}).status_code == 409
    shown = auditor.http.get("/api/v1/chain/witnesses").json()
    assert shown["quorum"] == 1 and shown["items"][0]["state"] == "active"
    end = f"/chain/witnesses/{made.json()['id']}/end"
    assert officer.post(end, {"revoke": False}).status_code == 409
    officer.send("PUT", "/chain/witness-quorum", json={"quorum": 0})
    assert officer.post(end, {"revoke": True}).json()["state"] == "revoked"

    anyone = live_server.client()
    assert [row["size"] for row in anyone.get("/api/v1/chain/checkpoints").json()["items"]] == [7]
    between = anyone.get("/api/v1/chain/consistency", params={"stream": "catalog", "old": 2, "size": 6}).json()
    assert len(between["path"]) > 0
    for old, size in ((0, 5), (6, 5), (3, 8)):
        wrong = anyone.get("/api/v1/chain/consistency", params={"stream": "catalog", "old": old, "size": size})
        assert wrong.status_code == 422
    assert anyone.get("/api/v1/chain/consistency", params={"stream": "x", "old": 1, "size": 1}).status_code == 404
    file = anyone.get("/api/v1/chain/consistency-file", params={"stream": "catalog", "old": 2, "size": 7})
    assert verify_proof.verify(file.content, anyone.get("/api/v1/chain/trust").content).exit_code == 0
    none = anyone.get("/api/v1/chain/consistency-file", params={"stream": "catalog", "old": 2, "size": 6})
    assert none.status_code == 404
    checked = anyone.post("/api/v1/chain/verify", content=file.content)
    assert checked.json()["facts"]["old_size"] == 2
    asked = anyone.get("/api/v1/chain/cosign-requests", params={"stream": "catalog", "after": 3})
    assert [json.loads(line)["old"] for line in asked.content.splitlines()] == [3]
    assert anyone.post("/api/v1/chain/cosignatures", content=b"{}\n").status_code == 422


def test_exchange_by_file(
    sqlite_database: Database, grow: Callable[..., None], make_witness: Callable[..., Witness], tmp_path: Path
) -> None:
    """No network joins platform and witness: requests and answers travel as files."""
    database = sqlite_database
    grow(database, 3)
    assert database.runtime is not None
    home, witness = str(database.runtime.home.root), make_witness(database.runtime)
    asked, answers = tmp_path / "asked", tmp_path / "answers"

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", home, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    witness_id = run("add", "区审计局", witness.key.hex())["id"]
    for signed in (1, 2):
        assert run("export", witness_id, str(asked))["written"] == signed
        done = CliRunner().invoke(program.app, ["cosign", str(asked), "--home", str(witness.root), "-o", str(answers)])
        assert done.exit_code == 0
        assert run("import", str(answers)) == {"accepted": signed} and run("import", str(answers)) == {"accepted": 0}
        grow(database, 2)
        grow(database, 2)
    assert run("quorum", "1") == {"quorum": 1} and run("quorum", "0") == {"quorum": 0}
    assert run("list")["items"][0]["signed"] == 3
    assert run("ask") == {"witnesses": 0, "signed": 0, "problems": 0}
    assert run("end", witness_id) == {"id": witness_id, "state": "retired"}
