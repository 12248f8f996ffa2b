"""A contract's life on a real chain in this process: release, deployment, promotion, upgrade, freeze, roll back."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chain.contracts import accounts, deploying, deployments, queries, rehearsal, rehearsing, versions, writes
from chain.contracts.models import ContractCall, ContractEvent, ContractRelease
from chain.contracts.rules import APPROVE
from chain.ledger import accounts as keys
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc import slither
from kernel.approvals import service as approvals
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime
from tests.chain.contracts import life as samples
from tests.chain.contracts.life import COUNTER_SUITE, FORMAT, UPGRADE_SUITE, Life
from tests.chain.contracts.test_deployment import Killed, Watched
from tests.support.scale import Scale


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rehearsals run here and without slither: a child and an analysis cost seconds, and have tests of their own."""
    monkeypatch.setattr(rehearsal, "run", rehearsing.rehearse)
    monkeypatch.setattr(slither, "find_slither", lambda: None)
    for module in (rehearsing, deploying):
        monkeypatch.setattr(module, "artifact", functools.cache(samples.proxy_artifact))


@pytest.fixture
def watched(runtime: Runtime) -> Iterator[Watched]:
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Watched(Web3Ledger("in-process", provider))
        use_ledger(runtime, ledger)  # type: ignore[arg-type]
        yield ledger


@pytest.fixture
def life(runtime: Runtime, watched: Watched) -> Life:
    return Life(runtime)


def releases(life: Life, state: str | None = None) -> list[tuple[str, str, str, str]]:
    """Return (environment, name, version, state) of every creation."""
    with life.runtime.database.read() as session:
        rows = session.scalars(select(ContractRelease).order_by(ContractRelease.created_at))
        return [(one.environment, one.name, one.version, one.state) for one in rows if state in (None, one.state)]


def refused(code: str) -> Any:
    return pytest.raises(MulianError, match=code)


def test_from_upload_to_production_and_back(life: Life, watched: Watched) -> None:
    first = life.counter()
    assert first.state == "ready" and first.digest is not None and first.report is not None
    assert [case["passed"] for case in first.report["cases"]] == [True, True]
    with refused("deployment_order"):  # production takes only what the test environment has
        life.propose(first, "production")
    assert life.deploy(first).state == "done"
    life.grant("Counter")
    assert life.write("Counter", "add", 5).events == [
        {"address": _address(life, "Counter"), "name": "Added", "arguments": {
            "by": accounts.signer(life.runtime, "contract.test.Counter").address, "amount": "5", "total": "5",
        }},
    ]
    assert life.read("Counter", "total") == ["5"]
    assert life.deploy(first, "production").action == "promote"
    assert {row[3] for row in releases(life)} == {"live"} and len(releases(life)) == 4
    assert life.read("Counter", "total", environment="production") == ["0"]
    # the two environments have accounts and addresses of their own, and the same code
    assert _address(life, "Counter") != _address(life, "Counter", "production")
    second = life.counter("2", "CounterTwo", UPGRADE_SUITE)
    assert second.report is not None and second.report["upgrade"]["steps_before"] == 1
    assert first.report is not None and first.report["analysis"]["skipped"] == "no_slither"
    costs = {one["method"]: one for one in second.report["gas"]}
    before = {one["method"]: one["most"] for one in first.report["gas"]}
    # the second version keeps the largest too: another word is written
    assert costs["add(uint256)"]["former"] == before["add(uint256)"] and costs["add(uint256)"]["over"]
    assert {one["former"] for one in first.report["gas"]} == {None} and not costs["total()"]["over"]
    assert life.deploy(second).action == "upgrade"
    assert life.read("Counter", "total") == ["5"] and life.read("Counter", "largest") == ["0"]
    assert life.write("Counter", "add", 3).state == "sealed" and life.read("Counter", "largest") == ["3"]
    assert life.deploy(second, "production").state == "done"
    back = life.runtime.database.run(lambda session: deployments.propose_rollback(
        session, life.maker, name="Counter", environment="test", version_id=first.id
    ))
    life.agree(back)
    assert life.carry_out(back) == "done"
    assert life.read("Counter", "total") == ["8"]
    with refused("method_unknown"):
        life.read("Counter", "largest")
    with life.runtime.database.read() as session:
        live = queries.latest_live(session, environment="test", name="Counter")
        assert live is not None and live.version == "1" and live.version_id == first.id
        told = [one.action for one in session.scalars(queries.events("Counter"))]
        audited = set(session.scalars(select(AuditLog.id)))
        assert {one.audit_id for one in session.scalars(select(ContractEvent))} <= audited
    assert told.count("deployment.done") == 5 and told[-1] == "version.register"
    assert watched.inner.request("mulian_status")["failed"] == 0


