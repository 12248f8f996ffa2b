"""Calls to city and national platforms, signed as those ask: by a fixed secret, or by one that they renew."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from gateway.signing.profiles import PROFILES, sign
from kernel import clock

# a fixed secret is looked for again as seldom as any token
FIXED_SECONDS = 24 * 3600.0


def presenting(login: Mapping[str, Any], *, renewing: bool = False) -> Callable[[str], dict[str, str]]:
    """Return what makes the headers of a call from a secret; every call is signed for itself.

    ``login``: profile, requester, partner (service code; a profile with nonces makes its own); ``renewing``: the call
    that asks for the next secret, which may have a service code of its own (renewal).
    """
    profile = PROFILES[str(login["profile"])]
    service = str(login.get("renewal") or login.get("partner", "")) if renewing else str(login.get("partner", ""))

    def headers(secret: str) -> dict[str, str]:
        partner = secrets.token_hex(16) if profile.nonce else service
        signed = sign(
            profile, secret.encode(), requester=str(login["requester"]).encode(), partner=partner.encode(),
            millis=clock.now_micros() // 1000,
        )
        return {name.decode(): value.decode() for name, value in signed.items()}

    return headers
