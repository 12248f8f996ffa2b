"""Answers kept for the seconds that an interface allows. Pure; one a worker; bounded in bytes.

A key begins with the grant: what one application may see is never shown to another, nor to itself once the grant is
another one. A new snapshot empties the cache.
"""

from collections import OrderedDict
from collections.abc import Mapping

CACHE_BYTES, ANSWER_BYTES = 32 * 1024 * 1024, 512 * 1024
# grant and revision, path, query, and the headers that may choose between answers
Key = tuple[bytes, bytes, bytes, bytes]
_CHOOSING = (b"accept", b"accept-language", b"range", b"if-none-match", b"if-modified-since")


class AnswerCache:
    """The last used stay."""

    def __init__(self, size: int = CACHE_BYTES) -> None:
        self._size, self._used = size, 0
        self._kept: OrderedDict[Key, tuple[float, bytes]] = OrderedDict()

    def get(self, key: Key, now: float) -> bytes | None:
        """Return a body that is still good at ``now``."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= now:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: Key, body: bytes, until: float) -> None:
        """Keep a body; the ones used longest ago make room."""
        if len(body) > ANSWER_BYTES:
            return
        if key in self._kept:
            self._drop(key)
        self._kept[key] = until, body
        self._used += len(body)
        while self._used > self._size:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._used = 0

    def _drop(self, key: Key) -> None:
        self._used -= len(self._kept.pop(key)[1])

    def __len__(self) -> int:
        return len(self._kept)


def key_of(grant: bytes, path: bytes, query: bytes, fields: Mapping[bytes, bytes]) -> Key | None:
    """Return the key of a GET, or None where the answer is for this one request."""
    if b"authorization" in fields:
        return None
    return grant, path, query, b"\n".join([fields.get(name, b"") for name in _CHOOSING])


def storable(fields: Mapping[bytes, bytes]) -> bool:
    """Tell whether the source's answer allows that it is kept."""
    control = fields.get(b"cache-control", b"").lower()
    if b"no-store" in control or b"private" in control or b"no-cache" in control or b"set-cookie" in fields:
        return False
    vary = {name.strip().lower() for name in fields.get(b"vary", b"").split(b",")}
    return vary <= {b"", b"accept-encoding", b"accept", b"accept-language"}
