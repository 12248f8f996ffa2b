"""Whole blocks from any engine: header, transactions, receipts, logs, and why a transaction failed."""

from dataclasses import dataclass
from typing import Any

from chain.indexer import turns
from chain.indexer.decoder import REVERT, UNKNOWN
from chain.ledger.errors import LEDGER_REFUSED, REVERTED
from chain.ledger.port import Ledger
from kernel.errors import MulianError

OUT_OF_GAS = "out_of_gas"


@dataclass(frozen=True)
class Failure:
    """Why a transaction failed: a reason of its own, or the bytes it reverted with."""

    reason: str
    text: str
    revert: bytes | None


@dataclass(frozen=True)
class RawLog:
    """A log as the chain has it; ``topics`` are joined."""

    index: int
    address: str
    topics: bytes
    data: bytes


@dataclass(frozen=True)
class RawTransaction:
    """A sealed transaction with its result."""

    hash: str
    sender: str
    to: str | None
    nonce: int
    input: bytes
    gas_limit: int
    gas_used: int
    created: str | None
    logs: tuple[RawLog, ...]
    failure: Failure | None


@dataclass(frozen=True)
class RawBlock:
    """A block; ``timestamp`` is Unix seconds, ``size`` bytes, ``missed`` the sealers' turns passed before it."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    gas_used: int
    size: int
    sealer: str
    missed: int
    transactions: tuple[RawTransaction, ...]


class Source:
    """Reads one ledger. Raises the ledger's errors; a block that changed between two questions is asked again."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._engine: str | None = None
        self._whole_receipts = True

    def chain_id(self) -> int:
        """Return the chain id."""
        return self.ledger.chain_id()

    def head(self) -> tuple[int, str]:
        """Return number and hash of the head, in one question."""
        found = self.ledger.request("eth_getBlockByNumber", "latest", False)
        if found is None:
            raise LEDGER_REFUSED(reason="no head block")
        return int(found["number"], 16), str(found["hash"]).lower()

    def hash_of(self, number: int) -> str | None:
        """Return the hash of a block, None beyond the head."""
        found = self.ledger.request("eth_getBlockByNumber", hex(number), False)
        return None if found is None else str(found["hash"]).lower()

    def block(self, number: int) -> RawBlock | None:
        """Return a whole block, None beyond the head."""
        while True:
            found = self.ledger.request("eth_getBlockByNumber", hex(number), True)
            if found is None:
                return None
            receipts = self._receipts(number, found) if found["transactions"] else []
            if receipts is not None:
                return self._built(found, receipts)

    def _receipts(self, number: int, block: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Return the receipts in order; None where the block was replaced in between."""
        if self._whole_receipts:
            try:
                found = self.ledger.request("eth_getBlockReceipts", hex(number))
            except MulianError as error:
                if error.code != LEDGER_REFUSED.code:
                    raise
                # an engine without the method answers for single transactions; one that refuses those too is heard
                self._whole_receipts = False
                return self._receipts(number, block)
        else:
            found = [self.ledger.request("eth_getTransactionReceipt", item["hash"]) for item in block["transactions"]]
        if found is None or any(one is None for one in found):
            return None
        same = [str(one["blockHash"]).lower() for one in found] == [str(block["hash"]).lower()] * len(found)
        return found if same and len(found) == len(block["transactions"]) else None

    def _built(self, block: dict[str, Any], receipts: list[dict[str, Any]]) -> RawBlock:
        if self._engine is None:
            self._engine = self.ledger.client_version().lower()
        number = int(block["number"], 16)
        sealer, missed = turns.sealer_and_missed(self._engine, block)
        return RawBlock(
            number=number, hash=str(block["hash"]).lower(), parent_hash=str(block["parentHash"]).lower(),
            timestamp=int(block["timestamp"], 16), gas_used=int(block["gasUsed"], 16), size=int(block["size"], 16),
            sealer=sealer, missed=missed,
            transactions=tuple(
                self._transaction(number, given, receipt)
                for given, receipt in zip(block["transactions"], receipts, strict=True)
            ),
        )

    def _transaction(self, number: int, given: dict[str, Any], receipt: dict[str, Any]) -> RawTransaction:
        gas_used = int(receipt["gasUsed"], 16)
        created = receipt.get("contractAddress")
        return RawTransaction(
            hash=str(given["hash"]).lower(), sender=str(given["from"]).lower(),
            to=str(given["to"]).lower() if given.get("to") else None, nonce=int(given["nonce"], 16),
            input=_bytes(given["input"]), gas_limit=int(given["gas"], 16), gas_used=gas_used,
            created=str(created).lower() if created else None, logs=tuple(_log(one) for one in receipt["logs"]),
            failure=None if receipt["status"] == "0x1" else self._failure(number, given, gas_used),
        )

    def _failure(self, number: int, given: dict[str, Any], gas_used: int) -> Failure:
        """Find out why a transaction failed, by calling it again on the state before its block.

        That is not always the state it met: a call that succeeds now says nothing. A node that no longer has the
        state says nothing either.
        """
        call = {key: given[key] for key in ("from", "to", "gas", "value") if given.get(key)}
        spent = Failure(OUT_OF_GAS, "", None) if gas_used >= int(given["gas"], 16) else Failure(UNKNOWN, "", None)
        try:
            self.ledger.request("eth_call", call | {"data": given["input"]}, hex(number - 1))
        except MulianError as error:
            if error.code == REVERTED.code:
                data = error.params.get("data")
                return Failure(REVERT, "", _bytes(data) if isinstance(data, str) else b"")
            if error.code != LEDGER_REFUSED.code:
                raise
            words = str(error.params.get("reason", ""))
            return Failure(OUT_OF_GAS, "", None) if "out of gas" in words.lower() else spent
        return spent


def _log(given: dict[str, Any]) -> RawLog:
    topics = b"".join(_bytes(topic) for topic in given["topics"])
    return RawLog(int(given["logIndex"], 16), str(given["address"]).lower(), topics, _bytes(given["data"]))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
