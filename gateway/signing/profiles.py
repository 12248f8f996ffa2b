"""Signature profiles of older platforms, as data: which header says what, what is signed, and what makes a call unique.

They are weak: neither path, query nor body is signed, and the national platforms sign no nonce either. An interface
takes one only where its revision names it together with the addresses that may use it, and a repeated call is
recognised by the whole request. Used both ways: consumers that call us, and our calls to city and national interfaces.

Source: the calling rules of 国家数据共享交换平台 and 国家政务服务平台 (headers ``gjgxjhpt_*``, ``gjzwfwpt_*``, milliseconds) and
of provincial open-data gateways (``X-Client-Id`` and its companions).
"""

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.signing.rules import canonical_query, timestamp_fault
from kernel.digest import sm3

_VALUE = re.compile(rb"[\x21-\x7e]{1,100}")
_MILLIS = re.compile(rb"[0-9]{13}")
_SIGNATURE = re.compile(rb"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Profile:
    """Header names are lower case. ``signed``: the headers whose values are joined and signed, in this order.

    ``partner``: the header beside requester and time, a service code or a nonce. ``nonce``: whether it is a nonce.
    """

    name: str
    requester: bytes
    partner: bytes
    timestamp: bytes
    signature: bytes
    signed: tuple[bytes, bytes, bytes]
    nonce: bool

    @property
    def headers(self) -> frozenset[bytes]:
        """The headers that it consumes."""
        return frozenset((self.requester, self.partner, self.timestamp, self.signature))


@dataclass(frozen=True, slots=True)
class Request:
    """What a signature is looked at with: raw bytes as they were sent."""

    method: bytes
    path: bytes
    query: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Proven:
    """``digest``: 16 bytes that another call may not have again; ``timestamp``: Unix seconds."""

    digest: bytes
    timestamp: int


class Refused(Exception):
    """``reason``: ``fields`` (``header`` is missing or malformed), ``timestamp`` or ``signature``."""

    def __init__(self, reason: str, header: bytes = b"") -> None:
        super().__init__(reason)
        self.reason, self.header = reason, header


def _national(name: str) -> Profile:
    rid, sid, rtime, sign = (f"{name}_{part}".encode() for part in ("rid", "sid", "rtime", "sign"))
    return Profile(name, rid, sid, rtime, sign, (sid, rid, rtime), nonce=False)


_CLIENT = (b"x-client-id", b"x-nonce", b"x-timestamp", b"x-signature")
PROFILES: Mapping[str, Profile] = {
    profile.name: profile for profile in (
        _national("gjgxjhpt"),
        _national("gjzwfwpt"),
        Profile("x-client-id", *_CLIENT, (b"x-client-id", b"x-timestamp", b"x-nonce"), nonce=True),
    )
}
HEADERS: frozenset[bytes] = frozenset().union(*(profile.headers for profile in PROFILES.values()))
UNDERSCORED = frozenset(name for name in HEADERS if b"_" in name)


def string_to_sign(profile: Profile, fields: Mapping[bytes, bytes]) -> bytes:
    """Return the bytes that are signed: the values one after the other."""
    return b"".join(fields.get(name, b"") for name in profile.signed)


def signature(profile: Profile, secret: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """Return base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.digest(secret, string_to_sign(profile, fields), "sha256"))


def sign(
    profile: Profile, secret: bytes, *, requester: bytes, partner: bytes, millis: int,
) -> dict[bytes, bytes]:
    """Return the headers of a call of ours. ``partner``: the service code, or a fresh nonce."""
    fields = {profile.requester: requester, profile.partner: partner, profile.timestamp: b"%d" % millis}
    return fields | {profile.signature: signature(profile, secret, fields)}


def verify(
    profile: Profile, secrets: Iterable[bytes], fields: Mapping[bytes, bytes], request: Request, now: float,
) -> Proven:
    """Return what makes the call unique; raise :class:`Refused` when no secret fits. ``now``: Unix seconds.

    The time is looked at before a MAC is computed.
    """
    _check_shape(profile, fields)
    millis = int(fields[profile.timestamp])
    if timestamp_fault(millis // 1000, now):
        raise Refused("timestamp", profile.timestamp)
    sent = fields[profile.signature]
    if not any(hmac.compare_digest(signature(profile, secret, fields), sent) for secret in secrets):
        raise Refused("signature", profile.signature)
    return Proven(_unique(profile, fields, request), millis // 1000)


def _check_shape(profile: Profile, fields: Mapping[bytes, bytes]) -> None:
    shapes = (
        (profile.requester, _VALUE), (profile.partner, _VALUE), (profile.timestamp, _MILLIS),
        (profile.signature, _SIGNATURE),
    )
    for header, shape in shapes:
        if not shape.fullmatch(fields.get(header, b"")):
            raise Refused("fields", header)


def _unique(profile: Profile, fields: Mapping[bytes, bytes], request: Request) -> bytes:
    """A nonce is used once by its requester. Without one, the same request at the same millisecond is a replay."""
    parts = [profile.name.encode(), fields[profile.requester], fields[profile.partner]]
    if not profile.nonce:
        parts += [
            fields[profile.timestamp],
            sm3(b"\n".join((request.method, request.path, canonical_query(request.query), request.body))),
        ]
    return sm3(b"\n".join(parts))[:16]