def _address(life: Life, name: str, environment: str = "test") -> str:
    with life.runtime.database.read() as session:
        return writes.live(session, name=name, environment=environment).release.address


def test_a_failed_rehearsal_blocks(life: Life) -> None:
    wrong = COUNTER_SUITE | {"cases": [{"name": "one and one", "steps": [
        {"call": "add", "from": "account", "arguments": [1], "returns": [3]},
    ]}]}
    version = life.counter(suite=wrong)
    assert version.state == "failed" and version.report is not None
    assert version.report["cases"][0]["failure"] == {
        "step": 1, "code": "result", "expected": '["3"]', "found": '["1"]',
    }
    with refused("version_state"):
        life.propose(version)


def test_two_people_decide_and_the_digest_binds_what_they_saw(life: Life) -> None:
    row = life.propose(life.counter())
    with refused("permission.denied"):
        life.agree(row, life.maker)
    both = Actor(
        user_id=life.maker.user_id, name="maker", permissions=frozenset({APPROVE}), scope="all"
    )
    with refused("same_person"):
        life.agree(row, both)
    with refused("deployment_open"):
        life.propose(life.counter("2"))
    assert life.carry_out(row) == "proposed"

    def other_arguments(session: Any) -> None:
        versions.get(session, row.version_id).initialiser = {"method": "initialize", "arguments": ["@deployer"]}

    life.runtime.database.run(other_arguments)
    with refused("deployment_changed"):
        life.agree(row)
    assert life.carry_out(row) == "proposed" and releases(life) == []
    approval_id = row.approval_id
    assert approval_id is not None
    life.runtime.database.run(
        lambda session: approvals.decide(session, life.checker, approval_id, approve=False, opinion="先改参数")
    )
    assert life.deployment(row).state == "rejected"


def test_a_clashing_layout_is_refused_by_the_gate_and_found_by_a_test(life: Life) -> None:
    assert life.deploy(life.counter()).state == "done"
    clash = life.counter("2", "CounterClash", UPGRADE_SUITE)
    assert clash.state == "failed" and clash.report is not None
    # the gate names the variable, and apart from it the test read another total
    assert [(one["rule"], one["path"]) for one in clash.report["layout"] if one["severity"] == "breaks"] == [
        ("moved", "total"), ("overlap", "largest"),
    ]
    assert clash.report["cases"][0]["failure"]["code"] == "result"

    def forced(session: Any) -> None:
        versions.get(session, clash.id).state = "ready"

    life.runtime.database.run(forced)
    with refused("deployment_order"):
        life.propose(clash)


