"""Frames of a WebSocket as they pass: counted and bounded, not opened (RFC 6455 section 5.2). Pure."""

FRAME_BYTES = 16 * 1024 * 1024


class FrameTooLong(ValueError):
    """A frame announces more than may pass."""


class Frames:
    """Counts the frames of one direction, in whatever pieces their bytes come."""

    __slots__ = ("_head", "_left", "count")

    def __init__(self) -> None:
        self.count = 0
        self._head = b""
        self._left = 0

    def feed(self, data: bytes) -> None:
        """Take bytes; raise :class:`FrameTooLong`."""
        at, end = 0, len(data)
        while at < end:
            if self._left:
                step = min(self._left, end - at)
                self._left -= step
                at += step
                continue
            need = _head_size(self._head) - len(self._head)
            self._head += data[at:at + need]
            at += need
            if len(self._head) >= 2 and len(self._head) == _head_size(self._head):
                self._begin()

    def _begin(self) -> None:
        head, self._head = self._head, b""
        length = head[1] & 0x7F
        if length > 125:
            length = int.from_bytes(head[2:4] if length == 126 else head[2:10])
        if length > FRAME_BYTES:
            raise FrameTooLong
        self.count += 1
        self._left = length


class Tunnel:
    """A WebSocket that passes: the frames of its two directions."""

    __slots__ = ("inwards", "outwards")

    def __init__(self) -> None:
        self.inwards, self.outwards = Frames(), Frames()


def _head_size(head: bytes) -> int:
    """Return how long the head is, as far as its first bytes say."""
    if len(head) < 2:
        return 2
    length, masked = head[1] & 0x7F, head[1] & 0x80
    return 2 + (2 if length == 126 else 8 if length == 127 else 0) + (4 if masked else 0)
