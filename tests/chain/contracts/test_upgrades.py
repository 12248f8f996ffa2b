"""Proxies: state survives an upgrade, a clash is refused by the gate and shows, freezing and its end."""

import pytest

from chain.ledger.abi import Interface, interface
from contracts_sc import slots
from contracts_sc.artifacts import artifact
from contracts_sc.layout import breaks, compare
from tests.chain.contracts.network import NOBODY, ZERO, Contract, Network, person, raw, word
from tests.chain.contracts.upgrades import next_version

UNIT, OTHER = word("unit 1"), word("unit 2")


@pytest.fixture
def filled() -> tuple[Network, Contract]:
    network = Network()
    catalog = network.proxied("CatalogRegistry")
    network.grant(catalog, UNIT, person("clerk"))
    catalog.did(person("clerk"), "putBatch", [(word(f"e{n}"), UNIT, 0, word(f"d{n}"), n) for n in range(5)])
    catalog.did(person("clerk"), "offerTransfer", word("e1"), OTHER, 1)
    return network, catalog


def state(catalog: Contract) -> list[object]:
    entries = [catalog.read("entryOf", word(f"e{n}")) for n in range(6)]
    return [*entries, catalog.read("offerOf", word("e1")), catalog.read("hasRole", UNIT, person("clerk").address)]


def upgraded(network: Network, catalog: Contract, name: str) -> Contract:
    """Give the proxy a next version and migrate in the same operation."""
    built = next_version(name)
    abi = Interface(built.abi)
    network.approve(catalog, "upgradeToAndCall", network.create(built.creation), abi.call("migrate", 77))
    return Contract(network.chain, name, catalog.address, abi)


def test_state_survives_an_upgrade_that_the_gate_lets_pass(filled: tuple[Network, Contract]) -> None:
    network, catalog = filled
    before = state(catalog)
    assert not breaks(compare(
        artifact("CatalogRegistry").storage_layout, next_version("CatalogAppended").storage_layout
    ))
    later = upgraded(network, catalog, "CatalogAppended")
    assert state(later) == before
    assert later.read("marked") == (77,) and later.read("initializedVersion") == (2,)
    later.did(person("clerk"), "put", word("e0"), UNIT, 1, word("new"), 9)
    assert later.read("entryOf", word("e0"))[0][2] == 2
    # neither the first nor the second initialiser runs again
    assert later.refusal(network.platform, "migrate", 1) == "InvalidInitialization()"
    assert later.refusal(network.platform, "initialize", NOBODY, NOBODY) == "InvalidInitialization()"
    # and back again: what the new version added stays unread
    network.approve(later, "upgradeToAndCall", network.implementation("CatalogRegistry"), b"")
    assert state(catalog)[1:] == before[1:]


def test_a_storage_clash_is_refused_by_the_gate_and_would_have_been_seen(filled: tuple[Network, Contract]) -> None:
    network, catalog = filled
    before = state(catalog)
    old, new = artifact("CatalogRegistry").storage_layout, next_version("CatalogClashing").storage_layout
    found = [finding for finding in compare(old, new) if finding.severity == "breaks"]
    assert {finding.rule for finding in found} == {"moved", "overlap"}
    # what the gate prevents: made all the same, every entry is lost
    clashing = upgraded(network, catalog, "CatalogClashing")
    assert state(clashing) != before
    assert clashing.read("entryOf", word("e0"))[0][2] == 0


def test_an_upgrade_to_something_else_is_refused(filled: tuple[Network, Contract]) -> None:
    network, catalog = filled
    log = network.immutable("KeyRotationLog", network.platform.address).address
    for target in (person("nobody").address, log, network.approvals.address, catalog.address):
        assert catalog.refusal(network.approvals.address, "upgradeToAndCall", target, b"") != ""
    assert raw(catalog.read("implementation")[0]) == network.chain.storage(catalog.address, slots.IMPLEMENTATION)[12:]


def test_a_proxy_is_born_initialised_and_governed_by_code(filled: tuple[Network, Contract]) -> None:
    network, catalog = filled
    code, creation = network.implementation("CatalogRegistry"), artifact("ERC1967Proxy").creation
    def born(start: bytes) -> bool:
        arguments = interface("ERC1967Proxy").constructor(code, start)
        return network.chain.create(network.platform.address, creation + arguments).succeeded

    assert not born(b"")
    assert not born(catalog.interface.call("initialize", network.platform.address, NOBODY))
    assert not born(catalog.interface.call("initialize", NOBODY, NOBODY))
    assert born(catalog.interface.call("initialize", network.approvals.address, NOBODY))


def test_one_person_stops_and_only_several_start_again(filled: tuple[Network, Contract]) -> None:
    network, catalog = filled
    clerk, put = person("clerk"), (word("e9"), UNIT, 0, word("d9"), 1)
    assert catalog.refusal(clerk, "freeze", ZERO).startswith("AccessControl")
    catalog.did(network.freezer, "freeze", word("incident 4"))
    assert catalog.read("frozen") == (True,)
    assert catalog.refusal(network.freezer, "freeze", ZERO) == "Frozen()"
    for function, arguments in (
        ("put", put), ("putBatch", ([put],)), ("offerTransfer", (word("e0"), OTHER, 1)),
        ("cancelTransfer", (word("e1"),)), ("acceptTransfer", (word("e1"), 1)),
    ):
        assert catalog.refusal(clerk, function, *arguments) == "Frozen()"
    # what repairs a frozen registry goes on
    network.approve(catalog, "revokeRole", UNIT, clerk.address)
    network.approve(catalog, "upgradeToAndCall", network.implementation("CatalogRegistry"), b"")
    assert catalog.refusal(network.freezer, "unfreeze", ZERO).startswith("AccessControl")
    network.approve(catalog, "unfreeze", word("repaired"))
    assert catalog.refusal(network.approvals.address, "unfreeze", ZERO) == "NotFrozen()"
    network.grant(catalog, UNIT, clerk)
    catalog.did(clerk, "put", *put)
