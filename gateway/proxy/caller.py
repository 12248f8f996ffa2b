"""Who calls: the signature of a request against the secrets of its application."""

from gateway import errors
from gateway.proxy.framing.request import RequestHead
from gateway.signing import rules as signing
from gateway.snapshot.rules import App
from kernel.errors import ErrorKind


def signature_fault(app: App, head: RequestHead, body: bytes, now: float) -> tuple[ErrorKind, str] | None:
    """Return the problem (and the header at fault) of a request's signature, None when it is right.

    ``now``: Unix seconds. The timestamp is checked before the MAC is computed, the nonce only after it (by the
    broker): an attacker without a secret can neither fill the nonce table nor make us compute for old requests.
    """
    fields = head.fields
    timestamp = fields.get(signing.HEADER_TIMESTAMP, b"")
    nonce = fields.get(signing.HEADER_NONCE, b"")
    signature = fields.get(signing.HEADER_SIGNATURE, b"")
    fault = signing.shape_fault(timestamp, nonce, signature)
    if fault:
        return errors.SIGNATURE_FIELDS, fault
    if signing.timestamp_fault(int(timestamp), now):
        return errors.TIMESTAMP, ""
    version = fields.get(signing.HEADER_VERSION, b"")
    secret = app.secrets.get(version)
    if secret is None:
        return errors.KEY_UNKNOWN, ""
    text = signing.string_to_sign(head.method, head.path, head.query, body, timestamp, nonce, app.key, version)
    return None if signing.matches(secret, text, signature) else (errors.SIGNATURE, "")
