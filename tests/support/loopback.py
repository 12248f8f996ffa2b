"""HTTP to servers of the tests: no TLS, so the list of authorities (35 ms of processor time a client) stays unread."""

import ssl
from typing import Any

import httpx2

_UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(url: str, *, timeout: float = 30) -> httpx2.Client:
    """Return a client of one http:// server."""
    assert url.startswith("http://")
    return httpx2.Client(base_url=url, timeout=timeout, verify=_UNUSED)


def get(url: str, **options: Any) -> httpx2.Response:
    """Ask once, on a connection of its own."""
    return httpx2.get(url, verify=_UNUSED, timeout=30, **options)


def post(url: str, **options: Any) -> httpx2.Response:
    """Send once, on a connection of its own."""
    return httpx2.post(url, verify=_UNUSED, timeout=30, **options)
