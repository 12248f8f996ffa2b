"""验签对比器: why a signature does not match, by trying what callers usually get wrong.

The gateway sees a MAC, not what was signed. It signs the request again in each of the usual wrong ways; the way that
gives the caller's MAC is what the caller did, and its string is what the caller signed. For the test environment only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gateway.signing.rules import EMPTY_BODY, PROFILE, canonical_query, sign
from kernel.digest import sm3_hex


@dataclass(frozen=True, slots=True)
class Signed:
    """What a call says and how it was signed; bytes as they were sent."""

    method: bytes
    path: bytes
    query: bytes
    body: bytes
    timestamp: bytes
    nonce: bytes
    key: bytes
    version: bytes

    def lines(self) -> list[bytes]:
        """The nine lines as they should be."""
        digest = sm3_hex(self.body).encode() if self.body else EMPTY_BODY
        return [
            PROFILE.encode(), self.method, self.path, canonical_query(self.query), digest, self.timestamp, self.nonce,
            self.key, self.version,
        ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``cause``: a key of :data:`CAUSES`; ``ours``, ``theirs``: both strings; ``at``: the first byte that differs."""

    cause: str
    ours: bytes
    theirs: bytes
    at: int

    @property
    def line(self) -> int:
        """The line of the string to sign that differs first, from 1."""
        return self.ours[: self.at].count(b"\n") + 1

    def as_json(self) -> dict[str, str | int]:
        """What a caller is shown; bytes that are no UTF-8 are written as escapes."""
        zh, en = CAUSES[self.cause]
        return {
            "cause": zh,
            "cause_en": en,
            "at": self.at,
            "line": self.line,
            "ours": self.ours.decode(errors="backslashreplace"),
            "theirs": self.theirs.decode(errors="backslashreplace"),
        }


# cause -> what to say (Chinese, English)
CAUSES: dict[str, tuple[str, str]] = {
    "query_unsorted": ("查询参数未按字节排序", "the query's pieces are not in byte order"),
    "query_decoded": ("查询参数在签名前被解码", "the query was decoded before signing"),
    "query_encoded": ("查询参数在签名前被重新编码", "the query was encoded again before signing"),
    "query_missing": ("查询参数没有参加签名", "the query was not signed"),
    "gbk": ("中文按 GBK 编码参加签名，应为 UTF-8", "Chinese text was signed in GBK instead of UTF-8"),
    "trailing_newline": ("待签字符串末尾多了换行", "there is a line feed after the last line"),
    "crlf": ("行以回车换行（CRLF）连接，应为换行（LF）", "the lines are joined by CR LF instead of LF"),
    "method_lower": ("请求方法应为大写", "the method is in lower case"),
    "path_decoded": ("路径在签名前被解码", "the path was decoded before signing"),
    "path_with_query": ("路径一行带上了查询参数", "the path's line carries the query"),
    "body_empty": ("请求体没有参加摘要", "the body's digest is that of the empty string"),
    "body_line_empty": ("没有请求体时，摘要一行应为空串的 SM3，不是空行", "without a body the digest is that of the empty string"),
    "digest_upper": ("请求体摘要应为小写十六进制", "the body's digest is in upper case"),
    "millis": ("时间戳以毫秒签名，以秒发送", "the time was signed in milliseconds and sent in seconds"),
    "given": ("与来函所附的待签字符串不一致", "differs from the string that the call carries"),
}


def find(secret: bytes, call: Signed, signature: bytes) -> Comparison | None:
    """Return what the caller did, or None when no usual mistake gives this signature (a wrong secret does not)."""
    ours = b"\n".join(call.lines())
    for cause, theirs in mistakes(call):
        if theirs != ours and sign(secret, theirs) == signature:
            return Comparison(cause, ours, theirs, first_difference(ours, theirs))
    return None


def with_given(call: Signed, theirs: bytes) -> Comparison | None:
    """Compare with the string that the caller says it signed; None when it is the right one."""
    ours = b"\n".join(call.lines())
    return None if theirs == ours else Comparison("given", ours, theirs, first_difference(ours, theirs))


def first_difference(ours: bytes, theirs: bytes) -> int:
    """Return the place of the first byte that differs; the shorter length when one begins the other."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return place
    return min(len(ours), len(theirs))


def mistakes(call: Signed) -> Iterator[tuple[str, bytes]]:
    """Yield what callers usually sign instead: (cause, string)."""
    for cause, alter in _LINES.items():
        lines = call.lines()
        alter(lines, call)
        yield cause, b"\n".join(lines)
    right = call.lines()
    yield "trailing_newline", b"\n".join(right) + b"\n"
    yield "crlf", b"\r\n".join(right)


def _query(line: Callable[[bytes], bytes]) -> Callable[[list[bytes], Signed], None]:
    def alter(lines: list[bytes], call: Signed) -> None:
        lines[3] = line(call.query)

    return alter


def _gbk(lines: list[bytes], call: Signed) -> None:
    for number in (2, 3):
        lines[number] = _as_gbk(lines[number])
    if call.body:
        lines[4] = sm3_hex(_recoded(call.body)).encode()


def _as_gbk(text: bytes) -> bytes:
    """The same text, percent-encoded from GBK."""
    return quote_from_bytes(_recoded(unquote_to_bytes(text)), safe="/&=-_.~").encode()


def _recoded(text: bytes) -> bytes:
    try:
        return text.decode("utf-8").encode("gbk")
    except UnicodeError:
        return text


def _put(number: int, value: Callable[[Signed], bytes]) -> Callable[[list[bytes], Signed], None]:
    def alter(lines: list[bytes], call: Signed) -> None:
        lines[number] = value(call)

    return alter


def _upper_digest(lines: list[bytes], call: Signed) -> None:
    lines[4] = lines[4].upper()


_LINES: dict[str, Callable[[list[bytes], Signed], None]] = {
    "query_unsorted": _query(lambda query: query),
    "query_decoded": _query(lambda query: unquote_to_bytes(canonical_query(query))),
    "query_encoded": _query(lambda query: quote_from_bytes(canonical_query(query), safe="&=").encode()),
    "query_missing": _query(lambda query: b""),
    "gbk": _gbk,
    "method_lower": _put(1, lambda call: call.method.lower()),
    "path_decoded": _put(2, lambda call: unquote_to_bytes(call.path)),
    "path_with_query": _put(2, lambda call: call.path + b"?" + call.query),
    "body_empty": _put(4, lambda call: EMPTY_BODY),
    "body_line_empty": _put(4, lambda call: b""),
    "digest_upper": _upper_digest,
    "millis": _put(5, lambda call: call.timestamp + b"000"),
}
