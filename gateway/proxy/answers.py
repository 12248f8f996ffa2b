"""Complete HTTP answers of the gateway itself: problem+json (RFC 9457), Chinese first, with the request id."""

from functools import cache, lru_cache

import orjson

from gateway.errors import REQUEST_REFUSED
from gateway.signing.compare import Comparison
from kernel.errors import ErrorKind

PHRASES = {
    101: b"Switching Protocols",
    200: b"OK", 201: b"Created", 202: b"Accepted", 204: b"No Content", 206: b"Partial Content",
    301: b"Moved Permanently",
    302: b"Found", 304: b"Not Modified", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed", 408: b"Request Timeout", 410: b"Gone", 413: b"Content Too Large",
    414: b"URI Too Long", 417: b"Expectation Failed", 422: b"Unprocessable Content", 429: b"Too Many Requests",
    431: b"Request Header Fields Too Large", 500: b"Internal Server Error", 501: b"Not Implemented",
    502: b"Bad Gateway", 503: b"Service Unavailable", 504: b"Gateway Timeout", 505: b"HTTP Version Not Supported",
}
_ID = b"@@REQUEST-ID@@@@@@@@@@@@"  # 24 bytes, as long as a request id, so that Content-Length holds


@cache
def status_line(status: int) -> bytes:
    """Return the status line."""
    return b"HTTP/1.1 %d %b\r\n" % (status, PHRASES.get(status, b"Status"))


@lru_cache(maxsize=512)
def _template(
    kind: ErrorKind, status: int, params: tuple[tuple[str, str], ...], comparison: Comparison | None = None,
) -> tuple[bytes, bytes]:
    error = kind(**dict(params))
    more = {} if comparison is None else {"comparison": comparison.as_json()}
    body = orjson.dumps(more | {
        "type": "about:blank", "title": error.text("zh"), "title_en": error.text("en"), "status": status,
        "code": kind.code, "fix": error.fix("zh"), "fix_en": error.fix("en"), "request_id": _ID.decode(),
    })
    head = b"%bContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: %d\r\n" % (
        status_line(status), len(body),
    )
    return head + b"X-Request-Id: " + _ID + b"\r\n", body


def problem(
    kind: ErrorKind, request_id: bytes, *, close: bool, head_only: bool = False, status: int = 0, retry_ms: int = 0,
    comparison: Comparison | None = None, **params: str,
) -> bytes:
    """Return a complete problem answer."""
    head, body = _template(kind, status or kind.status, tuple(params.items()), comparison)
    extra = b"Retry-After: %d\r\n" % max(1, -(-retry_ms // 1000)) if retry_ms else b""
    connection = b"Connection: close\r\n\r\n" if close else b"\r\n"
    answer = head + extra + connection + (b"" if head_only else body)
    return answer.replace(_ID, request_id)


def malformed(reason: str, status: int, request_id: bytes) -> bytes:
    """Return the answer to a message that the framing core refused; the connection closes after it."""
    return problem(REQUEST_REFUSED, request_id, close=True, status=status, reason=reason)
