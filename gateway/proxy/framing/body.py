"""Readers of message bodies: a known length, strict chunks, or until the connection closes.

Each ``feed(data)`` returns ``(payload, used)``: the payload bytes found and how many bytes of ``data`` belong to
this message. ``done`` is True once the message is complete; bytes beyond ``used`` are not part of it.
"""

from typing import Protocol

# size line with its CRLF: no sign, no blank, no extension (all three have been used for smuggling)
_SIZE_DIGITS = 8
_HEX = b"0123456789abcdefABCDEF"


class BadChunk(ValueError):
    """A chunked body that breaks RFC 9112 section 7.1, or uses what this gateway does not accept."""


class BodyReader(Protocol):
    """What the three readers have in common."""

    done: bool

    def feed(self, data: bytes) -> tuple[bytes, int]:
        """Take bytes; return payload and the number of bytes used."""


class LengthReader:
    """Exactly ``length`` bytes."""

    __slots__ = ("done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def feed(self, data: bytes) -> tuple[bytes, int]:
        """Take up to the missing bytes."""
        size = len(data)
        if size <= self.left:
            self.left -= size
            self.done = self.left == 0
            return data, size
        used, self.left, self.done = self.left, 0, True
        return data[:used], used


class CloseReader:
    """Everything until the peer closes; the caller sets ``done`` at a clean end of stream."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def feed(self, data: bytes) -> tuple[bytes, int]:
        """Take all bytes."""
        return data, len(data)


class ChunkReader:
    """Chunked coding: CRLF only, no extensions, no trailers; raises :class:`BadChunk`."""

    __slots__ = ("_left", "_line", "_state", "done")

    def __init__(self) -> None:
        self.done = False
        self._left = 0
        self._line = b""
        self._state = "size"

    def feed(self, data: bytes) -> tuple[bytes, int]:
        """Take bytes across any number of chunks."""
        pieces: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self.done:
            if self._state == "data":
                piece = data[at:at + self._left]
                at += len(piece)
                self._left -= len(piece)
                pieces.append(piece)
                if self._left == 0:
                    self._state = "after"
            elif self._state == "size":
                at = self._size(data, at)
            else:
                at = self._end_of_line(data, at)
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), at

    def _size(self, data: bytes, at: int) -> int:
        """Read ``HEX CRLF``; a line may arrive in pieces."""
        stop = data.find(b"\n", at)
        piece = data[at:] if stop < 0 else data[at:stop + 1]
        line = self._line + piece
        digits = line.rstrip(b"\r\n") if stop >= 0 else line.removesuffix(b"\r")
        if len(digits) > _SIZE_DIGITS or digits.translate(None, _HEX):
            raise BadChunk("size")
        if stop < 0:
            self._line = line
            return at + len(piece)
        if not digits or line != digits + b"\r\n":
            raise BadChunk("size line")
        self._line = b""
        self._left = int(digits, 16)
        self._state = "data" if self._left else "last"
        return stop + 1

    def _end_of_line(self, data: bytes, at: int) -> int:
        """Read the CRLF after a chunk, or the empty line that ends the body (a trailer is refused)."""
        need = 2 - len(self._line)
        piece = data[at:at + need]
        self._line += piece
        if not b"\r\n".startswith(self._line):
            raise BadChunk("trailer" if self._state == "last" else "after data")
        if self._line == b"\r\n":
            self._line = b""
            self.done = self._state == "last"
            self._state = "size"
        return at + len(piece)
