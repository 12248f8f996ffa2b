"""Pure decisions of anchoring: names, leaf bytes, heads, and what a comparison of heads means."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sha3

from kernel import canonical

BATCH_LIMIT = 10_000
SALT_SIZE = 32
NO_HEAD = bytes(32)
STREAMS = ("catalog", "calllog", "audit", "reports", "keys")
_STREAM = re.compile(r"[a-z][a-z0-9._-]{0,27}")  # leaves room for "/" and an epoch in 32 bytes


def keccak(data: bytes) -> bytes:
    """Keccak-256 as the EVM uses it."""
    return bytes(sha3.keccak_256(data).digest())


def valid_stream(name: str) -> bool:
    """Tell whether a name can be a stream's (an epoch mark is added by us, never given)."""
    return _STREAM.fullmatch(name) is not None


def chain_name(stream: str, epoch: int) -> str:
    """The stream's name on the chain: ``catalog``, after a loss ``catalog/2``."""
    return stream if epoch == 1 else f"{stream}/{epoch}"


def stream_of(name: str) -> tuple[str, int] | None:
    """The stream and epoch that a name on the chain stands for; None for what is no such name."""
    stream, slash, epoch = name.partition("/")
    if not valid_stream(stream) or (slash and not re.fullmatch(r"[1-9][0-9]{0,8}", epoch)) or epoch == "1":
        return None
    return stream, int(epoch or 1)


def stream_id(name: str) -> bytes:
    """The 32 bytes that name a stream in AnchorRegistry."""
    return name.encode("ascii").ljust(32, b"\0")


def leaf_bytes(record: dict[str, Any], object_type: str, object_id: str, version: int, salt: bytes) -> bytes:
    """The canonical bytes of a leaf; its hash is SM3(0x00 || these)."""
    reference = {"id": object_id, "type": object_type, "version": version}
    return canonical.dumps({"format": "mulian-leaf-1", "object": reference, "record": record, "salt": salt.hex()})


def checkpoint_bytes(origin: str, stream: str, size: int, root: bytes, time: str) -> bytes:
    """The canonical bytes that a checkpoint's signature covers; ``time`` is RFC 3339 with microseconds."""
    fields = {"origin": origin, "root": root.hex(), "size": size, "stream": stream, "time": time}
    return canonical.dumps({"format": "mulian-checkpoint-1", **fields})


def cosignature_bytes(origin: str, stream: str, size: int, root: bytes, time: str, seen: str) -> bytes:
    """The canonical bytes that a witness signs; ``seen`` is its own time."""
    point = {"origin": origin, "root": root.hex(), "size": size, "stream": stream, "time": time}
    return canonical.dumps({"format": "mulian-cosignature-1", "checkpoint": point, "time": seen})


def origin_of(chain_id: int, genesis_hash: str, registry: str) -> str:
    """What a checkpoint is about: ``mulian:<chain id>:<genesis hash>:<registry>``, lower-case hex."""
    return f"mulian:{chain_id}:{genesis_hash.lower()}:{registry.lower()}"


def next_head(prev_head: bytes, stream: bytes, seq: int, root: bytes, from_index: int, leaves: int) -> bytes:
    """The head AnchorRegistry computes: keccak256(abi.encode(prevHead, stream, seq, root, fromIndex, leaves))."""
    numbers = [number.to_bytes(32, "big") for number in (seq, from_index, leaves)]
    return keccak(prev_head + stream + numbers[0] + root + numbers[1] + numbers[2])


def merged_sealers(known: list[dict[str, Any]], found: list[dict[str, Any]], height: int) -> list[dict[str, Any]]:
    """The ranges of sealers on record with what a node says at ``height``: who sealed older blocks stays on record.

    Another set than that of the open range closes it at ``height`` and opens the next.
    """
    if not known or not found:
        return found or known
    last, now = known[-1], found[-1]
    if last["engine"] == now["engine"] and sorted(last["addresses"]) == sorted(now["addresses"]):
        return known
    return [*known[:-1], {**last, "to": max(height, last["from"])}, {**now, "from": max(height, last["from"]) + 1}]


@dataclass(frozen=True)
class Head:
    """The last record of a stream, here or on the chain; ``seq`` 0 before the first."""

    seq: int
    size: int
    head: bytes
    root: bytes = NO_HEAD


EMPTY_HEAD = Head(0, 0, NO_HEAD)


class Comparison(StrEnum):
    """How our rows and the chain stand to each other."""

    IN_STEP = "in_step"
    PENDING_MINED = "pending_mined"
    CHAIN_AHEAD = "chain_ahead"
    DATABASE_AHEAD = "database_ahead"
    DIVERGED = "diverged"


def compare(final: Head, pending: Head | None, chain: Head) -> Comparison:
    """Compare our last final head and the batch on its way with the chain's head.

    Chain ahead: the database was restored, or another copy of it went on. Database ahead: the chain was.
    """
    if chain.head == final.head and chain.seq == final.seq:
        return Comparison.IN_STEP
    if pending is not None and chain.head == pending.head and chain.seq == pending.seq:
        return Comparison.PENDING_MINED
    if chain.seq > final.seq:
        return Comparison.CHAIN_AHEAD
    return Comparison.DATABASE_AHEAD if chain.seq < final.seq else Comparison.DIVERGED
