"""What platform and witness say to each other: requests, answers, and the pure decision whether to sign.

A request {format, checkpoint, old, path} asks to sign ``checkpoint`` on top of the size ``old`` that the witness has
seen; ``path`` is the consistency proof (empty from 0). An answer {format, origin, stream, size, key, time, signature}
is the cosignature. Both are canonical JSON and a newline; nothing else about the records leaves the platform.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chain.anchoring import rules
from chain.anchoring.tree import TreeError, verify_consistency
from kernel import canonical, clock

REQUEST = "mulian-cosign-request-1"
ANSWER = "mulian-cosign-answer-1"
MAX_BYTES = 64 * 1024
TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
_FIELDS = {
    REQUEST: {"format", "checkpoint", "old", "path"},
    ANSWER: {"format", "origin", "stream", "size", "key", "time", "signature"},
}
_POINT = {"origin", "stream", "size", "root", "time", "key", "signature"}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as the platform signed it; ``key`` 65 bytes, ``signature`` r || s, ``time`` RFC 3339."""

    origin: str
    stream: str
    size: int
    root: bytes
    time: str
    key: bytes
    signature: bytes

    def body(self) -> bytes:
        """The bytes that the platform's signature covers."""
        return rules.checkpoint_bytes(self.origin, self.stream, self.size, self.root, self.time)

    def as_json(self) -> dict[str, Any]:
        """The checkpoint as files carry it."""
        return vars(self) | {name: getattr(self, name).hex() for name in ("root", "key", "signature")}


@dataclass(frozen=True)
class Request:
    """What a witness is asked to sign."""

    checkpoint: Checkpoint
    old: int
    path: list[bytes]

    def as_bytes(self) -> bytes:
        """The request's one byte form."""
        path = [node.hex() for node in self.path]
        fields = {"format": REQUEST, "checkpoint": self.checkpoint.as_json(), "old": self.old, "path": path}
        return canonical.dumps(fields) + b"\n"


@dataclass(frozen=True)
class Answer:
    """A cosignature on its way to the platform."""

    origin: str
    stream: str
    size: int
    key: bytes
    time: str
    signature: bytes

    def as_bytes(self) -> bytes:
        """The answer's one byte form."""
        fields = vars(self) | {"key": self.key.hex(), "signature": self.signature.hex(), "format": ANSWER}
        return canonical.dumps(fields) + b"\n"


class Decision(StrEnum):
    """What a witness does with a checkpoint whose platform signature is right."""

    SIGN = "sign"
    AGAIN = "again"  # the last one once more: it is signed, nothing is stored
    OTHER_SIZE = "other_size"  # the request does not start where the witness is
    CONTRADICTION = "contradiction"


def decide(last: Checkpoint | None, request: Request, seen: bytes | None) -> Decision:
    """Decide about a request; ``last`` is what was stored last for the stream, ``seen`` the root stored at its size.

    No request makes the witness forget: a smaller size is never signed, and a root other than the one that was
    seen at the same size is a contradiction wherever the request claims to start.
    """
    point = request.checkpoint
    if seen is not None and seen != point.root:
        return Decision.CONTRADICTION
    if last is not None and point.size == last.size:
        return Decision.AGAIN
    if request.old != (last.size if last else 0) or point.size < request.old:
        return Decision.OTHER_SIZE
    if last is None:
        return Decision.SIGN  # the first sight of a stream is taken on trust
    try:
        verify_consistency(last.size, point.size, last.root, point.root, request.path)
    except TreeError:
        return Decision.CONTRADICTION
    return Decision.SIGN


def read_request(data: bytes) -> Request:
    """Parse a request; ValueError says what is wrong with it."""
    fields = _read(data, REQUEST)
    path = fields["path"]
    if not isinstance(path, list) or len(path) > 128:
        raise ValueError("path")
    return Request(read_checkpoint(fields["checkpoint"]), _count(fields["old"]), [_hex(node, 32) for node in path])


def read_checkpoint(value: Any) -> Checkpoint:
    """Parse a checkpoint; ValueError says what is wrong with it."""
    if not isinstance(value, dict) or set(value) != _POINT:
        raise ValueError("checkpoint")
    size = _count(value["size"])
    if size < 1 or not isinstance(value["origin"], str) or len(value["origin"]) > 200:
        raise ValueError("checkpoint")
    return Checkpoint(
        value["origin"], _stream(value["stream"]), size, _hex(value["root"], 32), _time(value["time"]),
        _hex(value["key"], 65), _hex(value["signature"], 64),
    )


def read_answer(data: bytes) -> Answer:
    """Parse an answer; ValueError says what is wrong with it."""
    fields = _read(data, ANSWER)
    if not isinstance(fields["origin"], str):
        raise ValueError("origin")
    return Answer(
        fields["origin"], _stream(fields["stream"]), _count(fields["size"]), _hex(fields["key"], 65),
        _time(fields["time"]), _hex(fields["signature"], 64),
    )


def _read(data: bytes, kind: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES or data[-1:] != b"\n" or data.count(b"[") + data.count(b"{") > 16:
        raise ValueError("not one canonical line")
    fields = canonical.loads(data[:-1])
    if not isinstance(fields, dict) or fields.get("format") != kind or set(fields) != _FIELDS[kind]:
        raise ValueError(f"not {kind}")
    return fields


def _hex(value: Any, size: int) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value):
        raise ValueError("hex")
    return bytes.fromhex(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= canonical.MAX_INTEGER:
        raise ValueError("number")
    return value


def _stream(value: Any) -> str:
    if not isinstance(value, str) or rules.stream_of(value) is None:
        raise ValueError("stream")
    return value


def _time(value: Any) -> str:
    if not isinstance(value, str) or not TIME.fullmatch(value) or clock.iso(clock.parse(value)) != value:
        raise ValueError("time")
    return value
