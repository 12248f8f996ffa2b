"""The one implementation of the port: web3.py against a URL, or against a node in this process."""

import time
from typing import Any
from urllib.parse import urlsplit

from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint

from chain.ledger import headers, receipts
from chain.ledger.accounts import transaction_hash
from chain.ledger.errors import LEDGER_REFUSED, LEDGER_TIMEOUT, LEDGER_UNREACHABLE, REVERTED
from chain.ledger.port import Block, Log, Receipt
from kernel.errors import MulianError

# geth, Besu and the embedded chain each say in their own words that they have the transaction already
_KNOWN = ("already known", "known transaction", "already imported")
_TOO_LOW = ("nonce too low", "nonce below", "nonce is too low")
_REVERT_CODE = 3
# a geth that has just started cannot say yet whether it has a transaction
_INDEXING = "indexing is in progress"


class Web3Ledger:
    """A :class:`chain.ledger.port.Ledger`. Block objects are read raw, so proof-of-authority headers pass."""

    def __init__(
        self, url: str, provider: BaseProvider | None = None, *, timeout: float = 30.0, token: str | None = None
    ) -> None:
        self.url = url
        # a node is called straight: no proxy sees its token, and none is looked for in the environment at every call
        options: dict[str, Any] = {"timeout": timeout, "proxies": {"no_proxy": urlsplit(url).hostname or ""}}
        if token is not None:
            options["headers"] = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._web3 = Web3(provider or HTTPProvider(url, request_kwargs=options, exception_retry_configuration=None))
        self._provider = self._web3.provider

    def request(self, method: str, *params: Any) -> Any:
        """Call any RPC method and return its result."""
        try:
            response = self._provider.make_request(RPCEndpoint(method), list(params))
        except (RequestException, OSError, ValueError) as error:
            raise LEDGER_UNREACHABLE(url=self.url) from error
        problem = response.get("error")
        if problem is not None:
            raise _refusal(problem)
        return response.get("result")

    def chain_id(self) -> int:
        return _int(self.request("eth_chainId"))

    def client_version(self) -> str:
        return str(self.request("web3_clientVersion"))

    def genesis_hash(self) -> str:
        return str(self._block(0)["hash"])

    def height(self) -> int:
        return _int(self.request("eth_blockNumber"))

    def block(self, number: int) -> Block | None:
        found = self.request("eth_getBlockByNumber", hex(number), False)
        return None if found is None else _to_block(found)

    def _block(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] | None = self.request("eth_getBlockByNumber", hex(number), False)
        if found is None:
            raise LEDGER_REFUSED(reason=f"no block {number}")
        return found

    def header_rlp(self, number: int) -> bytes:
        try:
            return headers.header_rlp(self._block(number))
        except ValueError as error:
            raise LEDGER_REFUSED(reason=str(error)) from error

    def receipts_raw(self, number: int) -> tuple[bytes, ...]:
        found = self._block(number)
        objects = self.request("eth_getBlockReceipts", hex(number))
        try:
            return receipts.encoded(objects, found["receiptsRoot"])
        except ValueError as error:
            raise LEDGER_REFUSED(reason=str(error)) from error

    def transaction(self, tx_hash: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.request("eth_getTransactionByHash", tx_hash)
        return found

    def send_raw(self, raw: bytes) -> str:
        digest = transaction_hash(raw)
        try:
            self.request("eth_sendRawTransaction", "0x" + raw.hex())
        except MulianError as refused:
            words = str(refused.params.get("reason", "")).lower()
            known = any(phrase in words for phrase in _KNOWN)
            used = not known and any(phrase in words for phrase in _TOO_LOW)
            if not known and not (used and self.transaction(digest) is not None):
                raise
        return digest

    def receipt(self, tx_hash: str) -> Receipt | None:
        try:
            found = self.request("eth_getTransactionReceipt", tx_hash)
        except MulianError as error:
            if _INDEXING in str(error.params.get("reason")):
                return None
            raise
        return None if found is None else _to_receipt(found)

    def wait_receipt(self, tx_hash: str, timeout: float = 30.0) -> Receipt:
        limit = time.monotonic() + timeout
        delay = 0.02
        while True:
            found = self.receipt(tx_hash)
            if found is not None:
                return found
            if time.monotonic() > limit:
                raise LEDGER_TIMEOUT(hash=tx_hash)
            time.sleep(delay)
            delay = min(delay * 1.5, 0.5)

    def nonce(self, address: str, *, pending: bool = False) -> int:
        return _int(self.request("eth_getTransactionCount", address, "pending" if pending else "latest"))

    def call(self, to: str, data: bytes, *, sender: str | None = None, block: int | None = None) -> bytes:
        request = {"to": to, "data": "0x" + data.hex()} | ({"from": sender} if sender else {})
        return _bytes(self.request("eth_call", request, "latest" if block is None else hex(block)))

    def estimate_gas(self, to: str | None, data: bytes, *, sender: str) -> int:
        request = {"from": sender, "data": "0x" + data.hex()} | ({"to": to} if to else {})
        return _int(self.request("eth_estimateGas", request))

    def code(self, address: str) -> bytes:
        return _bytes(self.request("eth_getCode", address, "latest"))

    def storage(self, address: str, slot: int, *, block: int | None = None) -> bytes:
        tag = "latest" if block is None else hex(block)
        return _bytes(self.request("eth_getStorageAt", address, hex(slot), tag)).rjust(32, b"\0")

    def logs(
        self, first: int, last: int, *, address: str | None = None, topics: tuple[bytes | None, ...] = ()
    ) -> list[Log]:
        criteria: dict[str, Any] = {"fromBlock": hex(first), "toBlock": hex(last)}
        if address is not None:
            criteria["address"] = address
        if topics:
            criteria["topics"] = [None if topic is None else "0x" + topic.hex() for topic in topics]
        return [_to_log(item) for item in self.request("eth_getLogs", criteria)]


def connect(url: str) -> Web3Ledger:
    """Return a ledger for a URL; nothing is asked yet."""
    return Web3Ledger(url)


def _refusal(given: Any) -> Exception:
    problem: dict[str, Any] = given if isinstance(given, dict) else {"message": given}
    message, code = str(problem.get("message", ""))[:300], problem.get("code")
    # Besu says it with the general code and in words
    if code == _REVERT_CODE or message.lower().startswith("execution reverted"):
        return REVERTED(reason=message, data=problem.get("data"))
    return LEDGER_REFUSED(reason=message, rpc_code=code)


def _int(value: Any) -> int:
    return int(value, 16)


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(str(value).removeprefix("0x"))


def _to_block(found: dict[str, Any]) -> Block:
    return Block(
        number=_int(found["number"]), hash=found["hash"], parent_hash=found["parentHash"],
        timestamp=_int(found["timestamp"]), gas_used=_int(found["gasUsed"]), size=_int(found["size"]),
        sealer=headers.clique_signer(found) if headers.is_clique(found) else str(found["miner"]).lower(),
        tx_hashes=tuple(found["transactions"]),
    )


def _to_receipt(found: dict[str, Any]) -> Receipt:
    created = found.get("contractAddress")
    return Receipt(
        tx_hash=found["transactionHash"], succeeded=found["status"] == "0x1", block_number=_int(found["blockNumber"]),
        block_hash=found["blockHash"], tx_index=_int(found["transactionIndex"]), gas_used=_int(found["gasUsed"]),
        contract_address=created.lower() if created else None, logs=tuple(_to_log(item) for item in found["logs"]),
    )


def _to_log(found: dict[str, Any]) -> Log:
    return Log(
        address=str(found["address"]).lower(), topics=tuple(_bytes(topic) for topic in found["topics"]),
        data=_bytes(found["data"]), block_number=_int(found["blockNumber"]), tx_hash=found["transactionHash"],
        tx_index=_int(found["transactionIndex"]), log_index=_int(found["logIndex"]),
    )
