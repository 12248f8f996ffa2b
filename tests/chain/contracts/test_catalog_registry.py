"""CatalogRegistry against a model: compare-and-set, batches whole or not at all, transfer by both sides."""

import secrets
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chain.ledger import accounts
from tests.chain.contracts.network import Contract, Network
from tests.support.scale import Scale

ZERO = b"\0" * 32
DEPARTMENTS = st.integers(0, 2)
ENTRIES = st.integers(0, 2)


def machine(network: Network, catalog: Contract) -> type[RuleBasedStateMachine]:
    """Return the state machine over a deployed registry; every run has its own departments and entries."""

    class Registry(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.departments = [secrets.token_bytes(32) for _ in range(3)]
            self.signers = [accounts.new_signer() for _ in range(3)]
            for department, signer in zip(self.departments, self.signers, strict=True):
                network.grant(catalog, department, signer)
            self.ids = [secrets.token_bytes(32) for _ in range(3)]
            self.entries: dict[int, tuple[int, int, bytes, int]] = {}  # entry -> department, version, digest, status
            self.offers: dict[int, tuple[int, int]] = {}  # entry -> to, version

        def _version(self, entry: int) -> int:
            return self.entries[entry][1] if entry in self.entries else 0

        def _may_put(self, who: int, department: int, entry: int, expect: int) -> bool:
            owned = entry not in self.entries or self.entries[entry][0] == department
            return who == department and owned and expect == self._version(entry)

        @rule(who=DEPARTMENTS, department=DEPARTMENTS, entry=ENTRIES, off=st.sampled_from([0, 0, 0, 1]),
              status=st.integers(0, 255))
        def put(self, who: int, department: int, entry: int, off: int, status: int) -> None:
            expect, digest = self._version(entry) + off, secrets.token_bytes(32)
            receipt = catalog.send(
                self.signers[who], "put", self.ids[entry], self.departments[department], expect, digest, status
            )
            assert receipt.succeeded == self._may_put(who, department, entry, expect)
            if receipt.succeeded:
                self.entries[entry] = (department, expect + 1, digest, status)
                event = catalog.interface.event("EntryPut", receipt.logs[0])
                assert (event["id"], event["version"], event["digest"]) == (self.ids[entry], expect + 1, digest)

        @rule(who=DEPARTMENTS, choice=st.lists(ENTRIES, min_size=1, max_size=4), off=st.sampled_from([0, 0, 1]))
        def put_batch(self, who: int, choice: list[int], off: int) -> None:
            planned = dict(self.entries)
            puts: list[Any] = []
            good = True
            for position, entry in enumerate(choice):
                version = planned[entry][1] if entry in planned else 0
                expect = version + (off if position == len(choice) - 1 else 0)
                digest = secrets.token_bytes(32)
                puts.append((self.ids[entry], self.departments[who], expect, digest, 1))
                good &= expect == version and (entry not in planned or planned[entry][0] == who)
                planned[entry] = (who, version + 1, digest, 1)
            assert catalog.send(self.signers[who], "putBatch", puts).succeeded == good
            if good:
                self.entries = planned

        @rule(who=DEPARTMENTS, to=DEPARTMENTS, entry=ENTRIES)
        def offer(self, who: int, to: int, entry: int) -> None:
            version = self._version(entry)
            receipt = catalog.send(
                self.signers[who], "offerTransfer", self.ids[entry], self.departments[to], version
            )
            good = entry in self.entries and self.entries[entry][0] == who != to
            assert receipt.succeeded == good
            if good:
                self.offers[entry] = (to, version)

        @rule(who=DEPARTMENTS, entry=ENTRIES)
        def cancel(self, who: int, entry: int) -> None:
            good = entry in self.offers and self.entries[entry][0] == who
            assert catalog.send(self.signers[who], "cancelTransfer", self.ids[entry]).succeeded == good
            if good:
                del self.offers[entry]

        @rule(who=DEPARTMENTS, entry=ENTRIES)
        def accept(self, who: int, entry: int) -> None:
            version = self._version(entry)
            good = self.offers.get(entry) == (who, version)
            assert catalog.send(self.signers[who], "acceptTransfer", self.ids[entry], version).succeeded == good
            if good:
                _, _, digest, status = self.entries[entry]
                self.entries[entry] = (who, version + 1, digest, status)
                del self.offers[entry]

        @invariant()
        def the_contract_holds_what_the_model_holds(self) -> None:
            for entry, identifier in enumerate(self.ids):
                department, version, digest, status = self.entries.get(entry, (None, 0, ZERO, 0))
                expected = (ZERO if department is None else self.departments[department], digest, version, status)
                assert catalog.read("entryOf", identifier)[0][:4] == expected
                standing = self.offers.get(entry)
                if standing is not None and standing[1] != version:
                    standing = None
                to, at = catalog.read("offerOf", identifier)[0]
                assert (to, at) == ((self.departments[standing[0]], standing[1]) if standing else (ZERO, 0))

    return Registry


def test_the_contract_follows_the_model(network: Network, catalog: Contract, scale: Scale) -> None:
    run_state_machine_as_test(
        machine(network, catalog),
        settings=settings(max_examples=scale.of(3, 100), stateful_step_count=20, deadline=None, derandomize=True),
    )


def test_what_is_refused_and_how(network: Network, catalog: Contract) -> None:
    department, signer, stranger = secrets.token_bytes(32), accounts.new_signer(), accounts.new_signer()
    network.grant(catalog, department, signer)
    entry = secrets.token_bytes(32)
    put = (entry, department, 0, b"\1" * 32, 1)
    assert catalog.refusal(stranger, "put", *put).startswith("AccessControlUnauthorizedAccount")
    assert catalog.refusal(network.platform, "put", *put).startswith("AccessControlUnauthorizedAccount")
    assert catalog.refusal(signer, "put", ZERO, department, 0, b"\1" * 32, 1).startswith("InvalidPut")
    assert catalog.refusal(signer, "put", entry, department, 0, ZERO, 1).startswith("InvalidPut")
    assert catalog.refusal(signer, "putBatch", []).startswith("BatchSize")
    assert catalog.refusal(signer, "putBatch", [put] * 201) == "BatchSize(201)"
    catalog.did(signer, "put", *put)
    assert catalog.refusal(signer, "put", *put).startswith("VersionConflict")
    assert catalog.refusal(signer, "acceptTransfer", entry, 1).startswith("NoOffer")
    assert catalog.refusal(signer, "offerTransfer", secrets.token_bytes(32), department, 0).startswith("UnknownEntry")


def test_two_hundred_puts_fit_into_one_transaction_below_the_cap(network: Network, catalog: Contract) -> None:
    department, signer = secrets.token_bytes(32), accounts.new_signer()
    network.grant(catalog, department, signer)
    puts = [(secrets.token_bytes(32), department, 0, secrets.token_bytes(32), 1) for _ in range(200)]
    assert catalog.did(signer, "putBatch", puts).gas_used <= 2**24


def test_history_is_walked_back_from_the_head_with_nothing_missing(network: Network, catalog: Contract) -> None:
    departments = [secrets.token_bytes(32) for _ in range(2)]
    signers = [accounts.new_signer() for _ in range(2)]
    for department, signer in zip(departments, signers, strict=True):
        network.grant(catalog, department, signer)
    entry, blocks = secrets.token_bytes(32), {}
    for version in range(3):
        done = catalog.did(signers[0], "put", entry, departments[0], version, secrets.token_bytes(32), 1)
        blocks[network.height] = ("EntryPut", done.logs[-1])
    catalog.did(signers[0], "offerTransfer", entry, departments[1], 3)
    done = catalog.did(signers[1], "acceptTransfer", entry, 3)
    blocks[network.height] = ("Transferred", done.logs[-1])
    done = catalog.did(signers[1], "put", entry, departments[1], 4, secrets.token_bytes(32), 2)
    blocks[network.height] = ("EntryPut", done.logs[-1])
    walked, at = [], catalog.read("entryOf", entry)[0][4]
    while at:
        name, log = blocks[at]
        event = catalog.interface.event(name, log)
        walked.append(event["version"])
        at = event["previousBlock"]
    assert walked == [5, 4, 3, 2, 1]
