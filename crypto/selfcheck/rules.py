"""Looking for known clear values in bytes; pure."""

import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from kernel.digest import sm3_hex

CHUNK = 8 * 1024 * 1024
_SALT = secrets.token_bytes(16)  # of this process: the digest of an ID number alone can be guessed
_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


class Readable(Protocol):
    """What is searched: a file, a member of an archive, bytes in memory."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""


@dataclass(frozen=True)
class Needle:
    """One spelling of a value in bytes; ``mark`` names it without showing it."""

    mark: str
    encoding: str
    data: bytes


@dataclass(frozen=True)
class Hit:
    """Where a value was found. It is not shown: the finding must not become a leak itself."""

    place: str
    offset: int
    mark: str
    encoding: str


def needles(values: Sequence[str]) -> list[Needle]:
    """Return every spelling of the values that is worth looking for; values below 6 characters are refused.

    Shorter ones (most names) occur by chance and would drown a real finding.
    """
    found: dict[bytes, Needle] = {}
    for value in values:
        if len(value) < 6:
            raise ValueError("a canary has at least 6 characters")
        for encoding in _ENCODINGS:
            data = value.encode(encoding)
            found.setdefault(data, Needle(mark(value), encoding, data))
    return list(found.values())


def mark(value: str) -> str:
    """Return a short name of a value that does not show it and means nothing outside this process."""
    return f"mark:{sm3_hex(_SALT, value.encode())[:12]}"


def search(place: str, source: Readable, wanted: Sequence[Needle]) -> Iterator[Hit]:
    """Yield the first hit of every needle in each chunk of ``source``; chunks overlap by the longest needle."""
    overlap = max((len(needle.data) for needle in wanted), default=1) - 1
    tail, start = b"", 0
    while block := source.read(CHUNK):
        window = tail + block
        for needle in wanted:
            at = window.find(needle.data)
            # what lies wholly in the overlap was reported with the chunk before
            if at >= 0 and at + len(needle.data) > len(tail):
                yield Hit(place, start - len(tail) + at, needle.mark, needle.encoding)
        start += len(block)
        tail = window[-overlap:] if overlap else b""


def search_bytes(place: str, data: bytes, wanted: Sequence[Needle]) -> list[Hit]:
    """Search bytes in memory."""
    return list(search(place, io.BytesIO(data), wanted))
