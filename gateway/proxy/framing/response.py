"""The head of an upstream's answer. An upstream is not trusted with framing either: doubt is a fault (502)."""

import re
from typing import Any

import httptools

from gateway.proxy.framing.body import BodyReader, ChunkReader, CloseReader, LengthReader
from gateway.proxy.framing.limits import Limits, UpstreamFault

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_SINGLE = frozenset({b"content-length", b"transfer-encoding", b"content-type", b"content-encoding", b"location"})
_DROPPED = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te", b"trailer", b"transfer-encoding",
    b"upgrade", b"content-length", b"server", b"x-powered-by", b"alt-svc", b"date",
})


class ResponseHead:
    """Status, fields (lower case) and how the body is framed: ``length`` is None when it is not announced."""

    __slots__ = ("bodyless", "chunked", "fields", "headers", "keep_alive", "length", "minor", "status")

    def __init__(self, status: int, minor: int) -> None:
        self.status = status
        self.minor = minor
        self.headers: list[tuple[bytes, bytes]] = []
        self.fields: dict[bytes, bytes] = {}
        self.length: int | None = None
        self.chunked = False
        self.keep_alive = minor == 1
        self.bodyless = False

    def reader(self) -> BodyReader:
        """Return the reader of this answer's body."""
        if self.bodyless:
            return LengthReader(0)
        if self.chunked:
            return ChunkReader()
        return CloseReader() if self.length is None else LengthReader(self.length)

    def forwarded(self) -> bytes:
        """Return the fields that go on to the client, as header lines."""
        return b"".join([b"%b: %b\r\n" % pair for pair in self.headers if pair[0] not in _DROPPED])


class ResponseParser:
    """Parses the heads of one upstream connection."""

    __slots__ = ("_limits", "_raw")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._raw: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by httptools for each field."""
        self._raw.append((name.lower(), value))

    def parse(self, raw: bytes, method: bytes) -> ResponseHead:
        """Return the head of the answer to ``method``; raise :class:`UpstreamFault`."""
        start = _STATUS.match(raw)
        if start is None:
            raise UpstreamFault("status line")
        head = ResponseHead(int(start.group(2)), int(start.group(1)))
        self._raw = head.headers
        # a parser per answer: llhttp would wait for this body, which our own reader takes
        parser: Any = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(raw)
        except httptools.HttpParserUpgrade as error:
            raise UpstreamFault("upgrade") from error
        except httptools.HttpParserError as error:
            raise UpstreamFault("syntax") from error
        if raw.count(b"\n") != len(head.headers) + 2:
            raise UpstreamFault("line end")
        self._check(head, method)
        return head

    def _check(self, head: ResponseHead, method: bytes) -> None:
        headers = head.headers
        if len(headers) > self._limits.response_headers:
            raise UpstreamFault("header count")
        if head.status == 101:
            raise UpstreamFault("upgrade")
        fields = head.fields = dict(headers)
        if len(fields) != len(headers):
            seen: set[bytes] = set()
            for name, _ in headers:
                if name in seen and name in _SINGLE:
                    raise UpstreamFault("repeated header")
                seen.add(name)
        options = fields.get(b"connection", b"").lower()
        if b"close" in options or (head.minor == 0 and b"keep-alive" not in options):
            head.keep_alive = False
        self._check_framing(head, fields)
        head.bodyless = method == b"HEAD" or head.status in (204, 304) or head.status < 200

    def _check_framing(self, head: ResponseHead, fields: dict[bytes, bytes]) -> None:
        length, encoding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
        if length is not None:
            if encoding is not None:
                raise UpstreamFault("length and chunked")
            if not (length.isdigit() and len(length) <= 15):
                raise UpstreamFault("length")
            head.length = int(length)
        elif encoding is not None:
            if head.minor == 0 or encoding.lower() != b"chunked":
                raise UpstreamFault("transfer encoding")
            head.chunked = True
        elif head.status not in (204, 304) and head.status >= 200:
            head.keep_alive = False
