"""InterfaceRegistry and ReleaseRegistry against models: registration, status, attested availability, promotion."""

import secrets
from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chain.ledger.accounts import new_signer
from tests.chain.contracts.network import NOBODY, ZERO, Contract, Network, person, raw, word
from tests.support.scale import Scale

NONE, DRAFT, RUNNING, SUSPENDED, RETIRED = range(5)
MOVES = {(DRAFT, RUNNING), (RUNNING, SUSPENDED), (SUSPENDED, RUNNING), (DRAFT, RETIRED), (RUNNING, RETIRED),
         (SUSPENDED, RETIRED)}
TEST, PRODUCTION = word("test"), word("production")


@pytest.fixture(scope="module")
def interfaces(network: Network) -> Contract:
    contract = network.proxied("InterfaceRegistry")
    network.grant(contract, word("attestor"), person("attestor"))
    return contract


def interface_machine(network: Network, contract: Contract) -> type[RuleBasedStateMachine]:
    class Interfaces(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.units = [secrets.token_bytes(32) for _ in range(2)]
            self.clerks = [new_signer() for _ in range(2)]
            for unit, clerk in zip(self.units, self.clerks, strict=True):
                network.grant(contract, unit, clerk)
            self.ids = [secrets.token_bytes(32) for _ in range(2)]
            self.known: dict[int, list[Any]] = {}  # unit, digest, version, status, last period
            self.periods: dict[tuple[int, int], tuple[int, int]] = {}

        @rule(who=st.integers(0, 1), unit=st.integers(0, 1), which=st.integers(0, 1), off=st.sampled_from([0, 0, 1]))
        def register(self, who: int, unit: int, which: int, off: int) -> None:
            entry = self.known.get(which)
            expect, digest = (entry[2] if entry else 0) + off, secrets.token_bytes(32)
            good = who == unit and off == 0 and (entry is None or (entry[0] == unit and entry[3] != RETIRED))
            done = contract.send(self.clerks[who], "register", self.ids[which], self.units[unit], expect, digest)
            assert done.succeeded == good
            if good:
                _, _, _, status, period = entry or [0, 0, 0, DRAFT, 0]
                self.known[which] = [unit, digest, expect + 1, status, period]

        @rule(who=st.integers(0, 1), which=st.integers(0, 1), to=st.integers(0, 4), off=st.sampled_from([0, 0, 1]))
        def set_status(self, who: int, which: int, to: int, off: int) -> None:
            entry = self.known.get(which)
            version = (entry[2] if entry else 0) + off
            good = entry is not None and entry[0] == who and off == 0 and (entry[3], to) in MOVES
            done = contract.send(self.clerks[who], "setStatus", self.ids[which], version, to)
            assert done.succeeded == good
            if entry is not None and good:
                entry[2:4] = [version + 1, to]

        @rule(which=st.integers(0, 1), ahead=st.integers(-1, 2), checks=st.integers(0, 9), good=st.integers(0, 10))
        def attest(self, which: int, ahead: int, checks: int, good: int) -> None:
            entry = self.known.get(which)
            period = max(0, (entry[4] if entry else 0) + ahead)
            fine = entry is not None and period > entry[4] and 0 < checks >= good
            given = (self.ids[which], period, checks, good, b"\3" * 32)
            assert contract.send(person("attestor"), "attest", given).succeeded == fine
            if entry is not None and fine:
                entry[4] = period
                self.periods[which, period] = (checks, good)

        @invariant()
        def the_contract_holds_what_the_model_holds(self) -> None:
            for which, (unit, digest, version, status, period) in self.known.items():
                found = contract.read("interfaceOf", self.ids[which])[0]
                assert found[:5] == (self.units[unit], digest, version, status, period)
            for (which, period), (checks, good) in list(self.periods.items())[-2:]:
                found = contract.read("availabilityOf", self.ids[which], period)[0]
                assert found[:3] == (b"\3" * 32, checks, good) and found[3] > 0

    return Interfaces


def test_interfaces_follow_the_model(network: Network, interfaces: Contract, scale: Scale) -> None:
    run_state_machine_as_test(interface_machine(network, interfaces), settings=settings(
        max_examples=scale.of(2, 200), stateful_step_count=20, deadline=None, derandomize=True
    ))


def test_nobody_attests_for_itself_and_batches_are_whole(network: Network, interfaces: Contract) -> None:
    unit, clerk, mine = secrets.token_bytes(32), new_signer(), secrets.token_bytes(32)
    network.grant(interfaces, unit, clerk)
    interfaces.did(clerk, "register", mine, unit, 0, b"\1" * 32)
    attest = (mine, 7, 10, 9, b"\2" * 32)
    assert interfaces.refusal(clerk, "attest", attest).startswith("AccessControl")
    assert interfaces.refusal(person("attestor"), "attestBatch", []) == "BatchSize(0)"
    assert interfaces.refusal(person("attestor"), "attestBatch", [attest] * 201) == "BatchSize(201)"
    later = (mine, 8, 10, 11, b"\2" * 32)
    assert interfaces.refusal(person("attestor"), "attestBatch", [attest, later]).startswith("InvalidAttestation")
    interfaces.did(person("attestor"), "attestBatch", [attest, (mine, 8, 10, 10, b"\2" * 32)])
    assert interfaces.refusal(person("attestor"), "attest", attest).startswith("PeriodNotLater")
    stranger = (secrets.token_bytes(32), 1, 1, 1, b"\2" * 32)
    assert interfaces.refusal(person("attestor"), "attest", stranger).startswith("UnknownInterface")


@pytest.fixture(scope="module")
def releases(network: Network) -> Contract:
    return network.proxied("ReleaseRegistry", person("releaser").address)


def claim(releases: Contract, environment: bytes, name: str, version: int, /, **changes: Any) -> tuple[Any, ...]:
    given = {
        "environment": environment, "name": word(name), "version": version, "codeHash": b"\1" * 32,
        "layoutHash": b"\2" * 32, "release": b"\3" * 32, "approval": b"\4" * 32,
        "implementation": releases.read("implementation")[0], "proxy": releases.address,
    } | changes
    return tuple(given.values())


def test_production_takes_only_what_test_had(network: Network, releases: Contract) -> None:
    persons = network.approvals.address
    first = claim(releases, PRODUCTION, "Catalog", 1)
    assert releases.refusal(person("releaser"), "record", first).startswith("AccessControl")
    assert releases.refusal(network.platform, "record", first).startswith("AccessControl")
    assert releases.refusal(persons, "record", first).startswith("NotPromoted")
    releases.did(person("releaser"), "record", claim(releases, TEST, "Catalog", 1))
    for change in ({"codeHash": b"\7" * 32}, {"layoutHash": b"\7" * 32}, {"version": 2}):
        other = claim(releases, PRODUCTION, "Catalog", 1, **change)
        assert releases.refusal(persons, "record", other).startswith("NotPromoted")
    network.approve(releases, "record", first)
    found = releases.read("releaseOf", PRODUCTION, word("Catalog"), 1)[0]
    assert found[:4] == (b"\1" * 32, b"\2" * 32, b"\3" * 32, b"\4" * 32)
    # the contract looks at the code itself
    assert found[4] == keccak(network.chain.code(releases.read("implementation")[0]))
    assert raw(found[10]) == raw(persons)
    assert releases.refusal(persons, "record", first).startswith("VersionNotHigher")


def test_versions_go_up_and_the_current_one_may_go_back(network: Network, releases: Contract) -> None:
    who, name = person("releaser"), word("Anchor")
    for version in (1, 2, 5):
        releases.did(who, "record", claim(releases, TEST, "Anchor", version))
    assert releases.read("currentOf", TEST, name)[0] == 5 and releases.read("latestOf", TEST, name) == (5,)
    assert releases.read("releaseOf", TEST, name, 5)[0][7] == 2
    assert releases.refusal(who, "setCurrent", TEST, name, 3, ZERO).startswith("UnknownRelease")
    done = releases.did(who, "setCurrent", TEST, name, 2, b"\5" * 32)
    event = releases.interface.event("CurrentChanged", done.logs[0])
    assert (event["from"], event["to"], event["approval"]) == (5, 2, b"\5" * 32)
    assert releases.read("currentOf", TEST, name)[0] == 2
    assert releases.refusal(who, "record", claim(releases, TEST, "Anchor", 4)).startswith("VersionNotHigher")
    releases.did(who, "record", claim(releases, TEST, "Anchor", 6))
    assert releases.read("releaseOf", TEST, name, 6)[0][7] == 2


def test_a_claim_is_whole_and_about_code_that_is_there(network: Network, releases: Contract) -> None:
    who = person("releaser")
    for change in ({"name": ZERO}, {"codeHash": ZERO}, {"layoutHash": ZERO}, {"release": ZERO}):
        assert releases.refusal(who, "record", claim(releases, TEST, "X", 1, **change)).startswith("InvalidRelease")
    for change in ({"implementation": NOBODY}, {"proxy": person("nobody").address}):
        assert releases.refusal(who, "record", claim(releases, TEST, "X", 1, **change)).startswith("NoCode")
    # the administrators' role is no environment
    nowhere = claim(releases, ZERO, "X", 1)
    assert releases.refusal(network.approvals.address, "record", nowhere).startswith("InvalidRelease")


def test_the_way_to_production_is_the_persons_to_change(network: Network, releases: Contract) -> None:
    persons, staging = network.approvals.address, word("staging")
    assert releases.refusal(person("releaser"), "setPromotion", PRODUCTION, ZERO).startswith("AccessControl")
    assert releases.refusal(persons, "setPromotion", staging, staging).startswith("InvalidRelease")
    network.approve(releases, "setPromotion", staging, TEST)
    network.grant(releases, staging, person("releaser"))
    assert releases.read("promotedFrom", staging) == (TEST,) == releases.read("promotedFrom", PRODUCTION)
    assert releases.refusal(person("releaser"), "record", claim(releases, staging, "Y", 1)).startswith("NotPromoted")
    releases.did(person("releaser"), "record", claim(releases, TEST, "Y", 1))
    releases.did(person("releaser"), "record", claim(releases, staging, "Y", 1))
