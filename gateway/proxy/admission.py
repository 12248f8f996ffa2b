"""What comes out of looking at a caller."""

from typing import NamedTuple

from gateway.signing.compare import Comparison
from gateway.snapshot.rules import App
from kernel.errors import ErrorKind


class NotAdmitted(Exception):
    """The caller is unknown or has proven nothing: the problem, the header at fault, the application if known."""

    def __init__(
        self, kind: ErrorKind, field: str = "", app: App | None = None, comparison: Comparison | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind, self.field, self.app, self.comparison = kind, field, app, comparison


class Caller(NamedTuple):
    """``digest`` and ``timestamp`` (Unix seconds) of what must not come twice; 0 where nothing was signed."""

    app: App
    digest: bytes
    timestamp: int
