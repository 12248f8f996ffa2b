"""The head of an upstream's answer. An upstream is not trusted with framing either: doubt is a fault (502)."""

import re

from gateway.proxy.framing.body import BodyReader, ChunkReader, CloseReader, LengthReader
from gateway.proxy.framing.limits import Limits, UpstreamFault
from gateway.proxy.framing.lines import BadLine, Block, Lines, Seen

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_SINGLE = frozenset({b"content-length", b"transfer-encoding", b"content-type", b"content-encoding", b"location"})
_WITHHELD = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te", b"trailer", b"transfer-encoding",
    b"upgrade", b"content-length", b"server", b"x-powered-by", b"alt-svc", b"date",
})


class ResponseHead:
    """Status, fields (lower case) and how the body is framed: ``length`` is None when it is not announced.

    Shared by answers, never changed.
    """

    __slots__ = ("bodyless", "chunked", "fields", "keep_alive", "length", "passed", "status")

    def __init__(self, status: int, minor: int, headers: Block, *, bodyless: bool) -> None:
        self.status = status
        self.fields, self.passed = headers.values, headers.passed
        self.length, self.chunked = headers.length, headers.chunked
        self.bodyless = bodyless
        lasts = headers.length is not None or headers.chunked or status in (204, 304) or status < 200
        self.keep_alive = lasts and not headers.close and (minor == 1 or headers.keep)

    def reader(self) -> BodyReader:
        """Return the reader of this answer's body."""
        if self.bodyless:
            return LengthReader(0)
        if self.chunked:
            return ChunkReader()
        return CloseReader() if self.length is None else LengthReader(self.length)


class ResponseParser:
    """Parses the heads of answers; one serves all connections of a pool."""

    __slots__ = ("_limits", "_lines", "_seen", "_seen_to_head")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines = Lines(_WITHHELD)
        self._seen: Seen[ResponseHead] = Seen()
        self._seen_to_head: Seen[ResponseHead] = Seen()

    def parse(self, raw: bytes, method: bytes) -> ResponseHead:
        """Return the head of the answer to ``method``; raise :class:`UpstreamFault`."""
        seen = self._seen_to_head if method == b"HEAD" else self._seen
        return seen.get(raw) or self._read(raw, seen, to_head=method == b"HEAD")

    def _read(self, raw: bytes, seen: Seen[ResponseHead], *, to_head: bool) -> ResponseHead:
        start = _STATUS.match(raw)
        if start is None:
            raise UpstreamFault("status line")
        try:
            block = self._lines.read(raw[start.end():])
        except BadLine as error:
            raise UpstreamFault("syntax") from error
        self._check(block)
        status, minor = int(start[2]), 1 if start[1] == b"1" else 0
        if block.chunked and not minor:
            raise UpstreamFault("transfer encoding")
        head = ResponseHead(status, minor, block, bodyless=to_head or status in (204, 304) or status < 200)
        if block.familiar:
            seen.keep(raw, head)
        return head

    def _check(self, block: Block) -> None:
        if len(block.pairs) > self._limits.response_headers:
            raise UpstreamFault("header count")
        if block.repeats(_SINGLE):
            raise UpstreamFault("repeated header")
        values = block.values
        options = block.joined(b"connection").lower() if b"connection" in values else b""
        block.close, block.keep, block.upgrade = b"close" in options, b"keep-alive" in options, b"upgrade" in options
        length, encoding = values.get(b"content-length"), values.get(b"transfer-encoding")
        if length is not None:
            if encoding is not None:
                raise UpstreamFault("length and chunked")
            if not (length.isdigit() and len(length) <= 15):
                raise UpstreamFault("length")
            block.length = int(length)
        elif encoding is not None:
            if encoding.lower() != b"chunked":
                raise UpstreamFault("transfer encoding")
            block.chunked = True
