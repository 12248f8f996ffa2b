"""JSON-RPC to an address that somebody typed: through the outbound guard, bounded in time and size."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import orjson
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from chain.ledger.web3_ledger import Web3Ledger
from kernel import clock
from kernel.outbound import guard
from kernel.outbound.rules import Allowed

MAX_ANSWER_BYTES = 32 * 1024 * 1024


class GuardedProvider(BaseProvider):
    """A web3 provider that reaches only what ``allowed`` allows; ``skew_seconds`` is the node's clock minus ours, as
    the last answer's Date header shows it (None: it shows none)."""

    def __init__(self, url: str, allowed: Allowed, *, timeout: float) -> None:
        super().__init__()
        self.url = url
        self.skew_seconds: int | None = None
        # one client for all calls: reading the certificates anew costs more than a call; it keeps no connection
        self._client = guard.client(allowed, timeout=timeout)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one RPC call; raises ConnectionError, and the guard's errors for a refused address."""
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            with self._client.stream(
                "POST", self.url, content=body, headers={"content-type": "application/json"}
            ) as answer:
                self.skew_seconds = _skew(answer.headers.get("date"), clock.now())
                content = _bounded(answer)
        except httpx2.TransportError as error:
            raise ConnectionError(str(error)) from error
        found: RPCResponse = orjson.loads(content)
        if not isinstance(found, dict):
            raise ConnectionError("not a JSON-RPC answer")
        return found


def guarded_ledger(url: str, allowed: Allowed, *, timeout: float = 5.0) -> tuple[Web3Ledger, GuardedProvider]:
    """Return a ledger of a registered node, and its provider for what the transport shows."""
    provider = GuardedProvider(url, allowed, timeout=timeout)
    return Web3Ledger(url, provider), provider


def _bounded(answer: httpx2.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise ConnectionError("the answer is too long")
    return bytes(content)


def _skew(date: str | None, now: datetime) -> int | None:
    if date is None:
        return None
    try:
        shown = parsedate_to_datetime(date)
    except ValueError:
        return None
    # the header has whole seconds: the time is between it and one second later
    lag = (shown.replace(tzinfo=shown.tzinfo or UTC) - now).total_seconds()
    return 0 if -1.0 <= lag <= 0.5 else round(lag + 0.5)
