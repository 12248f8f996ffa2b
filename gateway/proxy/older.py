"""Callers that sign as an older platform taught them: known by its requester name, only from addresses that may."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from gateway import errors
from gateway.proxy.admission import Caller, NotAdmitted
from gateway.proxy.framing.request import RequestHead
from gateway.signing import profiles
from gateway.snapshot.rules import Compiled, Route
from kernel.errors import ErrorKind

_KINDS: dict[str, ErrorKind] = {
    "fields": errors.SIGNATURE_FIELDS, "timestamp": errors.TIMESTAMP, "signature": errors.SIGNATURE,
}
Networks = tuple[IPv4Network | IPv6Network, ...]


def identify(compiled: Compiled, route: Route, head: RequestHead, body: bytes, now: float, peer: bytes) -> Caller:
    """Return the caller; raise :class:`NotAdmitted`. ``now``: Unix seconds."""
    for accepted in route.accepts:
        name = head.fields.get(accepted.profile.requester)
        if name is None:
            continue
        if not _within(peer, accepted.networks):
            raise NotAdmitted(errors.ADDRESS)
        app, secrets = compiled.requesters.get((accepted.profile.name, name), (None, ()))
        if app is None:
            raise NotAdmitted(errors.KEY_UNKNOWN)
        request = profiles.Request(head.method, head.path, head.query, body)
        try:
            proven = profiles.verify(accepted.profile, secrets, head.fields, request, now)
        except profiles.Refused as refused:
            raise NotAdmitted(_KINDS[refused.reason], refused.header.decode(), app) from refused
        return Caller(app, proven.digest, proven.timestamp)
    raise NotAdmitted(errors.KEY_UNKNOWN)


def strangers(head: RequestHead, route: Route) -> bool:
    """Tell whether headers with underscores came that no profile of this interface consumes."""
    if profiles.UNDERSCORED.isdisjoint(head.fields):
        return False
    return any(name in profiles.UNDERSCORED and name not in route.consumed for name in head.fields)


@lru_cache(maxsize=4096)
def _within(peer: bytes, networks: Networks) -> bool:
    address = ip_address(peer.decode())
    return any(address.version == one.version and address in one for one in networks)
