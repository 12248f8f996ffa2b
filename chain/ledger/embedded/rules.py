"""Who may send: an optional allow-list that holds at admission and at block validation.

A list takes effect from a block number and stays valid for the blocks sealed under it, so that history
re-executes after the list has changed.
"""

import bisect
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from eth_utils import ValidationError

from kernel.files_atomic import write_atomic


class NotListed(ValidationError):
    """The sender is not on the allow-list that is in force."""


@dataclass(frozen=True)
class RuleVersion:
    """``senders`` None: anybody may send from block ``from_block`` on."""

    from_block: int
    senders: frozenset[bytes] | None

    def encode(self) -> str:
        """Return the stored JSON text."""
        return json.dumps(None if self.senders is None else sorted(item.hex() for item in self.senders))


class AccountRules:
    """The versions of the allow-list, ordered by block number."""

    def __init__(self, versions: Iterable[RuleVersion] = ()) -> None:
        self._versions = [RuleVersion(0, None), *sorted(versions, key=lambda item: item.from_block)]

    def senders_at(self, block_number: int) -> frozenset[bytes] | None:
        """Return the list in force for ``block_number``, None when everybody may send."""
        index = bisect.bisect_right(self._versions, block_number, key=lambda item: item.from_block) - 1
        return self._versions[index].senders

    def check(self, sender: bytes, block_number: int) -> None:
        """Raise :class:`NotListed` when ``sender`` may not send in block ``block_number``."""
        senders = self.senders_at(block_number)
        if senders is not None and sender not in senders:
            raise NotListed(f"sender 0x{sender.hex()} is not on the allow-list")

    def add(self, version: RuleVersion) -> None:
        """Append a version; raise ValueError if it would change blocks that may exist."""
        if version.from_block < self._versions[-1].from_block:
            raise ValueError("an allow-list cannot take effect in the past")
        self._versions.append(version)


def decode_senders(text: str) -> frozenset[bytes] | None:
    """Parse the stored or configured JSON: null, or a list of 20-byte hex addresses; raise ValueError."""
    value = json.loads(text)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("the allow-list is null or a list of addresses")
    senders = frozenset(bytes.fromhex(item.removeprefix("0x")) for item in value)
    if any(len(sender) != 20 for sender in senders):
        raise ValueError("an address has 20 bytes")
    return senders


def write_list(path: Path, senders: frozenset[bytes] | None) -> None:
    """Write ``accounts.json`` atomically, addresses in order."""
    listed = None if senders is None else ["0x" + sender.hex() for sender in sorted(senders)]
    write_atomic(path, json.dumps(listed, indent=1).encode() + b"\n")


def read_list(path: Path) -> frozenset[bytes] | None:
    """Read ``accounts.json``; a missing file means that everybody may send."""
    return decode_senders(path.read_text("utf-8")) if path.exists() else None
