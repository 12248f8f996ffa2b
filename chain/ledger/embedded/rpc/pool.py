"""txpool_*: what waits, by sender and nonce."""

from collections.abc import Callable
from typing import Any

from eth_utils import to_checksum_address

from chain.ledger.embedded.mempool import Entry
from chain.ledger.embedded.rpc import codec, format
from chain.ledger.embedded.rpc.service import Service

# transactions shown by txpool_content and txpool_inspect; txpool_status counts all
SHOWN = 4_096

Groups = dict[str, dict[str, dict[str, Any]]]


def txpool_status(service: Service) -> dict[str, str]:
    """txpool_status."""
    ready, queued = service.node.pool.counts()
    return {"pending": codec.to_quantity(ready), "queued": codec.to_quantity(queued)}


def txpool_content(service: Service) -> Groups:
    """txpool_content: the oldest :data:`SHOWN` transactions."""
    return _grouped(service, lambda entry: format.transaction(entry.transaction, None, 0))


def txpool_content_from(service: Service, address: Any) -> dict[str, dict[str, Any]]:
    """txpool_contentFrom: one sender's."""
    sender = codec.data(address, 20)
    found = _grouped(service, lambda entry: format.transaction(entry.transaction, None, 0), sender)
    return {kind: groups.get(to_checksum_address(sender), {}) for kind, groups in found.items()}


def txpool_inspect(service: Service) -> Groups:
    """txpool_inspect: one line a transaction, in geth's form."""
    return _grouped(service, _line)


def _line(entry: Entry) -> str:
    item = entry.transaction
    target = to_checksum_address(item.to) if item.to else "contract creation"
    return f"{target}: {item.value} wei + {item.gas} gas × {item.max_fee_per_gas} wei"


def _grouped(service: Service, shown: Callable[[Entry], Any], sender: bytes | None = None) -> Groups:
    pool = service.node.pool
    groups: Groups = {"pending": {}, "queued": {}}
    ready: dict[bytes, int] = {}
    entries = [entry for entry in pool.entries() if sender is None or entry.sender == sender]
    for entry in entries[:SHOWN]:
        if entry.sender not in ready:
            ready[entry.sender] = pool.next_nonce(entry.sender)
        nonce = entry.transaction.nonce
        kind = "pending" if nonce < ready[entry.sender] else "queued"
        groups[kind].setdefault(to_checksum_address(entry.sender), {})[str(nonce)] = shown(entry)
    return groups
