"""Header lines. A line that came before is known by one look-up, and so is a whole block of such lines.

Clients and upstreams send the same lines again and again; only what is new is held against the grammar. The
grammar is narrower than RFC 9112: a token, a colon at once, then printable bytes and blanks. Folding, bare CR or
LF, NUL and other controls are no part of it, so they are refused without a rule of their own.
"""

from collections.abc import Callable, Container
from typing import Generic, TypeVar

T = TypeVar("T")
# name in lower case, value without blanks around it
Pair = tuple[bytes, bytes]
# the pair, and the line as it is passed on (b"" when it is withheld)
Line = tuple[Pair, bytes]
_TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
# longer ones are not kept: what is long is seldom sent twice, and memory stays bounded
_KEPT_LINE, _KEPT_BLOCK = 256, 2048
_LINES, _BLOCKS = 4096, 512


class BadLine(ValueError):
    """A line that is no header field."""


class Block:
    """The header lines of a message, and what they say about its framing whatever the start line before them.

    ``values``: the last value by name; ``passed``: what goes on to the other side; ``familiar``: every line had come
    before; ``length``: None when no Content-Length is there. Shared by messages, never changed once it is read.
    """

    __slots__ = (
        "chunked", "close", "expect_continue", "familiar", "keep", "length", "pairs", "passed", "upgrade", "values",
    )

    def __init__(self, pairs: list[Pair], passed: bytes, familiar: bool) -> None:
        self.pairs, self.passed, self.familiar = pairs, passed, familiar
        self.values: dict[bytes, bytes] = dict(pairs)
        self.length: int | None = None
        self.chunked = self.expect_continue = self.close = self.keep = self.upgrade = False

    def joined(self, name: bytes) -> bytes:
        """Return the values of a header that may come several times, as one list."""
        return b",".join([value for one, value in self.pairs if one == name])

    def repeats(self, single: Container[bytes], own: Container[bytes] = ()) -> bool:
        """Tell whether a header comes twice that must not."""
        if len(self.values) == len(self.pairs):
            return False
        names = [name for name, _ in self.pairs]
        return any(names.count(name) > 1 for name in self.values if name in single or name in own)


class Lines:
    """Reads header lines. Owned by one event loop.

    ``withheld`` names those that are not passed on, ``once`` those whose value never comes again; ``judge`` may
    raise when it sees a name.
    """

    __slots__ = ("_judge", "_known", "_names", "_once", "_withheld")

    def __init__(
        self, withheld: Container[bytes], once: Container[bytes] = (), judge: Callable[[bytes], None] | None = None,
    ) -> None:
        self._withheld, self._once, self._judge = withheld, once, judge
        self._known: dict[bytes, Line] = {}
        # a name as written → in lower case, whether it is withheld, whether its value never comes again
        self._names: dict[bytes, tuple[bytes, bool, bool]] = {}

    def read(self, block: bytes) -> Block:
        """Read lines, each ended by CRLF, and the empty line behind them; raise :class:`BadLine`."""
        get, pairs, passed, familiar = self._known.get, [], [], True
        for raw in block.split(b"\r\n")[:-2]:
            line = get(raw)
            if line is None:
                familiar, line = False, self._learn(raw)
            pairs.append(line[0])
            passed.append(line[1])
        return Block(pairs, b"".join(passed), familiar)

    def _learn(self, raw: bytes) -> Line:
        written, colon, value = raw.partition(b":")
        name, withheld, once = self._names.get(written) or self._name(written)
        if not colon or value.translate(None, _VALUE):
            raise BadLine
        value = value.strip(b" \t")
        line = (name, value), b"" if withheld else b"%b: %b\r\n" % (name, value)
        if not once and len(raw) <= _KEPT_LINE:
            if len(self._known) >= _LINES:
                self._known.clear()
            self._known[raw] = line
        return line

    def _name(self, written: bytes) -> tuple[bytes, bool, bool]:
        if not written or written.translate(None, _TOKEN):
            raise BadLine
        name = written.lower()
        if self._judge is not None:
            self._judge(name)
        found = name, name in self._withheld, name in self._once
        if len(written) <= _KEPT_LINE:
            if len(self._names) >= _LINES:
                self._names.clear()
            self._names[written] = found
        return found


class Seen(Generic[T]):
    """What whole blocks of familiar lines mean. A block with a nonce in it never comes again and is not kept."""

    __slots__ = ("_known", "get")

    def __init__(self) -> None:
        self._known: dict[bytes, T] = {}
        self.get = self._known.get

    def keep(self, block: bytes, meaning: T) -> None:
        """Remember a block."""
        if len(block) <= _KEPT_BLOCK:
            if len(self._known) >= _BLOCKS:
                self._known.clear()
            self._known[block] = meaning
