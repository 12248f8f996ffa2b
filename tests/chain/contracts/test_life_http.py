"""A contract's life over HTTP and from the command line, by people with their own rights."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.contracts import rehearsal, rehearsing
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc import slither
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from mulian import commands
from mulian.cli import build
from tests.chain.contracts.life import FORMAT, document
from tests.conftest import Live

TESTS = {"format": FORMAT, "accounts": [], "cases": [{"name": "opens", "steps": [
    {"read": "limit", "returns": ["10"]}, {"call": "open", "from": "account"}, {"read": "ready", "returns": [True]},
]}]}
SUMS = {"format": FORMAT, "cases": [{"name": "adds", "steps": [{"read": "add", "arguments": [[1]], "returns": [1]}]}]}


@pytest.fixture(autouse=True)
def ledger(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rehearsal, "run", rehearsing.rehearse)
    monkeypatch.setattr(slither, "find_slither", lambda: None)
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        yield


def work(runtime: Runtime) -> None:
    """Do every queued job here."""
    from chain.contracts import deploying, queries, sending, versions

    with runtime.database.read() as session:
        drafts = [row.id for row in session.scalars(queries.versions(None, "draft"))]
        running, waiting = queries.running(session), queries.unfinished_calls(session)
    for one in drafts:
        versions.rehearse(runtime, system_actor("test"), one)
    for one in running:
        assert deploying.carry_out(runtime, system_actor("test"), one) == "done"
    for one in waiting:
        sending.carry_out(runtime, one)


def good(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def test_upload_consent_deployment_call_over_http(live_server: Live) -> None:
    maker, checker = live_server.signed_in("data_engineer"), live_server.signed_in("operator")
    security, reader = live_server.signed_in("security_admin"), live_server.signed_in("supervisor")
    runtime, base = live_server.runtime, "/chain/contracts"
    given = {"name": "Sums", "version": "1", "contract": "Sums", "build": document(), "tests": SUMS}
    good(maker.post(f"{base}/versions", given))
    given |= {"name": "Register", "contract": "Register", "arguments": ["@account", 10], "tests": TESTS,
              "libraries": {"src/Register.sol:Sums": "Sums"}}
    assert maker.post(f"{base}/versions", given).json()["code"] == "chain.contract.unknown"  # its library comes first
    work(runtime)
    assert reader.post(f"{base}/versions", given).status_code == 403
    register = good(maker.post(f"{base}/versions", given))
    assert register["state"] == "draft" and register["job_state"] == "queued"
    work(runtime)
    shown = good(reader.get(f"{base}/versions/{register['id']}"))
    assert (shown["state"], shown["cases"], shown["passed"]) == ("ready", 1, 1)
    assert "src/Register.sol" in shown["sources"]
    source = good(reader.get(f"{base}/versions/{register['id']}/source", params={"unit": "src/Register.sol"}))
    assert "contract Register" in source["content"]
    for version in good(reader.get(f"{base}/versions"))["items"][::-1]:
        asked = good(maker.post(f"{base}/versions/{version['id']}/deployments", {"environment": "test"})) \
            if version["name"] == "Sums" else None
        if asked is None:
            refused = maker.post(f"{base}/versions/{version['id']}/deployments", {"environment": "test"})
            assert refused.json()["code"] == "chain.contract.unknown"  # the library is not live yet
            continue
        approval = good(checker.get(f"/approvals/{asked['approval_id']}"))
        assert approval["params"]["digest"] == asked["digest"] and approval["may_decide"]
        seen = {"digest": approval["digest"], "approve": True}
        assert maker.post(f"/approvals/{approval['id']}/decision", seen).status_code in (403, 404)
        good(checker.post(f"/approvals/{approval['id']}/decision", seen))
    work(runtime)
    asked = good(maker.post(f"{base}/versions/{register['id']}/deployments", {"environment": "test"}))
    approval = good(checker.get(f"/approvals/{asked['approval_id']}"))
    good(checker.post(f"/approvals/{approval['id']}/decision", {"digest": approval["digest"], "approve": True}))
    work(runtime)
    assert good(reader.get(f"{base}/deployments/{asked['id']}"))["state"] == "done"
    form = good(maker.get(f"{base}/names/Register/live", params={"environment": "test"}))
    methods = {one["signature"]: one for one in form["methods"]}
    assert methods["put((string,uint256))"]["inputs"][0]["components"][0]["name"] == "label"
    assert methods["limit()"]["allowed"] and not methods["open()"]["allowed"]
    call = {"environment": "test", "method": "open()", "arguments": []}
    assert maker.post(f"{base}/names/Register/calls", call).json()["code"] == "chain.contract.call_refused"
    right = good(security.post(f"{base}/names/Register/rights", {
        "environment": "test", "method": "open()", "role": "data_engineer",
    }))
    assert good(maker.post(f"{base}/names/Register/calls", call))["state"] == "queued"
    work(runtime)
    assert good(reader.get(f"{base}/calls", params={"name": "Register"}))["items"][0]["state"] == "sealed"
    read = good(reader.post(f"{base}/names/Register/read", {"environment": "test", "method": "ready"}))
    assert read["values"] == [True]
    assert good(security.send("DELETE", f"{base}/rights/{right['id']}")) is None
    line = next(one for one in good(reader.get(f"{base}/names"))["items"] if one["name"] == "Register")
    assert line["live"][0]["comparison"]["verdict"] == "same" and line["open"] == []
    told = good(reader.get(f"{base}/names/Register/history", params={"size": "100"}))["items"]
    assert {"version.ready", "deployment.done", "call.sealed", "right.revoke"} <= {one["action"] for one in told}
    assert all(one["action_title"]["zh"] != one["action"] for one in told)
    assert reader.get(f"{base}/versions/{uuid.uuid4()}").status_code == 404


def test_from_the_command_line(
    live_server: Live, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from contextlib import contextmanager

    from chain.contracts import commands as module

    @contextmanager
    def opened(home: Path | None) -> Iterator[Runtime]:
        yield runtime

    monkeypatch.setattr(module, "open_runtime", opened)
    maker, checker = live_server.signed_in("data_engineer"), live_server.signed_in("operator")
    who = ["--as", maker.user.username]
    (tmp_path / "build.json").write_text(json.dumps(document()))
    (tmp_path / "tests.json").write_text(json.dumps(SUMS))

    def run(*words: str, code: int = 0) -> Any:
        with pytest.raises(SystemExit) as ended:
            build(commands)(["contract", *words, "--json"])
        assert (ended.value.code or 0) == code, words
        return json.loads(capsys.readouterr().out)

    files = ["--contract", "Sums", "--build", str(tmp_path / "build.json"), "--tests", str(tmp_path / "tests.json")]
    assert run("rehearse", "Sums", "1", *files, *who)["state"] == "ready"
    asked = run("propose", "Sums", "1", *who)
    approval = good(checker.get(f"/approvals/{asked['approval_id']}"))
    assert run("deploy", asked["id"], code=1)["state"] == "proposed"
    good(checker.post(f"/approvals/{approval['id']}/decision", {"digest": approval["digest"], "approve": True}))
    assert run("resume") == [{"kind": "deployment", "id": asked["id"], "state": "done"}]
    assert run("call", "Sums", "add", "[[1, 2]]") == {"values": ["3"]}
    assert run("promote", "Sums", "1", *who)["action"] == "promote"
    assert run("show", "Sums", "1")["passed"] == 1 and run("list")[0]["open"][0]["environment"] == "production"
    assert run("history", "Sums")[-1]["action"] == "version.register"
    assert run("resume") == []
