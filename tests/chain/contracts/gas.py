"""What calls cost, on one fixed course of events: ``python -m tests.chain.contracts.gas`` writes the snapshot."""

import json
from collections.abc import Iterator
from pathlib import Path

from contracts_sc.artifacts import artifact
from contracts_sc.build import UNITS
from tests.chain.contracts.network import ZERO, Contract, Network, person, word

FILE = Path(__file__).parents[3] / "contracts_sc" / "gas.json"
UNIT, OTHER = word("unit"), word("other unit")


def measured() -> dict[str, int]:
    """Return gas by contract and call; the same code gives the same figures on every machine."""
    network = Network()
    figures: dict[str, int] = {}
    for course in (_deployments, _catalog, _interfaces, _nodes, _logs, _releases):
        figures |= dict(course(network))
    return dict(sorted(figures.items()))


def _digest(number: int) -> bytes:
    # no zero bytes: call data costs by them
    return bytes([(number * 7 + at) % 255 + 1 for at in range(32)])


def _deployments(network: Network) -> Iterator[tuple[str, int]]:
    for name in UNITS:
        if name.endswith("Registry") and name != "AnchorRegistry":
            yield f"{name}: code", network.chain.create(network.platform.address, artifact(name).creation).gas_used


def _granted(network: Network, contract: Contract, role: bytes, name: str) -> int:
    return network.approve(contract, "grantRole", role, person(name).address).gas_used


def _catalog(network: Network) -> Iterator[tuple[str, int]]:
    catalog, clerk, other = network.proxied("CatalogRegistry"), person("clerk"), person("other")
    yield "Approvals: execute grantRole", _granted(network, catalog, UNIT, "clerk")
    _granted(network, catalog, OTHER, "other")
    one = _digest(1)
    yield "CatalogRegistry: put new", catalog.did(clerk, "put", one, UNIT, 0, _digest(2), 1).gas_used
    yield "CatalogRegistry: put again", catalog.did(clerk, "put", one, UNIT, 1, _digest(3), 1).gas_used
    puts = [(_digest(n), UNIT, 0, _digest(n + 1), 1) for n in range(10, 30)]
    yield "CatalogRegistry: putBatch 20 new", catalog.did(clerk, "putBatch", puts).gas_used
    yield "CatalogRegistry: offerTransfer", catalog.did(clerk, "offerTransfer", one, OTHER, 2).gas_used
    yield "CatalogRegistry: acceptTransfer", catalog.did(other, "acceptTransfer", one, 2).gas_used


def _interfaces(network: Network) -> Iterator[tuple[str, int]]:
    registry, clerk, attestor = network.proxied("InterfaceRegistry"), person("clerk"), person("attestor")
    _granted(network, registry, UNIT, "clerk")
    _granted(network, registry, word("attestor"), "attestor")
    one = _digest(1)
    yield "InterfaceRegistry: register", registry.did(clerk, "register", one, UNIT, 0, _digest(2)).gas_used
    yield "InterfaceRegistry: setStatus", registry.did(clerk, "setStatus", one, 1, 2).gas_used
    yield "InterfaceRegistry: attest", registry.did(attestor, "attest", (one, 9, 99, 98, _digest(3))).gas_used


def _nodes(network: Network) -> Iterator[tuple[str, int]]:
    def entry(number: int) -> tuple[str, bytes, str, str]:
        return person(f"node {number}").address, UNIT, person(f"operator {number}").address, "enode://" + "ab" * 70

    registry = network.proxied(
        "NodeRegistry", [entry(n) for n in range(4)], [(network.platform.address, UNIT, 3)], 1, 3600
    )
    nodes, voters = [entry(n)[0] for n in range(4)], [person(f"operator {n}") for n in range(4)]
    yield "NodeRegistry: propose", registry.did(voters[0], "propose", nodes[0], 1, entry(7)).gas_used
    yield "NodeRegistry: vote", registry.did(voters[1], "vote", 1, nodes[1]).gas_used
    yield "NodeRegistry: vote that carries", registry.did(voters[2], "vote", 1, nodes[2]).gas_used
    _granted(network, registry, word("accounts"), "keeper")
    accounts = [(person(f"account {n}").address, UNIT, 1) for n in range(10)]
    yield "NodeRegistry: setAccounts 10", registry.did(person("keeper"), "setAccounts", accounts).gas_used


def _logs(network: Network) -> Iterator[tuple[str, int]]:
    admin, writer = person("admin"), person("writer")
    anchors = network.immutable("AnchorRegistry", admin.address)
    keys = network.immutable("KeyRotationLog", admin.address)
    usage = network.immutable("DataUsageLog", admin.address)
    for log in (anchors, keys, usage):
        log.did(admin, "grantRole", UNIT, writer.address)
    head = ZERO
    for when, seq in (("first", 1), ("next", 2)):
        yield f"AnchorRegistry: anchor {when}", anchors.did(
            writer, "anchor", UNIT, seq, head, _digest(seq), (seq - 1) * 10_000, 10_000
        ).gas_used
        head = anchors.read("headOf", UNIT)[2]
    head = ZERO
    for when, seq in (("first", 1), ("next", 2)):
        yield f"KeyRotationLog: record {when}", keys.did(
            writer, "record", _digest(9), UNIT, seq, head, seq, _digest(seq)
        ).gas_used
        head = keys.read("headOf", _digest(9))[0][2]
    head = ZERO
    for when, seq in (("first", 1), ("next", 2)):
        yield f"DataUsageLog: record {when}", usage.did(
            writer, "record", UNIT, seq, head, 500_000 + seq, _digest(seq), (1_000, 10, 9_000, 10**6)
        ).gas_used
        head = usage.read("headOf", UNIT)[0][2]


def _releases(network: Network) -> Iterator[tuple[str, int]]:
    registry = network.proxied("ReleaseRegistry", person("releaser").address)
    code = registry.read("implementation")[0]
    claim = (word("test"), word("X"), 1, *(_digest(n) for n in range(4)), code, registry.address)
    yield "ReleaseRegistry: record", registry.did(person("releaser"), "record", claim).gas_used
    back = (word("test"), word("X"), 1, _digest(4))
    yield "ReleaseRegistry: setCurrent", registry.did(person("releaser"), "setCurrent", *back).gas_used


if __name__ == "__main__":
    FILE.write_text(json.dumps(measured(), indent=1) + "\n", "ascii")
