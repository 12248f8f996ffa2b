"""What goes on to the upstream, and which of its answers a field policy can be applied to."""

from functools import lru_cache

from gateway.proxy.framing.request import HOP_BY_HOP, RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.signing import rules as signing
from gateway.snapshot.rules import App, Route

# what a client says about itself as a proxy, or what we say to the upstream in its place
NOT_FORWARDED = HOP_BY_HOP | signing.HEADERS | frozenset({
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip", b"forwarded",
    b"via", b"x-request-id", b"accept-encoding", b"cookie",
})
_UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})


def upstream_request(
    head: RequestHead, body: bytes, route: Route, app: App, *, host: bytes, request_id: bytes, client: bytes,
    upgrading: bool = False,
) -> bytes:
    """Return the complete request: the caller's fields without hop-by-hop, signature and proxy headers."""
    path = route.base + head.path[len(route.path):] or b"/"
    return (
        b"%b %b%b HTTP/1.1\r\nHost: %b\r\n%bX-Request-Id: %b\r\nX-Mulian-App: %b\r\nX-Forwarded-For: %b\r\n%b%b%b\r\n%b"
    ) % (
        head.method, path, b"?" + head.query if head.query else b"", host, head.headers.passed, request_id, app.key,
        client, b"" if route.streams else b"Accept-Encoding: identity\r\n", _UPGRADE if upgrading else b"",
        b"Content-Length: %d\r\n" % len(body) if body or head.method in _WITH_BODY else b"", body,
    )


def asks_for_websocket(head: RequestHead) -> bool:
    """Tell whether a request with ``Connection: upgrade`` names WebSocket."""
    return head.method == b"GET" and head.fields.get(b"upgrade", b"").lower() == b"websocket"


def reducible(answer: ResponseHead) -> bool:
    """Tell whether the body is JSON in UTF-8 without an encoding on top: nothing else can be reduced to fields."""
    fields = answer.fields
    return _is_json(fields.get(b"content-type", b""), fields.get(b"content-encoding", b"identity"))


@lru_cache(maxsize=256)
def _is_json(content_type: bytes, encoding: bytes) -> bool:
    media, _, parameters = content_type.lower().partition(b";")
    if b"charset" in parameters and b"utf-8" not in parameters and b"utf8" not in parameters:
        return False
    if encoding.lower() != b"identity":
        return False
    media = media.strip()
    return media == b"application/json" or media.endswith(b"+json")
