"""A ledger whose history can be cut and grown again another way. It speaks JSON-RPC objects, as engines do.

Its blocks hold ``anchor`` calls to an AnchorRegistry at REGISTRY with their events; every fifth transaction fails with
an error of the contract.
"""

import hashlib
import json
from typing import Any

from chain.ledger.abi import interface
from chain.ledger.errors import LEDGER_REFUSED, REVERTED

REGISTRY = "0x" + "33" * 20
SEALER = "0x" + "5e" * 20
ABI = interface("AnchorRegistry")
BORN = 1_767_225_570  # 2026-01-01T07:59:30+08:00, so that blocks cross a minute, and with steps an hour and a day


def digest(*parts: Any) -> str:
    return "0x" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class FakeLedger:
    """Use :meth:`grow` and :meth:`cut`; the same calls with the same ``salt`` make the same blocks."""

    def __init__(self, engine: str = "mulian-poa/1 (fake)") -> None:
        self.engine, self.asked = engine, 0
        self.whole_receipts = True
        self.blocks: list[dict[str, Any]] = []
        self._receipts: dict[str, list[dict[str, Any]]] = {}
        self._seal(0, "genesis", BORN, 0)

    def grow(self, count: int = 1, salt: str = "", step: int = 7, transactions: int = 2) -> None:
        for _ in range(count):
            head = self.blocks[-1]
            at = int(head["timestamp"], 16) + step
            self._seal(len(self.blocks), salt, at, transactions if len(self.blocks) % 3 else 0)

    def cut(self, height: int) -> None:
        """Forget the blocks above a height (at least 0)."""
        del self.blocks[height + 1:]

    def _seal(self, number: int, salt: str, at: int, transactions: int) -> None:
        parent = self.blocks[-1]["hash"] if self.blocks else "0x" + "00" * 32
        made = digest(number, parent, salt, at, transactions)
        listed = [self._transaction(number, made, index) for index in range(transactions)]
        self._receipts[made] = [self._receipt(number, made, index, one) for index, one in enumerate(listed)]
        self.blocks.append({
            "number": hex(number), "hash": made, "parentHash": parent, "timestamp": hex(at), "miner": SEALER,
            "gasUsed": hex(100 * transactions), "size": hex(600 + transactions), "extraData": "0x", "difficulty": "0x0",
            "transactions": listed,
        })

    def _transaction(self, number: int, block: str, index: int) -> dict[str, Any]:
        data = ABI.call("anchor", b"catalog".ljust(32, b"\0"), number * 10 + index + 1, bytes(32), b"\7" * 32, 0, 9)
        return {
            "hash": digest("tx", block, index), "from": "0x" + f"{index:02x}" * 20, "to": REGISTRY,
            "nonce": hex(number), "gas": hex(500_000), "input": "0x" + data.hex(), "value": "0x0",
        }

    def _receipt(self, number: int, block: str, index: int, given: dict[str, Any]) -> dict[str, Any]:
        failed = (number * 2 + index) % 5 == 4
        topics = [
            "0x" + ABI.topic("Anchored").hex(), "0x" + b"catalog".ljust(32, b"\0").hex(),
            "0x" + (number * 10 + index + 1).to_bytes(32, "big").hex(), "0x" + "07" * 32,
        ]
        words = [bytes(32), bytes(32), (9).to_bytes(32, "big"), b"\1" * 32]
        logs = [] if failed else [{
            "address": REGISTRY, "topics": topics, "data": "0x" + b"".join(words).hex(), "logIndex": hex(index),
        }]  # fmt: skip
        return {
            "transactionHash": given["hash"], "blockHash": block, "gasUsed": hex(100), "contractAddress": None,
            "logs": logs, "status": "0x0" if failed else "0x1",
        }

    # what the indexer asks of a ledger
    url = "fake"

    def chain_id(self) -> int:
        return 770001

    def client_version(self) -> str:
        return self.engine

    def request(self, method: str, *params: Any) -> Any:
        self.asked += 1
        if method == "eth_getBlockByNumber":
            number = len(self.blocks) - 1 if params[0] == "latest" else int(params[0], 16)
            return self.blocks[number] if number < len(self.blocks) else None
        if method == "eth_getBlockReceipts":
            if not self.whole_receipts:
                raise LEDGER_REFUSED(reason="the method eth_getBlockReceipts does not exist/is not available")
            return self._receipts[self.blocks[int(params[0], 16)]["hash"]]
        if method == "eth_getTransactionReceipt":
            return next((one for found in self._receipts.values() for one in found
                if one["transactionHash"] == params[0]), None)
        if method == "eth_call":
            raise REVERTED(reason="execution reverted", data="0x" + _sequence_error().hex())
        raise AssertionError(method)


def _sequence_error() -> bytes:
    from eth_abi import encode
    from eth_hash.auto import keccak

    stream = b"catalog".ljust(32, b"\0")
    return keccak(b"NotSequential(bytes32,uint64,uint64)")[:4] + encode(["bytes32", "uint64", "uint64"], [stream, 2, 7])
