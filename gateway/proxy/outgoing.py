"""What goes on to the upstream, and which of its answers a field policy can be applied to."""

from gateway.proxy.framing.request import HOP_BY_HOP, RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.signing import rules as signing
from gateway.snapshot.rules import App, Route
from gateway.sources.xml_rules import Template

# what a client says about itself as a proxy, or what we say to the upstream in its place
_NOT_FORWARDED = HOP_BY_HOP | signing.HEADERS | frozenset({
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip", b"forwarded",
    b"via", b"x-request-id", b"accept-encoding", b"cookie",
})
_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})


def upstream_request(
    head: RequestHead, body: bytes, route: Route, app: App, *, host: bytes, request_id: bytes, peer: str,
) -> bytes:
    """Return the complete request: the caller's fields without hop-by-hop, signature and proxy headers."""
    if route.soap is not None:
        return _soap_request(route.soap, head.query, route, app, host=host, request_id=request_id, peer=peer)
    path = route.base + head.path[len(route.path):] or b"/"
    target = b"%b?%b" % (path, head.query) if head.query else path
    lines = [b"%b: %b\r\n" % pair for pair in head.headers if pair[0] not in _NOT_FORWARDED]
    encoding = b"" if route.streams else b"Accept-Encoding: identity\r\n"
    length = b"Content-Length: %d\r\n" % len(body) if body or head.method in _WITH_BODY else b""
    ours = b"X-Request-Id: %b\r\nX-Mulian-App: %b\r\nX-Forwarded-For: %b\r\n" % (request_id, app.key, peer.encode())
    return b"%b %b HTTP/1.1\r\nHost: %b\r\n%b%b%b%b\r\n%b" % (
        head.method, target, host, b"".join(lines), ours, encoding, length, body,
    )


def _soap_request(
    soap: Template, query: bytes, route: Route, app: App, *, host: bytes, request_id: bytes, peer: str,
) -> bytes:
    """Return the POST of a SOAP call; raise :class:`ParameterFault`."""
    body = soap.render(query)
    return b"".join((
        b"POST %b HTTP/1.1\r\nHost: %b\r\n" % (route.base or b"/", host),
        b"Content-Type: text/xml; charset=utf-8\r\nAccept: text/xml, application/xml\r\nAccept-Encoding: identity\r\n",
        b'SOAPAction: "%b"\r\n' % soap.action, b"Content-Length: %d\r\n" % len(body),
        b"X-Request-Id: %b\r\nX-Mulian-App: %b\r\nX-Forwarded-For: %b\r\n\r\n" % (request_id, app.key, peer.encode()),
        body,
    ))


def reducible(answer: ResponseHead, *, xml: bool = False) -> bool:
    """Tell whether the body is JSON in UTF-8 (or XML) without an encoding on top: only that is reduced to fields."""
    if xml:
        kind = answer.fields.get(b"content-type", b"").lower().partition(b";")[0].strip()
        plain = answer.fields.get(b"content-encoding", b"identity").lower() == b"identity"
        return plain and (kind in (b"text/xml", b"application/xml") or kind.endswith(b"+xml"))
    media, _, parameters = answer.fields.get(b"content-type", b"").lower().partition(b";")
    if b"charset" in parameters and b"utf-8" not in parameters and b"utf8" not in parameters:
        return False
    if answer.fields.get(b"content-encoding", b"identity").lower() != b"identity":
        return False
    media = media.strip()
    return media == b"application/json" or media.endswith(b"+json")
