"""Who calls: the application of a request, proven as its interface asks."""

import base64
import binascii
import contextlib

from gateway import errors
from gateway.broker import frames
from gateway.proxy import older
from gateway.proxy.admission import Caller, NotAdmitted
from gateway.proxy.framing.request import RequestHead
from gateway.signing import compare
from gateway.signing import rules as signing
from gateway.signing.compare import Comparison
from gateway.snapshot.rules import SIGNED, App, Compiled, Route
from kernel.digest import sm3


def identify(compiled: Compiled, route: Route, head: RequestHead, body: bytes, at: int, peer: bytes) -> Caller:
    """Return the caller; raise :class:`NotAdmitted`. ``at``: microseconds of the call; ``peer``: its address."""
    app = compiled.apps.get(head.fields.get(signing.HEADER_KEY, b""))
    if app is None:
        if route.accepts and signing.HEADER_KEY not in head.fields:
            return older.identify(compiled, route, head, body, at / 1e6, peer)
        raise NotAdmitted(errors.KEY_UNKNOWN)
    if route.auth != SIGNED:
        return Caller(app, frames.NO_DIGEST, 0)
    timestamp, nonce = _verify(app, head, body, at / 1e6, explains=compiled.explains)
    return Caller(app, sm3(app.key, b"\n", nonce)[:16], timestamp)


def _verify(app: App, head: RequestHead, body: bytes, now: float, *, explains: bool) -> tuple[int, bytes]:
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
    call = head.method, head.path, head.query, body, timestamp, nonce, app.key, version
    secret = app.secrets.get(version)
    if secret is None:
        public = app.publics.get(version)
        if public is None:
            raise NotAdmitted(errors.KEY_UNKNOWN, app=app)
        if not signing.sm2_matches(public, signing.string_to_sign(*call, profile=signing.SM2_PROFILE), signature):
            raise NotAdmitted(errors.SIGNATURE, app=app)
    elif not signing.matches(secret, signing.string_to_sign(*call), signature):
        raise NotAdmitted(errors.SIGNATURE, app=app, comparison=_compared(secret, call, head) if explains else None)
    return seconds, nonce


def _compared(secret: bytes, call: tuple[bytes, ...], head: RequestHead) -> Comparison | None:
    """What the caller signed instead, in the test environment."""
    signed = compare.Signed(*call)
    given = head.fields.get(signing.HEADER_GIVEN)
    if given is not None:
        with contextlib.suppress(binascii.Error):
            return compare.with_given(signed, base64.b64decode(given))
    return compare.find(secret, signed, head.fields[signing.HEADER_SIGNATURE])
