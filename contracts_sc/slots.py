"""Where contracts keep what is read from state without a call: the account list and the validators.

The embedded chain asks these slots at admission and when it checks a block; places come from the compiler's layout,
so they cannot drift from the code. A mapping's value for a key lies at keccak256(key . slot), an array's items from
keccak256(slot) on (Solidity's storage layout); a proxy keeps its implementation where ERC-1967 says.
"""

from typing import Any

from eth_hash.auto import keccak

from contracts_sc.artifacts import artifact

MAY_SEND = 1
MAY_DEPLOY = 2
# keccak256("eip1967.proxy.implementation") - 1
IMPLEMENTATION = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC


def variable(name: str, label: str) -> int:
    """Return the slot of a state variable of a contract of the build; raise KeyError."""
    storage: list[dict[str, Any]] = artifact(name).storage_layout["storage"]
    for item in storage:
        if item["label"] == label:
            return int(item["slot"])
    raise KeyError(label)


def account_rule(account: bytes, slot: int) -> int:
    """Return the slot of an account's rule in the mapping at ``slot`` (NodeRegistry ``_rules``); ``account`` has 20
    bytes."""
    return int.from_bytes(keccak(account.rjust(32, b"\0") + slot.to_bytes(32, "big")), "big")


def rule_flags(word: bytes) -> int:
    """Return the flags (MAY_SEND, MAY_DEPLOY; 0: not listed) in the 32 bytes of a rule's slot."""
    return word[31]


def first_of(slot: int) -> int:
    """Return the slot of the first item of the array at ``slot``, which holds its length; an address fills one slot,
    in its low 20 bytes."""
    return int.from_bytes(keccak(slot.to_bytes(32, "big")), "big")


def validators() -> tuple[int, int]:
    """Return (slot of the number of validators, slot of the first)."""
    slot = variable("NodeRegistry", "_validators")
    return slot, first_of(slot)


def namespace(name: str) -> int:
    """Return the base slot of an ERC-7201 namespace."""
    inner = (int.from_bytes(keccak(name.encode()), "big") - 1).to_bytes(32, "big")
    return int.from_bytes(keccak(inner), "big") & ~0xFF
