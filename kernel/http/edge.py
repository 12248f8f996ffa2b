"""Pure ASGI middleware around the whole application: trace number, size limits, no U+0000, security headers."""

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.errors import BODY_ENCODING, BODY_TOO_DEEP, BODY_TOO_LARGE, NOT_FOUND, TEXT_NUL, MulianError
from kernel.http.dialects import Dialect, translate

JSON_LIMIT = 4 * 1024 * 1024
JSON_DEPTH = 64
CSP = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self'; style-src-attr 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "frame-src 'self' blob:"
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
# an escape, not the text backslash-u: that has its own backslash escaped
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_BRACKET = re.compile(rb"[{}\[\]]")
_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Edge:
    """Give every request a trace number and every response its security headers; refuse oversized bodies."""

    def __init__(self, app: ASGIApp, *, body_limit: int, dialects: Sequence[Dialect] = ()) -> None:
        self._app, self._body_limit, self._dialects = app, body_limit, dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = secrets.token_hex(8)
        scope.setdefault("state", {})["trace"] = trace
        headers = Headers(scope=scope)
        is_json = _is_json(headers)
        limit = JSON_LIMIT if is_json else self._body_limit
        try:
            _without_nul(scope)
            receive = await _limited(headers, receive, limit, is_json)
        except MulianError as error:
            answer = translate(self._dialects, scope, error) or _refusal(error, trace)
            answer.headers["connection"] = "close"
            await answer(scope, receive, _with_headers(send, trace, scope["path"]))
            return
        await self._app(scope, receive, _with_headers(send, trace, scope["path"]))


def _with_headers(send: Send, trace: str, path: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = trace
            if path.startswith("/api/"):
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return wrapped


def _without_nul(scope: Scope) -> None:
    """Refuse U+0000, which no text of ours holds and PostgreSQL cannot store."""
    if "\0" in scope["path"]:
        raise NOT_FOUND()
    # the public protocols have words of their own for a parameter that cannot be
    if scope["path"].startswith("/api/v1/") and b"%00" in scope["query_string"]:
        raise TEXT_NUL()


async def _limited(headers: Headers, receive: Receive, limit: int, is_json: bool) -> Receive:
    """Read a JSON body whole (checking size and depth); meter any other body as it is read."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BODY_TOO_LARGE(limit=limit)
    if not is_json:
        return _metered(receive, limit)
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return _replayed([message], receive)
        body += message.get("body", b"")
        if len(body) > limit:
            raise BODY_TOO_LARGE(limit=limit)
        if not message.get("more_body"):
            break
    _check_json(body)
    return _replayed([{"type": "http.request", "body": body, "more_body": False}], receive)


def _is_json(headers: Headers) -> bool:
    """Tell whether the framework will read the body as JSON: any spelling of the type, and its relatives."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _check_json(body: bytes) -> None:
    """Refuse JSON in another encoding, which a parser would take and these checks would not see through."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BODY_ENCODING() from error
    if b"\0" in body:  # UTF-16 of mere ASCII is UTF-8 with U+0000
        raise BODY_ENCODING()
    if _depth(body) > JSON_DEPTH:
        raise BODY_TOO_DEEP(limit=JSON_DEPTH)
    if _NUL.search(body):
        raise TEXT_NUL()


def _metered(receive: Receive, limit: int) -> Receive:
    read = 0

    async def wrapped() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            return {"type": "http.disconnect"}
        return message

    return wrapped


def _replayed(messages: Iterable[Message], receive: Receive) -> Receive:
    pending = list(messages)

    async def wrapped() -> Message:
        return pending.pop(0) if pending else await receive()

    return wrapped


def _depth(body: bytes) -> int:
    """Return an upper bound of the nesting of a JSON text without parsing it (a parser would recurse)."""
    if body.count(b"{") + body.count(b"[") <= JSON_DEPTH:
        return 0
    deepest = depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _refusal(error: MulianError, trace: str) -> Response:
    body: dict[str, Any] = {
        "type": f"/docs/errors#{error.code}", "title": error.text("zh"), "status": error.status,
        "detail": error.text("zh"), "code": error.code, "trace": trace, "params": error.params,
    }
    return Response(orjson.dumps(body), error.status, media_type="application/problem+json")
