"""HEAD where readers of public addresses expect it: the answer of GET without its body (RFC 9110, 9.3.2)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Answer HEAD of the paths that ``serves`` names as GET would be, and send no body."""

    def __init__(self, app: ASGIApp, *, serves: Callable[[str], bool]) -> None:
        self._app, self._serves = app, serves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not self._serves(scope["path"]):
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET", "state": {**scope.get("state", {}), "head": True}}
        await self._app(inner, receive, _without_body(send))


def _without_body(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return wrapped


def is_head(request: Request) -> bool:
    """Whether only the head of the answer goes out: nothing need be made for the body, and nobody reads it."""
    return bool(getattr(request.state, "head", False))
