"""What every adapter is given: a place that the outbound guard has checked, an account, how TLS is asked for."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kernel.outbound.rules import Allowed

TIMEOUT = 15.0
Tls = Literal["off", "require", "verify"]


@dataclass(frozen=True)
class Place:
    """Where a database is. ``authority``: PEM of the certificate authority, for ``tls="verify"``."""

    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)
    allowed: Allowed
    tls: Tls = "verify"
    authority: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context; None without TLS."""
        if self.tls == "off":
            return None
        context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
        if self.tls == "require":  # an eavesdropper is kept out, somebody in between is not: said in the guide
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
