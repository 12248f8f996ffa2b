"""The head of a request: parsed by llhttp (httptools), then held to stricter rules than the RFC asks.

llhttp alone decides token characters and refuses bare LF, obs-fold and odd lengths; the rules below remove what
is legal but read differently by different servers (request smuggling), and headers by which a client could pass
for a proxy or for somebody else.
"""

import re
from collections.abc import Container
from functools import lru_cache
from typing import Any

import httptools

from gateway.proxy.framing.limits import Limits, Refusal

METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_NO_BODY = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_START = re.compile(rb"([A-Z]{1,16}) (/[\x21\x24-\x5b\x5d\x5f\x61-\x7a\x7e?]*) HTTP/1\.([01])\r\n")
_START_SHAPE = re.compile(rb"[^ \r\n]+ ([^ \r\n]+) HTTP/([0-9])\.([0-9])\r\n")
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# encoded: / \ . NUL, other controls, and % itself (a second decoding would turn %252f into a slash)
# or "/", "\\" and "." in UTF-8 that is longer than it may be, which lax decoders accept
_BAD_ENCODED = re.compile(
    rb"%(?:2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF]|[cC]0%[aA][eEfF]|[cC]1%9[cC]|[eE]0%80%[aA][eEfF])"
)
# only one of each can mean anything; two are two readings
SINGLE = frozenset({
    b"host", b"content-length", b"transfer-encoding", b"content-type", b"content-encoding", b"authorization",
    b"expect", b"range", b"user-agent",
})
_CONNECTION_OPTIONS = frozenset({b"close", b"keep-alive", b"upgrade", b"te"})
# a gateway asserts these to the upstream; a client that sends one tries to be somebody else
IDENTITY = frozenset({
    b"remote-user", b"x-remote-user", b"x-forwarded-user", b"x-authenticated-user", b"x-user-id", b"x-consumer-id",
    b"x-consumer-username", b"x-credential-identifier", b"x-mulian-app", b"x-mulian-grant", b"x-mulian-consumer",
    b"x-ssl-client-dn", b"x-original-url", b"x-rewrite-url", b"x-http-method-override", b"x-method-override",
})
HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"proxy-authenticate", b"te",
    b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"content-length", b"host",
})


class RequestHead:
    """A request whose framing is unambiguous. Header names are lower case; order and repetition are kept."""

    __slots__ = (
        "chunked",
        "expect_continue",
        "fields",
        "headers",
        "keep_alive",
        "length",
        "method",
        "minor",
        "path",
        "query",
        "target",
    )

    def __init__(self, method: bytes, target: bytes, minor: int) -> None:
        self.method = method
        self.target = target
        path, _, query = target.partition(b"?")
        self.path: bytes = path
        self.query: bytes = query
        self.minor = minor
        self.headers: list[tuple[bytes, bytes]] = []
        self.fields: dict[bytes, bytes] = {}
        self.keep_alive = minor == 1
        self.length = 0
        self.chunked = False
        self.expect_continue = False

    @property
    def has_body(self) -> bool:
        """True when body bytes follow the head."""
        return self.chunked or self.length > 0


