"""One line of the call log: what was asked, who asked, what came of it. No body, no secret, no person's number.

A line is compact JSON with short keys. Kind ``c`` is a call, written before the first byte of the answer leaves;
kind ``e`` follows when an answer that had begun was cut short.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

# resident ID numbers and mainland mobile numbers. A number may stand behind an escape whose last sign is a digit
# ("%22110101…"), and its X may be an escape; an ID number with a plausible date is one whatever digits surround it.
_ALONE = rb"(?:(?<![0-9])|(?<=%[0-9A-Fa-f][0-9]))"
_LAST = rb"(?:[Xx]|%[57]8|[0-9](?![0-9]))"
_DATED = rb"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?:[0-9Xx]|%[57]8)"
_GLUED = rb"(?:1[3-9][0-9]{9})?"
_PERSON = re.compile(
    rb"%b%b|%b(?:[1-9][0-9]{16}%b|[1-9][0-9]{14}(?![0-9])|(?:(?:\+|%%2[bB]|00)?86)?1[3-9][0-9]{9}(?![0-9]))"
    % (_DATED, _GLUED, _ALONE, _LAST)
)
_SECRET = re.compile(rb"(?i)(^|&)([^=&]*(?:secret|token|password|passwd|pwd|sign|appkey|api_?key)[^=&]*)=[^&]*")
_DIGITS = re.compile(rb"[0-9]{11}|%3[0-9]")
_ENCODED_DIGIT = re.compile(rb"%3([0-9])")
QUERY_LIMIT, PATH_LIMIT = 1024, 512
COLUMNS = (
    "at", "request_id", "kind", "outcome", "app_key", "interface", "grant_id", "snapshot", "method", "path", "query",
    "status", "bytes_in", "bytes_out", "micros", "upstream_micros", "client",
)
_ID, _OUTCOME, _BYTES_OUT = (COLUMNS.index(name) for name in ("request_id", "outcome", "bytes_out"))
NUMBERS = frozenset({"at", "snapshot", "status", "bytes_in", "bytes_out", "micros", "upstream_micros"})
_SORTED = [COLUMNS.index(name) for name in sorted(COLUMNS)]
_PIECES = [f'"{name}":%d' if name in NUMBERS else f'"{name}":"%s"' for name in sorted(COLUMNS)]
_TEMPLATE = "{" + ",".join(_PIECES) + "}"
# lines that are parsed at once: what they become fits into a processor's cache
_PIECE = 1000
# one list for each of COLUMNS
Columns = list[list[Any]]


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


def columns(payloads: Sequence[bytes]) -> Columns:
    """Join lines into calls, as one list for each of ``COLUMNS``: an ``e`` line changes the outcome of its call."""
    found: Columns = [[] for _ in COLUMNS]
    ends: list[list[Any]] = []
    for start in range(0, len(payloads), _PIECE):
        lines: list[list[Any]] = orjson.loads(b"[%b]" % b",".join(payloads[start:start + _PIECE]))
        kinds = {line[0] for line in lines}
        if kinds - {"c", "e"}:
            raise ValueError("not a call-log line")
        if "e" in kinds:
            ends += [line for line in lines if line[0] == "e"]
            lines = [line for line in lines if line[0] == "c"]
        # ["c", at, request id, outcome, …]: the kind stands third in a row
        kind, at, request_id, *rest = zip(*lines, strict=True) if lines else [()] * len(COLUMNS)
        for column, values in zip(found, (at, request_id, ("call",) * len(kind), *rest), strict=True):
            column += values
    if ends:
        places = {request_id: place for place, request_id in enumerate(found[_ID])}
        for _, _, request_id, outcome, bytes_out in ends:
            place = places.get(request_id)
            if place is not None:
                found[_OUTCOME][place], found[_BYTES_OUT][place] = outcome, bytes_out
    return found


def rows(payloads: Sequence[bytes]) -> list[CallRow]:
    """Return the calls of lines."""
    return [CallRow(*values) for values in zip(*columns(payloads), strict=True)]


def add_missing(calls: Columns, at: int, count: int, label: str, kind: str) -> None:
    """Add a row for each call without a line.

    ``kind``: ``aborted`` started and never answered, because the worker died; ``gap`` answered, and its line found no
    room or was lost with the host.
    """
    for index in range(count):
        values = at, f"{label}-{kind}-{index}", kind, kind, "", "", "", 0, "", "", "", 0, 0, 0, 0, 0, ""
        for column, value in zip(calls, values, strict=True):
            column.append(value)


def sort(calls: Columns) -> Columns:
    """Return the calls by time and id."""
    keys = list(zip(calls[0], calls[1], strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return calls if order == list(range(len(keys))) else [[column[at] for at in order] for column in calls]


def row_json(calls: Columns) -> list[bytes]:
    """Return rows as canonical JSON: flat, ASCII keys, integers, text: orjson's sorted form is RFC 8785."""
    in_order = zip(*[calls[place] for place in _SORTED], strict=True)
    texts = [calls[place] for place, name in enumerate(COLUMNS) if name not in NUMBERS]
    if any(b"\\" in orjson.dumps(column) for column in texts):
        names = sorted(COLUMNS)
        return [orjson.dumps(dict(zip(names, values, strict=True))) for values in in_order]
    # no text needs an escape: one template, several times as fast
    return [(_TEMPLATE % values).encode() for values in in_order]
