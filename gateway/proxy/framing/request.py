"""The head of a request, held to stricter rules than the RFC asks.

The rules remove what is legal but read differently by different servers (request smuggling), and headers by which
a client could pass for a proxy or for somebody else.
"""

import re
from collections.abc import Container
from functools import lru_cache

from gateway.proxy.framing.limits import Limits, Refusal
from gateway.proxy.framing.lines import BadLine, Block, Lines, Seen

METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_NO_BODY = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_START = re.compile(
    rb"([A-Z]{1,16}) (/[\x21\x24-\x3e\x40-\x5b\x5d\x5f\x61-\x7a\x7e]*)(?:\?([\x21\x24-\x5b\x5d\x5f\x61-\x7a\x7e]*))?"
    rb" HTTP/1\.([01])\r\n"
)
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
    """A request whose framing is unambiguous. Header names are lower case."""

    __slots__ = ("fields", "has_body", "headers", "keep_alive", "method", "minor", "path", "query")

    def __init__(self, method: bytes, path: bytes, query: bytes, minor: int, headers: Block) -> None:
        self.method, self.path, self.query, self.minor = method, path, query, minor
        self.headers = headers
        self.fields = headers.values
        self.keep_alive = not headers.close if minor else headers.keep and not headers.close
        # True when body bytes follow the head
        self.has_body = headers.chunked or bool(headers.length)


class RequestParser:
    """Parses heads. One serves all connections of an event loop.

    ``own`` names headers of the caller, which must not come twice, ``once`` those of them that are new in each
    request; ``withheld`` are not passed on.
    """

    __slots__ = ("_limits", "_lines", "_own", "_seen")

    def __init__(
        self, limits: Limits, own: Container[bytes] = frozenset(), once: Container[bytes] = frozenset(),
        withheld: Container[bytes] = HOP_BY_HOP,
    ) -> None:
        self._limits, self._own = limits, own
        self._lines = Lines(withheld, once, self._judge)
        self._seen: Seen[Block] = Seen()

    def parse(self, raw: bytes) -> RequestHead:
        """Return the head for ``raw``, which ends with the empty line; raise :class:`Refusal`."""
        start = _START.match(raw)
        if start is None:
            raise _start_refusal(raw, self._limits)
        method, path, query, minor = start.groups(b"")
        if method not in METHODS:
            raise Refusal(405 if method in (b"TRACE", b"CONNECT") else 501, "method")
        if start.end(2) + len(query) > self._limits.target:
            raise Refusal(414, "target.long")
        fault = path_fault(path)
        if fault or (b"%" in query and _BAD_PERCENT.search(query)):
            raise Refusal(400, fault or "query.percent")
        block = raw[start.end():]
        headers = self._seen.get(block) or self._read(block)
        head = RequestHead(method, path, query, 1 if minor == b"1" else 0, headers)
        if head.has_body:
            if headers.chunked and not head.minor:
                raise Refusal(400, "transfer.encoding")
            if method in _NO_BODY:
                # many servers do not read a body here and take it for the next request
                raise Refusal(400, "body.unexpected")
        return head

    def _read(self, raw: bytes) -> Block:
        try:
            block = self._lines.read(raw)
        except BadLine as error:
            raise Refusal(400, "syntax") from error
        values = block.values
        if len(block.pairs) > self._limits.headers:
            raise Refusal(431, "headers.count")
        if block.repeats(SINGLE, self._own):
            raise Refusal(400, "header.repeated")
        if not host_stands(values.get(b"host", b"")):
            raise Refusal(400, "host")
        if b"connection" in values:
            _read_connection(block)
        _read_framing(block)
        if block.familiar:
            self._seen.keep(raw, block)
        return block

    def _judge(self, name: bytes) -> None:
        if b"_" in name and name not in self._own:
            raise Refusal(400, "header.underscore")
        if name in IDENTITY:
            raise Refusal(400, "header.identity")


@lru_cache(maxsize=256)
def host_stands(value: bytes) -> bool:
    """Tell whether a Host header names one host, perhaps with a port."""
    return _HOST.fullmatch(value) is not None


def _read_framing(block: Block) -> None:
    values = block.values
    length, encoding = values.get(b"content-length"), values.get(b"transfer-encoding")
    if length is not None:
        if encoding is not None:
            raise Refusal(400, "length.and.chunked")
        if not (length.isdigit() and len(length) <= 15):
            raise Refusal(400, "length")
        block.length = int(length)
    elif encoding is not None:
        if encoding.lower() != b"chunked":
            raise Refusal(400, "transfer.encoding")
        block.chunked = True
    expect = values.get(b"expect")
    if expect is not None:
        if expect.lower() != b"100-continue":
            raise Refusal(417, "expect")
        block.expect_continue = True


def _read_connection(block: Block) -> None:
    options = {option.strip(b" \t").lower() for option in block.joined(b"connection").split(b",")} - {b""}
    if options - _CONNECTION_OPTIONS:
        # naming a header here asks a proxy to drop it: a way to strip what the upstream relies on
        raise Refusal(400, "connection.named")
    block.close, block.keep, block.upgrade = b"close" in options, b"keep-alive" in options, b"upgrade" in options


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
