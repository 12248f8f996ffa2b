"""Log-in for a token: fetched once, kept until it ends, fetched anew once however many callers were refused with it."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway.collection import bodies
from gateway.collection.errors import LOGIN_FAILED

_LONGEST = 24 * 3600
_EARLY = 30  # seconds before its end a token is no longer used
_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Token:
    """A token and its place among those that were fetched: whoever was refused says which one it used."""

    value: str
    number: int
    until: float


class Keeper:
    """The token of one upstream, for every thread of this process."""

    def __init__(self, fetch: Callable[[], tuple[str, float]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._count = 0

    def token(self, refused: int = 0) -> Token:
        """Return a token; ``refused`` is the number of the one that the upstream has just refused.

        Callers that were refused with the same token wait for one log-in and share its token.
        """
        with self._lock:
            now = self._token
            if now is None or now.number == refused or time.monotonic() >= now.until:
                value, seconds = self._fetch()
                self._count += 1
                now = self._token = Token(value, self._count, time.monotonic() + max(seconds - _EARLY, 1))
            return now


_keepers: dict[tuple[uuid.UUID, int], Keeper] = {}
_making = threading.Lock()


def keeper(upstream_id: uuid.UUID, version: int, fetch: Callable[[], tuple[str, float]]) -> Keeper:
    """Return this process's keeper of an upstream; a changed upstream gets a new one."""
    with _making:
        for old in [key for key in _keepers if key[0] == upstream_id and key[1] != version]:
            del _keepers[old]
        return _keepers.setdefault((upstream_id, version), Keeper(fetch))


def fetch(
    client: httpx2.Client, url: str, login: Mapping[str, Any], secret: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> tuple[str, float]:
    """Log in; return the token and for how many seconds it holds.

    ``login``: body (fields, in which {username} and {password} stand for the secret's), form (json or form),
    token_path, expires_path (seconds), ttl. Raises ``gateway.collection.login_failed`` without a word of the answer.
    """
    fields = {name: _filled(str(value), secret) for name, value in login.get("body", {}).items()}
    sent: dict[str, Any] = {"data": fields} if login.get("form") == "form" else {
        "content": json.dumps(fields).encode(), "headers": {"content-type": "application/json"}}
    try:
        sent["headers"] = sent.get("headers", {}) | dict(headers or {})
        with client.stream("POST", url, **sent) as answer:
            if answer.status_code >= 300:
                raise LOGIN_FAILED(reason=f"HTTP {answer.status_code}")
            body = limited(answer, _LIMIT)
        found = bodies.parsed(bodies.decoded(body, answer.headers.get("content-type", "")),
                              str(login.get("answer", "json")))
    except (httpx2.HTTPError, bodies.Unreadable) as error:
        raise LOGIN_FAILED(reason=type(error).__name__) from None
    token = bodies.at(found, str(login.get("token_path") or "token"))
    if not isinstance(token, str) or not token or any(ord(one) < 33 for one in token):
        raise LOGIN_FAILED(reason="no token")
    return token, _seconds(bodies.at(found, str(login.get("expires_path") or "expires_in")), login.get("ttl"))


def limited(answer: httpx2.Response, limit: int) -> bytes:
    """Return a streamed body of at most ``limit`` bytes after decompression; raise ``bodies.Unreadable``."""
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > limit:
            raise bodies.Unreadable(f"more than {limit >> 20} MB")
        parts.append(part)
    return b"".join(parts)


def _seconds(given: Any, usual: Any) -> float:
    try:
        found = float(given if given not in (None, "") else usual or 1800)
    except (TypeError, ValueError):
        found = 1800.0
    return min(max(found, 1.0), _LONGEST)


def _filled(text: str, secret: Mapping[str, str]) -> str:
    for name, value in secret.items():
        text = text.replace(f"{{{name}}}", value)
    return text
