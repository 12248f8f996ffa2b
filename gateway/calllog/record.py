"""One line of the call log: what was asked, who asked, what came of it. No body, no secret, no person's number.

A line is compact JSON with short keys. Kind ``c`` is a call, written before the first byte of the answer leaves;
kind ``e`` follows when an answer that had begun was cut short.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

# 18-digit (or 15-digit) resident ID numbers and mainland mobile numbers, also when percent-encoded text is around
_ID_NUMBER, _MOBILE = rb"[1-9][0-9]{16}[0-9Xx]|[1-9][0-9]{14}", rb"(?:(?:\+|%2[bB])?86)?1[3-9][0-9]{9}"
_PERSON = re.compile(rb"(?<![0-9])(?:%b|%b)(?![0-9])" % (_ID_NUMBER, _MOBILE))
_SECRET = re.compile(rb"(?i)(^|&)([^=&]*(?:secret|token|password|passwd|pwd|sign|appkey|api_?key)[^=&]*)=[^&]*")
_DIGITS = re.compile(rb"[0-9]{11}|%3[0-9]")
_ENCODED_DIGIT = re.compile(rb"%3([0-9])")
QUERY_LIMIT, PATH_LIMIT = 1024, 512
COLUMNS = (
    "at", "request_id", "kind", "outcome", "app_key", "interface", "grant_id", "snapshot", "method", "path", "query",
    "status", "bytes_in", "bytes_out", "micros", "upstream_micros", "client",
)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as read back. ``at``: microseconds UTC; ``bytes_out`` −1 where the answer was streamed unannounced."""

    at: int
    request_id: str
    kind: str
    outcome: str
    app_key: str
    interface: str
    grant_id: str
    snapshot: int
    method: str
    path: str
    query: str
    status: int
    bytes_in: int
    bytes_out: int
    micros: int
    upstream_micros: int
    client: str


def redact(query: bytes) -> bytes:
    """Replace ID numbers, mobile numbers and values of secret-like parameters; cut to 1,024 bytes."""
    if not query:
        return query
    if _DIGITS.search(query):
        # digits may be percent-encoded one by one: read them as digits before looking
        query = _PERSON.sub(b"***", _ENCODED_DIGIT.sub(rb"\1", query))
    if b"=" in query:
        query = _SECRET.sub(rb"\1\2=***", query)
    return query[:QUERY_LIMIT]


def who(app_key: bytes, interface: str, grant_id: str, snapshot: int) -> bytes:
    """Return the piece of a line that says who called what under which configuration; a grant keeps its own."""
    return b'"%b","%b","%b",%d' % (app_key, interface.encode(), grant_id.encode(), snapshot)


def render(
    at: int, request_id: bytes, outcome: bytes, caller: bytes, method: bytes, path: bytes, query: bytes, status: int,
    bytes_in: int, bytes_out: int, micros: int, upstream_micros: int, client: bytes,
) -> bytes:
    """Return the line of a call; ``caller`` is made by :func:`who`.

    Text from the client is printable ASCII by the framing rules, never a quote.
    """
    if len(path) > 14:
        path = redact(path)[:PATH_LIMIT]
    return b'["c",%d,"%b","%b",%b,"%b","%b","%b",%d,%d,%d,%d,%d,"%b"]' % (
        at, request_id, outcome, caller, method, path, redact(query) if query else b"", status, bytes_in, bytes_out,
        micros, upstream_micros, client,
    )


def render_end(at: int, request_id: bytes, outcome: bytes, bytes_out: int) -> bytes:
    """Return the line that says how an answer that had begun ended early."""
    return b'["e",%d,"%b","%b",%d]' % (at, request_id, outcome, bytes_out)


def parse(payload: bytes) -> list[Any]:
    """Parse a line; raise ValueError when it is none."""
    line = orjson.loads(payload)
    if not isinstance(line, list) or line[:1] not in (["c"], ["e"]):
        raise ValueError("not a call-log line")
    return line


def rows(payloads: Iterable[bytes]) -> list[CallRow]:
    """Join lines into rows: an ``e`` line changes the outcome of its call."""
    calls: dict[str, CallRow] = {}
    for payload in payloads:
        line = parse(payload)
        if line[0] == "c":
            _, at, request_id, outcome, *rest = line
            calls[request_id] = CallRow(at, request_id, "call", outcome, *rest)
        elif line[2] in calls:
            row = calls[line[2]]
            values = {name: getattr(row, name) for name in COLUMNS} | {"outcome": line[3], "bytes_out": line[4]}
            calls[line[2]] = CallRow(**values)
    return list(calls.values())


def aborted(at: int, count: int, label: str) -> list[CallRow]:
    """Return the rows of calls that were started and never answered because the worker died."""
    return [
        CallRow(at, f"{label}-{index}", "aborted", "aborted", "", "", "", 0, "", "", "", 0, 0, 0, 0, 0, "")
        for index in range(count)
    ]
