"""What an account may do on contracts, read from the chain: roles, ownership, its place in a registry of accounts.

Roles are found by the events that gave them (OpenZeppelin's AccessControl) and asked again; an owner by ``owner()``;
a registered sender by ``ruleOf``. A contract that keeps an address in a way of its own is not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from eth_abi import decode, encode
from eth_hash.auto import keccak

from chain.ledger.port import Ledger
from kernel.errors import MulianError

Kind = Literal["role", "owner", "listed"]
KINDS = {"role": ("角色", "Role"), "owner": ("所有权", "Owner"), "listed": ("发送名单", "Listed sender")}
# the embedded chain answers for so many blocks at once
SPAN = 100_000
_GRANTED = keccak(b"RoleGranted(bytes32,address,address)")


@dataclass(frozen=True)
class Place:
    """A contract to look at; ``since`` is a block before which it did not exist."""

    name: str
    environment: str
    address: str
    since: int


@dataclass(frozen=True)
class Right:
    """One right; ``detail`` is the role's 32 bytes in hex, or ``department:flags`` of a listed sender."""

    place: Place
    kind: Kind
    detail: str

    def document(self, data: bytes) -> dict[str, Any]:
        """Return it for persons who have to move it, with the call data that does."""
        place = self.place
        return {
            "kind": self.kind, "contract": place.name, "environment": place.environment, "address": place.address,
            "detail": self.detail, "data": "0x" + data.hex(),
        }


def held_by(ledger: Ledger, places: list[Place], address: str) -> list[Right]:
    """Return every right of an account on these contracts."""
    return [right for place in places for right in _on(ledger, place, address)]


def _on(ledger: Ledger, place: Place, address: str) -> Iterator[Right]:
    for role in sorted(_roles(ledger, place, address)):
        right = Right(place, "role", role.hex())
        if has(ledger, right, address):
            yield right
    owner = Right(place, "owner", "")
    if has(ledger, owner, address):
        yield owner
    rule = _rule(ledger, place, address)
    if rule is not None and rule[0]:
        yield Right(place, "listed", f"{rule[1].hex()}:{rule[0]}")


def _roles(ledger: Ledger, place: Place, address: str) -> set[bytes]:
    found: set[bytes] = set()
    head = ledger.height()
    for first in range(place.since, head + 1, SPAN):
        topics = (_GRANTED, None, _word(address))
        logs = ledger.logs(first, min(head, first + SPAN - 1), address=place.address, topics=topics)
        found.update(log.topics[1] for log in logs)
    return found


def has(ledger: Ledger, right: Right, address: str) -> bool:
    """Whether an account has a right now; a registered sender by the same flags at least."""
    place = right.place
    if right.kind == "role":
        asked = _call("hasRole(bytes32,address)", ["bytes32", "address"], bytes.fromhex(right.detail), address)
        return _truth(_ask(ledger, place, asked))
    if right.kind == "owner":
        return _ask(ledger, place, _call("owner()", [])) == _word(address)
    rule = _rule(ledger, place, address)
    wanted = int(right.detail.split(":")[1])
    return rule is not None and rule[0] & wanted == wanted


def accepts(ledger: Ledger, right: Right, address: str) -> bool:
    """Whether an ownership was handed over and waits for this account to take it (Ownable2Step)."""
    return right.kind == "owner" and _ask(ledger, right.place, _call("pendingOwner()", [])) == _word(address)


def accepting() -> bytes:
    """Return the call by which a new owner takes what was handed over."""
    return _call("acceptOwnership()", [])


def giving(right: Right, to: str) -> bytes:
    """Return the call that gives a right to an account."""
    if right.kind == "role":
        return _call("grantRole(bytes32,address)", ["bytes32", "address"], bytes.fromhex(right.detail), to)
    if right.kind == "owner":
        return _call("transferOwnership(address)", ["address"], to)
    department, flags = right.detail.split(":")
    return _set_account(to, bytes.fromhex(department), int(flags))


def taking(right: Right, address: str) -> bytes:
    """Return the call that takes a right from an account: a role is given up by the account itself."""
    if right.kind == "role":
        return _call("renounceRole(bytes32,address)", ["bytes32", "address"], bytes.fromhex(right.detail), address)
    return _set_account(address, bytes(32), 0)


def _set_account(address: str, department: bytes, flags: int) -> bytes:
    kind = "(address,bytes32,uint8)[]"
    return _call(f"setAccounts({kind})", [kind], [(address, department, flags)])


def _rule(ledger: Ledger, place: Place, address: str) -> tuple[int, bytes] | None:
    """Return (flags, department) by ``ruleOf``, None where the contract is no registry of accounts."""
    answer = _ask(ledger, place, _call("ruleOf(address)", ["address"], address))
    if answer is None or len(answer) != 128:
        return None
    flags, _, _, department = decode(["uint256", "uint256", "uint256", "bytes32"], answer)
    return int(flags), bytes(department)


def _ask(ledger: Ledger, place: Place, data: bytes) -> bytes | None:
    """Return a call's answer, None where the contract has no such method."""
    try:
        return ledger.call(place.address, data)
    except MulianError as error:
        if error.code != "chain.ledger.reverted":
            raise
        return None


def _truth(answer: bytes | None) -> bool:
    return answer is not None and len(answer) == 32 and any(answer)


def _word(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")


def _call(signature: str, types: list[str], *arguments: Any) -> bytes:
    return keccak(signature.encode())[:4] + encode(types, arguments)