class Stopping:
    """A database that ends the process before or after its n-th write unit."""

    def __init__(self, inner: Any, watched: Watched) -> None:
        self.inner, self.watched = inner, watched

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def run(self, unit: Any, *, write: bool = True) -> Any:
        watched = self.watched
        watched.calls.append("commit" if write else "look")
        dies = watched.kill_at is not None and len(watched.calls) == watched.kill_at
        if dies and not watched.after:
            raise Killed
        result = self.inner.run(unit, write=write)
        if dies:
            raise Killed
        return result


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["uups", "plain", "upgrade"])
def test_killed_at_every_step_exactly_one_contract(
    life: Life, watched: Watched, kind: str, after: bool, scale: Scale
) -> None:
    if kind == "upgrade":
        assert life.deploy(life.counter()).state == "done"
        row = life.propose(life.counter("2", "CounterTwo", UPGRADE_SUITE))
    else:
        row = life.propose(life.counter() if kind == "uups" else _register(life))
    life.agree(row)
    accounts.signer(life.runtime, accounts.deployer_of("test"))
    before = watched.inner.request("mulian_status")["transactions"]
    life.runtime.database = Stopping(life.runtime.database, watched)  # type: ignore[assignment]
    watched.after, step, stride = after, 0, scale.of(5, 1)
    while True:
        # in make test every other step, the odd ones before and the even ones after
        step += stride if step else (2 if after and stride == 2 else 1)
        watched.calls.clear()
        watched.kill_at = step
        try:
            assert life.carry_out(row) == "done"
        except Killed:
            continue
        break
    watched.kill_at = None
    life.runtime.database = life.runtime.database.inner  # type: ignore[attr-defined]
    assert step > 10
    assert life.carry_out(row) == "done"
    # implementation and proxy, contract and initialiser, implementation and upgrade
    assert watched.inner.request("mulian_status")["transactions"] - before == 2
    # the plain one stands beside its library
    assert [one[3] for one in releases(life) if one[2] == ("2" if kind == "upgrade" else "1")] == ["live", "live"]
    assert not releases(life, "prepared") and not releases(life, "void")


def _register(life: Life, **given: Any) -> Any:
    """Hand in the register with its library, which is deployed first."""
    sums = life.register("Sums", name="Sums", tests={"format": FORMAT, "cases": [{"name": "adds", "steps": [
        {"read": "add", "arguments": [[1, 2, 3]], "returns": [6]},
    ]}]})
    assert life.deploy(sums).state == "done"
    return life.register("Register", arguments=["@account", 10], libraries={"src/Register.sol:Sums": "Sums"},
                         initialiser={"method": "open", "arguments": []}, tests={"format": FORMAT, "cases": [
        {"name": "puts and sums", "steps": [
            {"call": "put((string,uint256))", "from": "account", "arguments": [{"label": "甲", "amount": 4}],
             "returns": [0], "events": [{"name": "Put", "arguments": {"label": "甲"}}]},
            {"read": "sum", "returns": [4]}, {"read": "items", "returns": [[["甲", 4]]]},
            {"call": "put((string,uint256))", "from": "account", "arguments": [["乙", 11]],
             "reverts": "above the limit"},
        ]},
    ]}, **given)


def test_libraries_immutables_and_overloads(life: Life) -> None:
    version = _register(life)
    assert version.state == "ready", version.report
    assert version.report is not None
    assert {one["code"] for one in [version.report["deployment"]]} == {"same"}
    assert life.deploy(version).state == "done"
    with life.runtime.database.read() as session:
        live = writes.live(session, name="Register", environment="test").release
        assert live.comparison is not None and live.comparison["verdict"] == "same"
        assert len(live.comparison["immutables"]) == 2
    life.grant("Register", "put((string,uint256))")
    assert life.write("Register", "put((string,uint256))", {"label": "丙", "amount": "9"}).state == "sealed"
    assert life.read("Register", "sum") == ["9"]
    with refused("call_refused"):
        life.write("Register", "put(string,uint256)", "x", 1)
    with refused("method_unknown"):
        life.write("Register", "put", "x", 1)
    over = life.write("Register", "put((string,uint256))", ["丁", 11])
    assert (over.state, over.problem, over.tx_hash) == ("failed", "above the limit", None)
    with refused("call_argument"):
        life.write("Register", "put((string,uint256))", ["戊", -1])


def test_a_foreign_transaction_on_the_nonce(life: Life, watched: Watched) -> None:
    row = life.propose(life.counter())
    life.agree(row)
    watched.lose_next_send = True
    with pytest.raises(Killed):
        life.carry_out(row)
    deployer = accounts.signer(life.runtime, accounts.deployer_of("test"))
    raw, _ = keys.sign(deployer, chain_id=watched.inner.chain_id(), nonce=0, to=deployer.address, data=b"")
    watched.inner.send_raw(raw)
    assert life.carry_out(row) == "done"
    assert [one[3] for one in releases(life)] == ["void", "live", "live"]
    life.grant("Counter")
    watched.lose_next_send = True
    with pytest.raises(Killed):
        life.write("Counter", "add", 1)
    with life.runtime.database.read() as session:
        call = session.scalars(select(ContractCall)).one()
    writer = accounts.signer(life.runtime, "contract.test.Counter")
    raw, _ = keys.sign(writer, chain_id=watched.inner.chain_id(), nonce=0, to=writer.address, data=b"")
    watched.inner.send_raw(raw)
    done = life.perform(call)
    assert done.state == "sealed" and len(done.voided) == 1 and done.attempts == 2
    assert life.read("Counter", "total") == ["1"]


