"""Who calls: the application of a request, proven as its interface asks."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway import errors
from gateway.broker import frames
from gateway.proxy.framing.request import RequestHead
from gateway.signing import rules as signing
from gateway.snapshot.rules import SIGNED, App, Route
from kernel.digest import sm3
from kernel.errors import ErrorKind


class NotAdmitted(Exception):
    """The caller is unknown or has proven nothing: the problem, the header at fault, the application if known."""

    def __init__(self, kind: ErrorKind, field: str = "", app: App | None = None) -> None:
        super().__init__(kind.code)
        self.kind, self.field, self.app = kind, field, app


class Caller(NamedTuple):
    """``digest`` and ``timestamp`` (Unix seconds) of the nonce, where the interface asks for a signature."""

    app: App
    digest: bytes
    timestamp: int


def identify(apps: Mapping[bytes, App], route: Route, head: RequestHead, body: bytes, at: int) -> Caller:
    """Return the caller; raise :class:`NotAdmitted`. ``at``: microseconds of the call."""
    app = apps.get(head.fields.get(signing.HEADER_KEY, b""))
    if app is None:
        raise NotAdmitted(errors.KEY_UNKNOWN)
    if route.auth != SIGNED:
        return Caller(app, frames.NO_DIGEST, 0)
    timestamp, nonce = _verify(app, head, body, at / 1e6)
    return Caller(app, sm3(app.key, b"\n", nonce)[:16], timestamp)


def _verify(app: App, head: RequestHead, body: bytes, now: float) -> tuple[int, bytes]:
    """Return timestamp and nonce of a request whose signature is right. ``now``: Unix seconds.

    The timestamp is checked before the MAC is computed, the nonce only after it (by the broker): an attacker
    without a secret can neither fill the nonce table nor make us compute for old requests.
    """
    fields = head.fields
    timestamp = fields.get(signing.HEADER_TIMESTAMP, b"")
    nonce = fields.get(signing.HEADER_NONCE, b"")
    signature = fields.get(signing.HEADER_SIGNATURE, b"")
    fault = signing.shape_fault(timestamp, nonce, signature)
    if fault:
        raise NotAdmitted(errors.SIGNATURE_FIELDS, fault, app)
    seconds = int(timestamp)
    if signing.timestamp_fault(seconds, now):
        raise NotAdmitted(errors.TIMESTAMP, app=app)
    version = fields.get(signing.HEADER_VERSION, b"")
    secret = app.secrets.get(version)
    if secret is None:
        raise NotAdmitted(errors.KEY_UNKNOWN, app=app)
    text = signing.string_to_sign(head.method, head.path, head.query, body, timestamp, nonce, app.key, version)
    if not signing.matches(secret, text, signature):
        raise NotAdmitted(errors.SIGNATURE, app=app)
    return seconds, nonce
