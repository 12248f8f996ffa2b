"""Filters that are polled, and the cursors behind subscriptions: what is new since the last look.

A cursor holds a block number or an arrival number, never results: a caller that polls slowly costs no memory. A
filter nobody asked for during :data:`LIFETIME_SECONDS` is forgotten.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chain.ledger.embedded.rpc import codec, format, logs
from chain.ledger.embedded.rpc.errors import LIMIT_EXCEEDED, SERVER_ERROR, RpcError, invalid

if TYPE_CHECKING:
    from chain.ledger.embedded.rpc.service import Service

MAX_FILTERS = 1_000
LIFETIME_SECONDS = 300.0
# blocks or logs handed over at one look; the rest comes with the next
PORTION = 1_000


@dataclass
class Cursor:
    """What a filter or subscription has handed over. ``kind``: logs, newHeads, blocks, newPendingTransactions."""

    kind: str
    criteria: dict[str, Any] = field(default_factory=dict)
    block: int = 0
    arrival: int = 0
    full: bool = False

    def take(self, service: "Service") -> list[Any]:
        """Return what is new and move on."""
        if self.kind == "newPendingTransactions":
            return self._take_pending(service)
        head = service.view.head().block_number
        if self.kind == "logs":
            return self._take_logs(service, head)
        last = min(head, self.block + PORTION)
        numbers = range(self.block + 1, last + 1)
        self.block = max(self.block, last)
        if self.kind == "blocks":
            return [codec.to_data(service.view.header(number).hash) for number in numbers]
        return [format.header(service.view.header(number)) for number in numbers]

    def _take_pending(self, service: "Service") -> list[Any]:
        self.arrival, hashes = service.node.pool.arrivals_since(self.arrival)
        if not self.full:
            return [codec.to_data(digest) for digest in hashes]
        waiting = (service.node.pool.get(digest) for digest in hashes)
        return [format.transaction(entry.transaction, None, 0) for entry in waiting if entry is not None]

    def _take_logs(self, service: "Service", head: int) -> list[Any]:
        first, until = self.block + 1, self.criteria.get("toBlock")
        if isinstance(until, str) and until.startswith("0x"):
            head = min(head, codec.quantity(until))
        if first > head:
            return []
        found, reached = logs.portion(service, self.criteria, first, head, PORTION)
        self.block = reached
        return found


def new_cursor(service: "Service", kind: str, criteria: Any = None, full: bool = False) -> Cursor:
    """Return a cursor at the present; raise RpcError for malformed log criteria."""
    wanted = {} if criteria is None else codec.mapping(criteria, "the filter")
    if kind == "logs":
        logs.check(wanted)
    arrival, _ = service.node.pool.arrivals_since(1 << 62)
    return Cursor(kind, wanted, int(service.view.head().block_number), arrival, full)


@dataclass
class _Installed:
    cursor: Cursor
    used: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class FilterStore:
    """The installed filters of all callers; ids are 128 random bits, so that nobody meets another's by chance."""

    def __init__(self) -> None:
        self._filters: dict[str, _Installed] = {}
        self._lock = threading.Lock()

    def install(self, cursor: Cursor) -> str:
        """Keep a cursor and return its id; raise RpcError when there are too many."""
        now = time.monotonic()
        with self._lock:
            for name in [name for name, item in self._filters.items() if now - item.used > LIFETIME_SECONDS]:
                del self._filters[name]
            if len(self._filters) >= MAX_FILTERS:
                raise RpcError(LIMIT_EXCEEDED, f"at most {MAX_FILTERS} filters are kept")
            name = codec.to_quantity(1 << 127 | secrets.randbits(127))
            self._filters[name] = _Installed(cursor, now)
            return name

    def changes(self, service: "Service", name: Any) -> list[Any]:
        """Return what is new for a filter; raise RpcError when it is unknown."""
        installed = self._get(name)
        with installed.lock:
            return installed.cursor.take(service)

    def cursor(self, name: Any) -> Cursor:
        """Return a filter's cursor; raise RpcError when it is unknown."""
        return self._get(name).cursor

    def _get(self, name: Any) -> _Installed:
        if not isinstance(name, str):
            raise invalid("a filter id is a string")
        with self._lock:
            installed = self._filters.get(name)
            if installed is None or time.monotonic() - installed.used > LIFETIME_SECONDS:
                self._filters.pop(name, None)
                raise RpcError(SERVER_ERROR, "filter not found")
            installed.used = time.monotonic()
            return installed

    def uninstall(self, name: Any) -> bool:
        """Forget a filter; False when there was none."""
        if not isinstance(name, str):
            raise invalid("a filter id is a string")
        with self._lock:
            return self._filters.pop(name, None) is not None


def new_filter(service: "Service", criteria: Any) -> str:
    """eth_newFilter."""
    return service.filters.install(new_cursor(service, "logs", criteria))


def new_block_filter(service: "Service") -> str:
    """eth_newBlockFilter."""
    return service.filters.install(new_cursor(service, "blocks"))


def new_pending_filter(service: "Service", full: Any = False) -> str:
    """eth_newPendingTransactionFilter."""
    return service.filters.install(new_cursor(service, "newPendingTransactions", full=codec.boolean(full)))


def filter_changes(service: "Service", name: Any) -> list[Any]:
    """eth_getFilterChanges: at most a portion; ask again for the rest."""
    return service.filters.changes(service, name)


def filter_logs(service: "Service", name: Any) -> list[Any]:
    """eth_getFilterLogs: all logs of a log filter, within the limits of eth_getLogs."""
    cursor = service.filters.cursor(name)
    if cursor.kind != "logs":
        raise RpcError(SERVER_ERROR, "filter not found")
    return logs.get_logs(service, cursor.criteria)


def uninstall_filter(service: "Service", name: Any) -> bool:
    """eth_uninstallFilter."""
    return service.filters.uninstall(name)