def test_other_code_at_the_address_fails_the_deployment(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    row = life.propose(life.counter())
    life.agree(row)
    seen = deploying.ledger_of(life.runtime)
    monkeypatch.setattr(seen.inner, "code", lambda address: b"\x60\x00")  # type: ignore[attr-defined]
    assert life.carry_out(row) == "failed"
    assert (life.deployment(row).error or {})["code"] == "chain.contract.code_mismatch"
    assert releases(life) == [("test", "Counter.implementation", "1", "superseded")]
    with refused("chain.contract.unknown"):
        life.read("Counter", "total")


def test_freezing_takes_one_and_unfreezing_two(life: Life) -> None:
    assert life.deploy(_register(life)).state == "done"
    life.grant("Register")
    life.runtime.database.run(lambda session: writes.freeze(
        session, life.maker, name="Register", environment="test", reason="异常写入"
    ))
    with refused("chain.contract.frozen"):
        life.write("Register", "put((string,uint256))", ["甲", 1])
    with life.runtime.database.read() as session:
        stop = session.scalars(select(ContractCall).where(ContractCall.method == "freeze()")).one()
    assert life.perform(stop).state == "sealed" and life.read("Register", "frozen") == [True]
    with life.runtime.database.read() as session:
        version_id = writes.live(session, name="Register", environment="test").release.version_id
        assert version_id is not None
        version = versions.get(session, version_id)
    with refused("deployment_order"):  # what is frozen in the test environment is not promoted
        life.propose(version, "production")
    row = life.runtime.database.run(
        lambda session: deployments.propose_unfreeze(session, life.maker, name="Register", environment="test")
    )
    life.agree(row)
    assert life.carry_out(row) == "done"
    with life.runtime.database.read() as session:
        assert writes.live(session, name="Register", environment="test").release.frozen_at is None


def test_what_the_program_deploys_itself_is_not_written_by_hand(life: Life) -> None:
    from chain.contracts.service import ensure_deployed

    ensure_deployed(life.runtime)
    assert life.read("AnchorRegistry", "headOf", "0x" + "00" * 32, environment="production")[0] == "0"
    life.grant("AnchorRegistry", environment="production")
    with refused("call_refused"):
        life.write("AnchorRegistry", "renounceRole", "0x" + "00" * 32, "@account", environment="production")
    with refused("chain.contract.package"):
        life.register("Counter", name="AnchorRegistry")


def test_a_version_label_is_used_once_and_evidence_is_final(life: Life) -> None:
    version = life.counter()
    with refused("version_exists"):
        life.counter()
    life.deploy(version)
    with refused("version_state"):
        life.runtime.database.run(
            lambda session: versions.rehearse_again(session, life.maker, version_id=version.id)
        )
    with refused("deployment_order"):
        life.propose(version)
    assert system_actor("x").may(versions.MANAGE)


def test_the_path_on_every_database(database: Database) -> None:
    assert database.runtime is not None
    runtime = database.runtime
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        life = Life(runtime)
        assert life.deploy(life.counter()).state == "done"
        assert life.deploy(life.counter("2", "CounterTwo", UPGRADE_SUITE)).action == "upgrade"
        life.grant("Counter")
        assert life.write("Counter", "add", 2).state == "sealed" and life.read("Counter", "total") == ["2"]
    with runtime.database.read() as session:
        assert [one.version for one in queries.live_releases(session, "Counter")] == ["2"]
        assert len(queries.releases_of(session, "Counter")) == 3 and queries.running(session) == []
        assert queries.unfinished_calls(session) == [] and queries.newest_ready(session, "Counter") is not None
        assert {one.action for one in session.scalars(queries.events("Counter"))} >= {"live", "call.sealed"}
