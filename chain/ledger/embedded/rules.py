"""Who may send: an optional allow-list that holds at admission and at block validation.

It is kept in a file, or in a NodeRegistry on the chain that the file names; then the state at the end of the parent
block decides, who may create contracts too. A rule takes effect from a block number and stays valid for the blocks
sealed under it, so that history re-executes after it has changed.
"""

import bisect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from eth_utils import ValidationError

from contracts_sc import slots
from kernel.files_atomic import write_atomic

ACCOUNTS_FILE = "accounts.json"
# (contract, slot) -> the word there, in the state by which a block is judged
Storage = Callable[[bytes, int], int]


class NotListed(ValidationError):
    """The sender is not on the allow-list that is in force."""


@dataclass(frozen=True)
class Registry:
    """A NodeRegistry that keeps the list: its address, the slots of its rules by account and of its accounts."""

    address: bytes
    rules: int
    accounts: int

    def count(self, storage: Storage) -> int:
        """Return how many accounts are listed, 0 where there is no such contract."""
        return storage(self.address, self.accounts)

    def listed(self, storage: Storage) -> frozenset[bytes]:
        """Return every listed account."""
        first = slots.first_of(self.accounts)
        words = (storage(self.address, first + index) for index in range(self.count(storage)))
        return frozenset(word.to_bytes(32, "big")[12:] for word in words)

    def flags(self, account: bytes, storage: Storage) -> int:
        """Return what an account may do, 0 where it is not listed."""
        return slots.rule_flags(storage(self.address, slots.account_rule(account, self.rules)).to_bytes(32, "big"))


# None: anybody may send
Senders = frozenset[bytes] | Registry | None


def refusal(senders: Senders, account: bytes, *, creates: bool, storage: Storage) -> str | None:
    """Say why an account's transaction is not taken, None when it is; ``creates``: it makes a contract."""
    if senders is None:
        return None
    if not isinstance(senders, Registry):
        return None if account in senders else f"sender 0x{account.hex()} is not on the allow-list"
    flags = senders.flags(account, storage)
    if not flags & slots.MAY_SEND:
        return f"sender 0x{account.hex()} is not on the allow-list of the registry 0x{senders.address.hex()}"
    if creates and not flags & slots.MAY_DEPLOY:
        return f"sender 0x{account.hex()} may not deploy by the allow-list of the registry 0x{senders.address.hex()}"
    return None


@dataclass(frozen=True)
class RuleVersion:
    """What holds from block ``from_block`` on."""

    from_block: int
    senders: Senders

    def encode(self) -> str:
        """Return the stored JSON text."""
        if isinstance(self.senders, Registry):
            one = self.senders
            return json.dumps({"registry": one.address.hex(), "rules": hex(one.rules), "accounts": hex(one.accounts)})
        return json.dumps(None if self.senders is None else sorted(item.hex() for item in self.senders))


class AccountRules:
    """The versions of the allow-list, ordered by block number."""

    def __init__(self, versions: Iterable[RuleVersion] = ()) -> None:
        self._versions = [RuleVersion(0, None), *sorted(versions, key=lambda item: item.from_block)]

    def senders_at(self, block_number: int) -> Senders:
        """Return what is in force for ``block_number``."""
        index = bisect.bisect_right(self._versions, block_number, key=lambda item: item.from_block) - 1
        return self._versions[index].senders

    def check(self, sender: bytes, block_number: int, *, creates: bool, storage: Storage) -> None:
        """Raise :class:`NotListed` when ``sender`` may not send in block ``block_number``; ``storage`` reads the state
        of its parent."""
        why = refusal(self.senders_at(block_number), sender, creates=creates, storage=storage)
        if why is not None:
            raise NotListed(why)

    def add(self, version: RuleVersion) -> None:
        """Append a version; raise ValueError if it would change blocks that may exist."""
        if version.from_block < self._versions[-1].from_block:
            raise ValueError("an allow-list cannot take effect in the past")
        self._versions.append(version)


def decode_senders(text: str) -> Senders:
    """Parse the stored or configured JSON: null, a list of 20-byte hex addresses, or {"registry": address}.

    The slots of a registry are this program's where the text does not name them. Raises ValueError.
    """
    value = json.loads(text)
    if value is None:
        return None
    if isinstance(value, dict):
        return _registry(value)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("the allow-list is null, a list of addresses or a registry")
    return frozenset(_address(item) for item in value)


def _registry(value: dict[str, object]) -> Registry:
    if not {"registry"} <= set(value) <= {"registry", "rules", "accounts"}:
        raise ValueError("a registry is named by its address")
    given = {name: value.get(name) for name in ("rules", "accounts")}
    rules, accounts = (
        int(str(given[name]), 16) if given[name] is not None else slots.variable("NodeRegistry", f"_{name}")
        for name in ("rules", "accounts")
    )
    return Registry(_address(str(value["registry"])), rules, accounts)


def _address(text: str) -> bytes:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != 20:
        raise ValueError("an address has 20 bytes")
    return found


def write_list(path: Path, senders: Senders) -> None:
    """Write ``accounts.json`` atomically, addresses in order."""
    document: object = None
    if isinstance(senders, Registry):
        document = {"registry": "0x" + senders.address.hex()}
    elif senders is not None:
        document = ["0x" + sender.hex() for sender in sorted(senders)]
    write_atomic(path, json.dumps(document, indent=1).encode() + b"\n")


def read_list(path: Path) -> Senders:
    """Read ``accounts.json``; a missing file means that everybody may send."""
    return decode_senders(path.read_text("utf-8")) if path.exists() else None
