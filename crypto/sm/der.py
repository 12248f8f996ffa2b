"""DER (X.690) as far as SM2 signatures, ciphertexts, keys and certificates need it: strict, definite lengths only."""

from dataclasses import dataclass

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30


class DerError(ValueError):
    """The bytes are not the expected DER."""


@dataclass
class Reader:
    """Reads elements in order; every method raises :class:`DerError`."""

    data: bytes
    at: int = 0

    def element(self, tag: int) -> bytes:
        """Return the content of the next element, which must carry ``tag``."""
        found, content = self.any()
        if found != tag:
            raise DerError(f"tag {found:#x} where {tag:#x} is expected")
        return content

    def any(self) -> tuple[int, bytes]:
        """Return tag and content of the next element."""
        start = self.at
        if start + 2 > len(self.data):
            raise DerError("truncated")
        tag, length, at = self.data[start], self.data[start + 1], start + 2
        if length & 0x80:
            size = length & 0x7F
            encoded = self.data[at:at + size]
            length, at = int.from_bytes(encoded), at + size
            if not 1 <= size <= 4 or len(encoded) != size or encoded[0] == 0 or length < 0x80:
                raise DerError("length is not in its shortest form")
        if tag & 0x1F == 0x1F or at + length > len(self.data):
            raise DerError("truncated")
        self.at = at + length
        return tag, self.data[at:self.at]

    def raw(self) -> bytes:
        """Return the next element whole, tag and length included."""
        start = self.at
        self.any()
        return self.data[start:self.at]

    def peek(self) -> int | None:
        """Return the tag of the next element, None at the end."""
        return self.data[self.at] if self.at < len(self.data) else None

    def integer(self) -> int:
        """Return the next element as a non-negative integer in its shortest form."""
        content = self.element(INTEGER)
        if not content or content[0] & 0x80 or (len(content) > 1 and content[0] == 0 and not content[1] & 0x80):
            raise DerError("not a non-negative integer in its shortest form")
        return int.from_bytes(content)

    def bits(self) -> bytes:
        """Return the next element as a bit string of whole bytes."""
        content = self.element(BIT_STRING)
        if content[:1] != b"\0":
            raise DerError("bit string of odd bits")
        return content[1:]

    def inside(self, tag: int = SEQUENCE) -> "Reader":
        """Return a reader of the next element's content."""
        return Reader(self.element(tag))

    def end(self) -> None:
        """Refuse anything that follows."""
        if self.at != len(self.data):
            raise DerError("trailing bytes")


def encode(tag: int, *contents: bytes) -> bytes:
    """Return one element around the joined contents."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return encode(OID, bytes(out))


# id-ecPublicKey with the SM2 curve (GB/T 33560): AlgorithmIdentifier of RFC 5480
SM2_CURVE = oid("1.2.156.10197.1.301")
SM2_ALGORITHM = encode(SEQUENCE, oid("1.2.840.10045.2.1"), SM2_CURVE)
