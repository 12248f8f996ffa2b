"""Addresses of clients behind declared proxies (setting ``trusted_proxies``). Nobody else is believed."""

import ipaddress

from kernel.outbound.rules import Allowed, Network


class Proxies:
    """The declared proxies: addresses and ranges."""

    def __init__(self, setting: str = "") -> None:
        names = [text.strip() for text in setting.split(",") if text.strip()]
        self._ranges: tuple[Network, ...] = Allowed.of(*names).declared

    def trusts(self, address: bytes) -> bool:
        """Tell whether an address is a declared proxy's."""
        if not self._ranges:
            return False
        try:
            found = ipaddress.ip_address(address.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            return False
        return any(found in one for one in self._ranges)

    def client(self, peer: bytes, forwarded: bytes) -> bytes:
        """Return who called a declared proxy ``peer``: the last address of ``X-Forwarded-For`` that is no proxy's.

        What is not an address ends the search: left of it anything may stand.
        """
        client = peer
        for text in reversed(forwarded.split(b",")):
            address = text.strip()
            try:
                ipaddress.ip_address(address.decode("ascii"))
            except (UnicodeDecodeError, ValueError):
                return client
            client = address
            if not self.trusts(address):
                return client
        return client
