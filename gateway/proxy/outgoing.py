"""What goes on to the upstream, and which of its answers a field policy can be applied to."""

from functools import lru_cache

from gateway.proxy.framing.request import HOP_BY_HOP, RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.signing import profiles
from gateway.signing import rules as signing
from gateway.snapshot.rules import App, Route
from gateway.sources.xml_rules import Template

# what a client says about itself as a proxy, or what we say to the upstream in its place
NOT_FORWARDED = HOP_BY_HOP | signing.HEADERS | profiles.UNDERSCORED | frozenset({
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
    if route.soap is not None:
        return _soap_request(route.soap, head.query, route, app, host=host, request_id=request_id, client=client)
    path = route.base + head.path[len(route.path):] or b"/"
    return (
        b"%b %b%b HTTP/1.1\r\nHost: %b\r\n%bX-Request-Id: %b\r\nX-Mulian-App: %b\r\nX-Forwarded-For: %b\r\n%b%b%b\r\n%b"
    ) % (
        head.method, path, b"?" + head.query if head.query else b"", host,
        _passed(head, route.consumed) if route.consumed else head.headers.passed, request_id, app.key, client,
        b"" if route.streams else b"Accept-Encoding: identity\r\n", _UPGRADE if upgrading else b"",
        b"Content-Length: %d\r\n" % len(body) if body or head.method in _WITH_BODY else b"", body,
    )


def _passed(head: RequestHead, consumed: frozenset[bytes]) -> bytes:
    """The caller's lines without what an older signature profile of the interface takes."""
    hidden = NOT_FORWARDED | consumed
    return b"".join(b"%b: %b\r\n" % pair for pair in head.headers.pairs if pair[0] not in hidden)


def _soap_request(
    soap: Template, query: bytes, route: Route, app: App, *, host: bytes, request_id: bytes, client: bytes,
) -> bytes:
    """Return the POST of a SOAP call; raise :class:`ParameterFault`."""
    body = soap.render(query)
    return b"".join((
        b"POST %b HTTP/1.1\r\nHost: %b\r\n" % (route.base or b"/", host),
        b"Content-Type: text/xml; charset=utf-8\r\nAccept: text/xml, application/xml\r\nAccept-Encoding: identity\r\n",
        b'SOAPAction: "%b"\r\n' % soap.action, b"Content-Length: %d\r\n" % len(body),
        b"X-Request-Id: %b\r\nX-Mulian-App: %b\r\nX-Forwarded-For: %b\r\n\r\n" % (request_id, app.key, client),
        body,
    ))


def reducible(answer: ResponseHead, *, xml: bool = False) -> bool:
    """Tell whether the body is JSON in UTF-8 (or XML) without an encoding on top: only that is reduced to fields."""
    fields = answer.fields
    return _is_plain(fields.get(b"content-type", b""), fields.get(b"content-encoding", b"identity"), xml)


@lru_cache(maxsize=256)
def _is_plain(content_type: bytes, encoding: bytes, xml: bool) -> bool:
    media, _, parameters = content_type.lower().partition(b";")
    if xml:
        kind = media.strip()
        return encoding.lower() == b"identity" and (kind in (b"text/xml", b"application/xml") or kind.endswith(b"+xml"))
    if b"charset" in parameters and b"utf-8" not in parameters and b"utf8" not in parameters:
        return False
    if encoding.lower() != b"identity":
        return False
    media = media.strip()
    return media == b"application/json" or media.endswith(b"+json")
