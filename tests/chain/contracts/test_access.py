"""Who may call what: every function that writes, of every contract, times every role."""

from typing import Any

import pytest

from chain.ledger.accounts import Signer
from contracts_sc.artifacts import artifact
from contracts_sc.build import UNITS
from tests.chain.contracts.network import NOBODY, ZERO, Contract, Network, person, word

UNIT, FOREIGN, HOUR = word("unit"), word("foreign unit"), 3600
ONE, ENTRY = b"\1" * 32, word("entry")
STRANGER = person("nobody at all").address
# who may: A approvals (the persons), F freezer, U the unit's account, T its opposite, R the role named in the
# contract (attestor, accounts, releaser), O operator of a validator, W admin of an immutable log, P the platform,
# which deployed everything
ROLES = "AFUTROWP"
GOVERNED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "initialize": ("", ()), "freeze": ("F", (ONE,)), "unfreeze": ("A", (ONE,)),
    "upgradeToAndCall": ("A", (STRANGER, b"")), "grantRole": ("A", (UNIT, STRANGER)),
    "revokeRole": ("A", (UNIT, STRANGER)), "renounceRole": ("", (UNIT, STRANGER)),
}
LOG: dict[str, tuple[str, tuple[Any, ...]]] = {
    "grantRole": ("W", (UNIT, STRANGER)), "revokeRole": ("W", (UNIT, STRANGER)), "renounceRole": ("", (UNIT, STRANGER)),
}
PUT = (ENTRY, UNIT, 1, ONE, 1)
CLAIM = (word("test"), ENTRY, 1, ONE, ONE, ONE, ONE, STRANGER, STRANGER)
NODE = (person("node 9").address, UNIT, STRANGER, "enode://9")
MATRIX: dict[str, dict[str, tuple[str, tuple[Any, ...]]]] = {
    "CatalogRegistry": GOVERNED | {
        "initialize": ("", (NOBODY, NOBODY)), "put": ("U", PUT), "putBatch": ("U", ([PUT],)),
        "offerTransfer": ("U", (ENTRY, FOREIGN, 1)), "cancelTransfer": ("U", (ENTRY,)),
        "acceptTransfer": ("T", (ENTRY, 1)),
    },
    "InterfaceRegistry": GOVERNED | {
        "initialize": ("", (NOBODY, NOBODY)), "register": ("U", (ENTRY, UNIT, 1, ONE)),
        "setStatus": ("U", (ENTRY, 1, 2)), "attest": ("R", ((ENTRY, 1, 1, 1, ONE),)),
        "attestBatch": ("R", ([(ENTRY, 1, 1, 1, ONE)],)),
    },
    "NodeRegistry": GOVERNED | {
        "initialize": ("", (NOBODY, NOBODY, [], [], 1, HOUR)), "setAccounts": ("AR", ([(STRANGER, UNIT, 1)],)),
        "propose": ("O", (person("node 0").address, 1, NODE)), "vote": ("O", (1, person("node 0").address)),
        "withdrawVote": ("O", (1, person("node 0").address)), "configure": ("A", (1, HOUR)),
    },
    "ReleaseRegistry": GOVERNED | {
        "initialize": ("", (NOBODY, NOBODY, NOBODY)), "record": ("R", (CLAIM,)),
        "setCurrent": ("R", (word("test"), ENTRY, 1, ONE)), "setPromotion": ("A", (ENTRY, ZERO)),
    },
    "AnchorRegistry": LOG | {"anchor": ("U", (UNIT, 1, ZERO, ONE, 0, 1))},
    "KeyRotationLog": LOG | {"record": ("U", (ENTRY, UNIT, 1, ZERO, 1, ONE))},
    "DataUsageLog": LOG | {"record": ("U", (UNIT, 1, ZERO, 1, ONE, (1, 0, 1, 1)))},
    # who sends does not count here, signatures decide (test_approvals); members change by an operation's own call
    "Approvals": {"execute": ("", ((([(STRANGER, b"")]), ONE, 1, 0), [])), "withdraw": ("", (ONE, b"")),
                  "setMembers": ("A", ([], 2))},
    "ERC1967Proxy": {},
}
ACCESS = ("AccessControl", "NotOperator", "InvalidInitialization", "OnlyByOperation", "NotEnough", "ECDSA", "Expired")


def test_the_matrix_names_every_function_that_writes() -> None:
    assert set(MATRIX) == set(UNITS)
    for name, functions in MATRIX.items():
        writing = {
            entry["name"] for entry in artifact(name).abi
            if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
        }
        assert set(functions) == writing, name


def cast(network: Network) -> dict[str, Signer | str]:
    return {
        "A": network.approvals.address, "F": network.freezer, "U": person("unit"), "T": person("foreign unit"),
        "R": person("role"), "O": person("operator 0"), "W": person("admin"), "P": network.platform,
    }


def deployed(network: Network, name: str) -> Contract:
    """Deploy with one entry of the unit, offered to the foreign unit."""
    if name == "Approvals":
        return network.approvals
    if name in ("AnchorRegistry", "KeyRotationLog", "DataUsageLog"):
        log = network.immutable(name, person("admin").address)
        for role in ("unit", "foreign unit"):
            log.did(person("admin"), "grantRole", word(role), person(role).address)
        return log
    more: dict[str, tuple[Any, ...]] = {
        "NodeRegistry": ([(person("node 0").address, UNIT, person("operator 0").address, "enode://0")],
                         [(network.platform.address, UNIT, 3)], 1, HOUR),
        "ReleaseRegistry": (person("role").address,),
    }
    contract = network.proxied(name, *more.get(name, ()))
    roles = {"unit": "unit", "foreign unit": "foreign unit"}
    roles |= {"InterfaceRegistry": {"attestor": "role"}, "NodeRegistry": {"accounts": "role"}}.get(name, {})
    operation = network.operation(
        *((contract, "grantRole", (word(role), person(who).address)) for role, who in roles.items())
    )
    network.approvals.did(network.platform, "execute", operation.arguments, network.signatures(operation))
    if name == "CatalogRegistry":
        contract.did(person("unit"), "put", ENTRY, UNIT, 0, ONE, 1)
        contract.did(person("unit"), "offerTransfer", ENTRY, FOREIGN, 1)
    elif name == "InterfaceRegistry":
        contract.did(person("unit"), "register", ENTRY, UNIT, 0, ONE)
    return contract


@pytest.mark.parametrize("name", [name for name in MATRIX if MATRIX[name]])
def test_every_function_times_every_role(network: Network, name: str) -> None:
    contract, players = deployed(network, name), cast(network)
    assert set(players) == set(ROLES)
    for function, (allowed, arguments) in MATRIX[name].items():
        for role, player in players.items():
            error = contract.refusal(player, function, *arguments)
            barred = error.startswith(ACCESS)
            assert barred != (role in allowed), (name, function, role, error)
