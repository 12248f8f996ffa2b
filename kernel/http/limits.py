"""How often a client may ask routes that need no sign-in: a token bucket for each address, in each process."""

import threading
import time
from collections import OrderedDict

from fastapi import Request

from kernel.errors import define
from kernel.runtime import Runtime

RATE = define(
    "kernel.http.rate", 429, zh="请求过于频繁", en="Too many requests",
    fix_zh="请稍等片刻再试", fix_en="Wait a moment and try again",
)
_BURST_SECONDS = 10
_CLIENTS = 10_000


class Limiter:
    """A token bucket for each client address, in this process: ``rate`` a second, ten seconds' worth at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, client: str, rate: int) -> bool:
        """Take one token; False when the client has none left."""
        if rate == 0:
            return True
        now = time.monotonic()
        with self._lock:
            tokens, seen = self._clients.pop(client, (float(rate * _BURST_SECONDS), now))
            tokens = min(rate * _BURST_SECONDS, tokens + (now - seen) * rate)
            self._clients[client] = (tokens - 1 if tokens >= 1 else tokens, now)
            if len(self._clients) > _CLIENTS:
                self._clients.popitem(last=False)
        return tokens >= 1


_limiter = Limiter()


def admitted(request: Request) -> bool:
    """Whether the client may ask now; said by its address, or the one that a trusted proxy names."""
    runtime: Runtime = request.app.state.runtime
    settings = runtime.settings
    return _limiter.admits(client_of(request, settings.trusted_proxies), settings.public_rate)


def admit(request: Request) -> None:
    """Raise ``kernel.http.rate`` when the client asks too often."""
    if not admitted(request):
        raise RATE()


def client_of(request: Request, trusted: str) -> str:
    """The client's address: the last one in X-Forwarded-For that is no trusted proxy, when a proxy of ours asks."""
    peer = request.client.host if request.client else "?"
    proxies = {one.strip() for one in trusted.split(",") if one.strip()}
    if peer not in proxies:
        return peer
    named = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",") if one.strip()]
    return next((one for one in reversed(named) if one not in proxies), peer)
