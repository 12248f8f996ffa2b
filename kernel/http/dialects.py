"""Errors in the form of a protocol of others, for what fails before its routes: size, depth, method, path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from kernel.errors import MulianError

Render = Callable[[MulianError, str], Response]
"""An error and the address that was asked (scheme and host, no slash at the end) as an answer."""


@dataclass(frozen=True)
class Dialect:
    """Paths at or below ``prefixes`` answer errors by ``render``."""

    prefixes: tuple[str, ...]
    render: Render

    def speaks(self, path: str) -> bool:
        """Whether a path belongs to the protocol."""
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in self.prefixes)


def translate(dialects: Sequence[Dialect], scope: Scope, error: MulianError) -> Response | None:
    """The error in the form of the protocol to which the path belongs; None for our own paths."""
    for dialect in dialects:
        if dialect.speaks(scope["path"]):
            host = Headers(scope=scope).get("host", "localhost")
            return dialect.render(error, f"{scope.get('scheme', 'http')}://{host}")
    return None
