"""Opens connections to upstreams: the name is resolved here, judged, and the connection goes to that address.

Nothing is resolved twice, so a name cannot change between the check and the connect.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.proxy.framing.upstream import UpstreamConnection, UpstreamPool
from kernel.outbound.rules import Allowed, Verdict, judge, parse_literal

Origin = tuple[str, str, int]
_CONNECT_SECONDS = 3.0


class AddressRefused(OSError):
    """The upstream's name leads to an address that may not be used."""


class Connector:
    """``allowed``: private ranges that upstreams may live in (setting ``outbound_allow``)."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._tls = ssl.create_default_context()

    def connect_to(self, origin: Origin) -> Callable[[UpstreamPool], Coroutine[Any, Any, UpstreamConnection]]:
        """Return the connect function of a pool."""

        async def connect(pool: UpstreamPool) -> UpstreamConnection:
            return await asyncio.wait_for(self._connect(pool, origin), _CONNECT_SECONDS)

        return connect

    async def _connect(self, pool: UpstreamPool, origin: Origin) -> UpstreamConnection:
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        addresses = await self.addresses(host, port)
        problem: OSError = AddressRefused(host)
        for address in addresses:
            try:
                _, protocol = await loop.create_connection(
                    lambda: UpstreamConnection(pool), address, port,
                    ssl=self._tls if scheme == "https" else None,
                    server_hostname=host if scheme == "https" else None,
                )
                return protocol
            except OSError as error:
                problem = error
        raise problem

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the permitted addresses of a host; raise :class:`AddressRefused` when any of them is not."""
        literal = parse_literal(host)
        if literal is not None:
            found = [literal]
        else:
            infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in infos))
        for address in found:
            # one bad address among good ones is how rebinding starts: all must pass
            if judge(address, self._allowed) not in (Verdict.PUBLIC, Verdict.DECLARED):
                raise AddressRefused(f"{host}: {address}")
        return [str(address) for address in found]


def allowed_from(setting: str) -> Allowed:
    """Return what the setting ``outbound_allow`` (comma-separated addresses and ranges) permits."""
    return Allowed.of(*[text.strip() for text in setting.split(",") if text.strip()])
