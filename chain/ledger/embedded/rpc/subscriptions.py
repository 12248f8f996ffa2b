"""eth_subscribe: cursors that belong to one connection. The transport pulls from them when the node tells it to."""

import secrets
import threading
from collections.abc import Callable
from typing import Any

from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid
from chain.ledger.embedded.rpc.filters import Cursor, new_cursor
from chain.ledger.embedded.rpc.service import Service

MAX_SUBSCRIPTIONS = 64


class Session:
    """The subscriptions of one connection, made by one request at a time and read by the connection's sender.

    A subscription says nothing before :meth:`activate`: the answer with its id has to leave first.
    """

    def __init__(self) -> None:
        self._cursors: dict[str, Cursor] = {}
        self._waiting: dict[str, Cursor] = {}
        self._lock = threading.Lock()

    def add(self, cursor: Cursor) -> str:
        """Keep a cursor and return the subscription's id; raise RpcError when there are too many."""
        with self._lock:
            if len(self._cursors) + len(self._waiting) >= MAX_SUBSCRIPTIONS:
                raise RpcError(LIMIT_EXCEEDED, f"a connection has at most {MAX_SUBSCRIPTIONS} subscriptions")
            name = codec.to_quantity(1 << 127 | secrets.randbits(127))
            self._waiting[name] = cursor
            return name

    def remove(self, name: Any) -> bool:
        """End a subscription; False when there is none of this id."""
        if not isinstance(name, str):
            raise invalid("a subscription id is a string")
        with self._lock:
            return (self._cursors.pop(name, None) or self._waiting.pop(name, None)) is not None

    def activate(self) -> None:
        """Let the subscriptions speak whose ids were answered."""
        with self._lock:
            self._cursors |= self._waiting
            self._waiting = {}

    def take(self, service: Service) -> list[dict[str, Any]]:
        """Return the next notifications, at most a portion of each subscription; empty when there are none."""
        with self._lock:
            cursors = list(self._cursors.items())
        return [
            {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": name, "result": item}}
            for name, cursor in cursors for item in cursor.take(service)
        ]


def subscribe(session: Session, service: Service, kind: Any, option: Any = None) -> str:
    """eth_subscribe: newHeads, logs (with criteria), newPendingTransactions (true: whole transactions)."""
    if kind == "newHeads":
        return session.add(new_cursor(service, "newHeads"))
    if kind == "logs":
        return session.add(new_cursor(service, "logs", option))
    if kind == "newPendingTransactions":
        full = option if option is not None else False
        return session.add(new_cursor(service, "newPendingTransactions", full=codec.boolean(full)))
    raise invalid(f"no such subscription: {str(kind)[:40]}")


def unsubscribe(session: Session, service: Service, name: Any) -> bool:
    """eth_unsubscribe."""
    return session.remove(name)


SESSION_METHODS: dict[str, Callable[..., Any]] = {"eth_subscribe": subscribe, "eth_unsubscribe": unsubscribe}
