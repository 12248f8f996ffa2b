"""Resolving once, checking, and connecting to exactly what was checked."""

import asyncio
import functools
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from kernel.outbound import rules
from kernel.outbound.errors import ADDRESS_REFUSED, NOT_RESOLVED, REDIRECT_REFUSED, URL_INVALID
from kernel.outbound.rules import Address, Allowed, Verdict
from kernel.settings import Settings

_MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Pinned:
    """A checked destination: connect to ``address``, say ``host`` in Host and SNI."""

    host: str
    port: int
    address: Address


def allowed_by(settings: Settings, *declared: str) -> Allowed:
    """Public addresses, the installation's declared ranges (``outbound_allow``) and those of one target."""
    ranges = [part.strip() for part in settings.outbound_allow.split(",") if part.strip()]
    return Allowed.of(*ranges, *declared)


def resolve(host: str, port: int, allowed: Allowed) -> tuple[Pinned, ...]:
    """Resolve a host once and check every address; all that is returned may be connected to.

    One refused address refuses the name: an attacker's name that answers with both would otherwise win by
    trying again. Raises ``url_invalid``, ``not_resolved``, ``address_refused``.
    """
    literal = _literal(host)
    if literal is not None:
        return _check(host, port, [literal], allowed)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NOT_RESOLVED(host=host) from error
    return _check(host, port, _addresses(found), allowed)


async def resolve_pinned(host: str, port: int, allowed: Allowed) -> tuple[Pinned, ...]:
    """The same without blocking the event loop; the gateway connects to the results in order."""
    literal = _literal(host)
    if literal is not None:
        return _check(host, port, [literal], allowed)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NOT_RESOLVED(host=host) from error
    return _check(host, port, _addresses(found), allowed)


def connect(host: str, port: int, allowed: Allowed, *, timeout: float) -> socket.socket:
    """Open a TCP connection to the first checked address that answers; raises OSError when none does."""
    failure: OSError | None = None
    for pinned in resolve(host, port, allowed):
        try:
            return socket.create_connection((str(pinned.address), port), timeout=timeout)
        except OSError as error:
            failure = error
    raise failure or OSError("no address")


def client(allowed: Allowed, *, timeout: float = 10.0, verify: bool = True) -> httpx2.Client:
    """An HTTP client that reaches only what ``allowed`` allows, also over redirects (at most five).

    No proxy and no settings of the environment are used: they would connect on our behalf to what we refused.
    """
    return httpx2.Client(
        transport=_PinnedTransport(allowed, verify=verify), timeout=timeout, trust_env=False,
        follow_redirects=True, max_redirects=_MAX_REDIRECTS,
        event_hooks={"response": [_check_redirect]},
    )


@functools.cache
def _tls(verify: bool) -> ssl.SSLContext:
    # reading the list of authorities costs 35 ms, and a probe makes a client for every look
    return httpx2.create_ssl_context(verify=verify, trust_env=False)


class _PinnedTransport(httpx2.BaseTransport):
    """Sends each request to a checked address; TLS still verifies the name that was asked for."""

    def __init__(self, allowed: Allowed, *, verify: bool) -> None:
        self._allowed = allowed
        # no connection is kept: one kept for an address might be reused for another name at that address
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.HTTPTransport(verify=_tls(verify), trust_env=False, limits=limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Resolve, check, and send to the address with the original Host and SNI."""
        try:
            origin = rules.origin_of(str(request.url), self._allowed)
        except ValueError as error:
            raise URL_INVALID(reason=str(error)) from error
        failure: Exception | None = None
        for pinned in resolve(origin.host, origin.port, self._allowed):
            pinned_request = httpx2.Request(
                request.method, request.url.copy_with(host=str(pinned.address)), headers=request.headers,
                stream=request.stream, extensions={**request.extensions, "sni_hostname": origin.host},
            )
            try:
                return self._inner.handle_request(pinned_request)
            except httpx2.ConnectError as error:
                failure = error
        raise failure or NOT_RESOLVED(host=origin.host)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


def _check_redirect(response: httpx2.Response) -> None:
    location = response.headers.get("location")
    if not response.has_redirect_location or location is None:
        return
    before = rules.Origin(response.url.scheme, response.url.host, response.url.port or 0)
    after = response.url.join(location)
    if not rules.redirect_allowed(before, rules.Origin(after.scheme, after.host, after.port or 0)):
        raise REDIRECT_REFUSED()


def _literal(host: str) -> Address | None:
    try:
        return rules.parse_literal(host)
    except ValueError as error:
        raise URL_INVALID(reason=str(error)) from error


def _addresses(found: Sequence[tuple[Any, ...]]) -> list[Address]:
    """Addresses of getaddrinfo in its order (RFC 6724), each once."""
    texts = dict.fromkeys(str(entry[4][0]) for entry in found)
    parsed = [rules.parse_literal(text) for text in texts if "%" not in text]
    return [address for address in parsed if address is not None]


def _check(host: str, port: int, addresses: list[Address], allowed: Allowed) -> tuple[Pinned, ...]:
    if not addresses:
        raise NOT_RESOLVED(host=host)
    for address in addresses:
        if rules.judge(address, allowed) in (Verdict.NEVER, Verdict.UNDECLARED):
            raise ADDRESS_REFUSED(host=host, address=str(address))
    return tuple(Pinned(host, port, address) for address in addresses)