class RequestParser:
    """Parses heads of one connection. ``own`` names headers of the caller that must not come twice."""

    __slots__ = ("_limits", "_own", "_parser", "_raw")

    def __init__(self, limits: Limits, own: Container[bytes] = frozenset()) -> None:
        self._limits = limits
        self._own = own
        self._raw: list[tuple[bytes, bytes]] = []
        self._parser: Any = httptools.HttpRequestParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by httptools for each field."""
        self._raw.append((name.lower(), value))

    def parse(self, raw: bytes) -> RequestHead:
        """Return the head for ``raw``, which ends with the empty line; raise :class:`Refusal`."""
        start = _START.match(raw)
        if start is None:
            raise _start_refusal(raw, self._limits)
        method, target, minor = start.group(1, 2, 3)
        if method not in METHODS:
            raise Refusal(405 if method in (b"TRACE", b"CONNECT") else 501, "method")
        if len(target) > self._limits.target:
            raise Refusal(414, "target.long")
        head = RequestHead(method, target, 1 if minor == b"1" else 0)
        fault = path_fault(head.path)
        if fault or (b"%" in head.query and _BAD_PERCENT.search(head.query)):
            raise Refusal(400, fault or "query.percent")
        self._raw = head.headers
        try:
            self._parser.feed_data(raw)
        except httptools.HttpParserError as error:
            raise Refusal(400, "syntax") from error
        except httptools.HttpParserUpgrade:
            # RFC 9110 7.8: an upgrade may be ignored; the header is hop-by-hop and goes no further
            self._parser = httptools.HttpRequestParser(self)
        # llhttp is strict about line ends too; counting does not depend on its build flags
        if raw.count(b"\n") != len(head.headers) + 2:
            raise Refusal(400, "line.end")
        self._check(head, b"_" in raw)
        if head.chunked or head.length:
            # llhttp now waits for a body, which the caller's own reader takes
            self._parser = httptools.HttpRequestParser(self)
        return head

    def _check(self, head: RequestHead, underscores: bool) -> None:
        headers = head.headers
        if len(headers) > self._limits.headers:
            raise Refusal(431, "headers.count")
        fields = head.fields = dict(headers)
        if len(fields) != len(headers):
            self._check_repeated(headers)
        if underscores and any(b"_" in name for name in fields):
            raise Refusal(400, "header.underscore")
        if not IDENTITY.isdisjoint(fields):
            raise Refusal(400, "header.identity")
        host = fields.get(b"host")
        if host is None or not _HOST.fullmatch(host):
            raise Refusal(400, "host")
        connection = fields.get(b"connection")
        if connection is not None:
            _check_connection(head, b",".join(value for name, value in headers if name == b"connection"))
        _check_framing(head, fields)

    def _check_repeated(self, headers: list[tuple[bytes, bytes]]) -> None:
        seen: set[bytes] = set()
        for name, _ in headers:
            if name in seen and (name in SINGLE or name in self._own):
                raise Refusal(400, "header.repeated")
            seen.add(name)


def _check_framing(head: RequestHead, fields: dict[bytes, bytes]) -> None:
    length, encoding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None:
        if encoding is not None:
            raise Refusal(400, "length.and.chunked")
        if not (length.isdigit() and len(length) <= 15):
            raise Refusal(400, "length")
        head.length = int(length)
    elif encoding is not None:
        if head.minor == 0 or encoding.lower() != b"chunked":
            raise Refusal(400, "transfer.encoding")
        head.chunked = True
    if head.has_body and head.method in _NO_BODY:
        # many servers do not read a body here and take it for the next request
        raise Refusal(400, "body.unexpected")
    expect = fields.get(b"expect")
    if expect is not None:
        if expect.lower() != b"100-continue":
            raise Refusal(417, "expect")
        head.expect_continue = head.minor == 1


def _check_connection(head: RequestHead, value: bytes) -> None:
    options = {option.strip(b" \t").lower() for option in value.split(b",")} - {b""}
    if options - _CONNECTION_OPTIONS:
        # naming a header here asks a proxy to drop it: a way to strip what the upstream relies on
        raise Refusal(400, "connection.named")
    if b"close" in options:
        head.keep_alive = False
    elif head.minor == 0:
        head.keep_alive = b"keep-alive" in options


@lru_cache(maxsize=4096)
def path_fault(path: bytes) -> str:
    """Return why a path is refused, or "": dot segments, encoded separators, empty segments, bad escapes."""
    if b"%" in path:
        if _BAD_PERCENT.search(path):
            return "path.percent"
        if _BAD_ENCODED.search(path):
            return "path.encoded"
    if b"//" in path:
        return "path.empty"
    # "..;x" is a dot segment for servers that strip path parameters first
    if any(segment.partition(b";")[0] in (b".", b"..") for segment in path.split(b"/")):
        return "path.dots"
    return ""


def _start_refusal(raw: bytes, limits: Limits) -> Refusal:
    shape = _START_SHAPE.match(raw)
    if shape is None:
        return Refusal(400, "start.line")
    if shape.group(2, 3) not in ((b"1", b"0"), (b"1", b"1")):
        return Refusal(505, "version")
    return Refusal(400, "target.form")
