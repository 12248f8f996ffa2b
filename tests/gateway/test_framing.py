"""The framing core: what is refused, what is accepted, and that bytes may arrive in any pieces."""

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.proxy.framing.body import BadChunk, ChunkReader, LengthReader
from gateway.proxy.framing.limits import DEFAULT, Refusal, UpstreamFault
from gateway.proxy.framing.lines import Lines
from gateway.proxy.framing.request import RequestParser
from gateway.proxy.framing.response import ResponseParser
from tests.gateway.corpus import ACCEPTED, REFUSED_HEADS


def parse(raw: bytes):
    return RequestParser(DEFAULT, frozenset({b"x-mulian-key"})).parse(raw)


@pytest.mark.parametrize(("raw", "status"), REFUSED_HEADS.values(), ids=list(REFUSED_HEADS))
def test_refused_heads(raw: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        parse(raw)
    assert caught.value.status == status


@pytest.mark.parametrize("raw", ACCEPTED.values(), ids=list(ACCEPTED))
def test_accepted_heads(raw: bytes) -> None:
    parse(raw)


def test_head_fields() -> None:
    head = parse(
        b"POST /a/b;v=1?x=%20&y HTTP/1.1\r\nHost: gw:8080\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n"
        b"Connection: close\r\nExpect: 100-continue\r\n\r\n"
    )
    assert (head.method, head.path, head.query) == (b"POST", b"/a/b;v=1", b"x=%20&y")
    headers = head.headers
    assert (headers.length, headers.chunked, head.keep_alive, headers.expect_continue) == (5, False, False, True)
    assert [value for name, value in headers.pairs if name == b"x-a"] == [b"1", b"2"]


def test_one_parser_serves_requests_with_and_without_bodies() -> None:
    parser = RequestParser(DEFAULT)
    for _ in range(3):
        assert parser.parse(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").path == b"/a"
        assert parser.parse(b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").has_body
        assert parser.parse(b"GET /c HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n").path == b"/c"


def _chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


@given(pieces=st.lists(st.binary(max_size=40), max_size=6), cuts=st.lists(st.integers(1, 9), min_size=1, max_size=9),
       tail=st.binary(max_size=10))
def test_chunks_in_any_pieces(pieces: list[bytes], cuts: list[int], tail: bytes) -> None:
    wire, reader, out, at, turn = _chunked(pieces) + tail, ChunkReader(), b"", 0, 0
    while not reader.done:
        data = wire[at:at + cuts[turn % len(cuts)]]
        payload, used = reader.feed(data)
        assert used == len(data) or reader.done
        out, at, turn = out + payload, at + used, turn + 1
    assert out == b"".join(pieces)
    assert wire[at:] == tail


@given(wire=st.lists(st.sampled_from([b"0", b"1", b"a", b"\r\n", b"\n", b"\r", b" ", b";", b"x", b"+", b"-", b"ff"]),
                     max_size=12).map(b"".join))
def test_no_other_parser_reads_more_than_ours(wire: bytes) -> None:
    """Whatever ours accepts as a whole chunked body, h11 reads as the same body with the same rest."""
    ours, out = ChunkReader(), b""
    try:
        payload, used = ours.feed(wire)
        out += payload
    except BadChunk:
        return
    if not ours.done:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + wire)
    body, event = b"", theirs.next_event()
    while not isinstance(event, h11.EndOfMessage):
        event = theirs.next_event()
        if isinstance(event, h11.Data):
            body += bytes(event.data)
    assert (body, theirs.trailing_data[0]) == (out, wire[used:])


@pytest.mark.parametrize("wire", [
    b"5;x=1\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n", b"+5\r\nhello\r\n",
    b"0x5\r\nhello\r\n",
    b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhelloX\r\n", b"\r\n\r\n", b"fffffffff\r\n",
    b"0\r\nX: 1\r\n\r\n",
    b"0\r\n\n", b"5\r\r\nhello", b"-1\r\n", b"5_0\r\n", b"5\r\nhello0\r\n\r\n",
])
def test_refused_chunks(wire: bytes) -> None:
    with pytest.raises(BadChunk):
        ChunkReader().feed(wire)
    reader = ChunkReader()
    with pytest.raises(BadChunk):
        for index in range(len(wire)):
            reader.feed(wire[index:index + 1])


def test_length_reader_leaves_the_rest() -> None:
    reader = LengthReader(5)
    assert reader.feed(b"hel") == (b"hel", 3)
    assert reader.feed(b"loGET /") == (b"lo", 2)
    assert reader.done


_TOKEN = st.sampled_from([
    b"GET", b"POST", b" ", b"/", b"/a", b"..", b"%2f", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\n", b"\r", b"Host: a",
    b"Host:",
    b"Content-Length: 5", b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Transfer-Encoding: x", b"\t", b":",
    b"\0",
    b"X-A: b", b"x_a: b", b"Connection: close", b"\xff", b"?", b"#",
])


@given(st.lists(_TOKEN, max_size=14).map(b"".join))
@settings(max_examples=300)
def test_fuzzed_heads_are_refused_or_read_as_others_read_them(raw: bytes) -> None:
    raw += b"\r\n\r\n"
    raw = raw[:raw.find(b"\r\n\r\n") + 4]
    try:
        head = parse(raw)
    except Refusal:
        return
    other = h11.Connection(h11.SERVER)
    other.receive_data(raw)
    request = other.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method, *request.target.partition(b"?")[::2]) == (head.method, head.path, head.query)
    assert list(request.headers) == head.headers.pairs


@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
    b"HTTP/1.1 200 OK\nContent-Length: 1\n\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: \x01\r\n\r\n",
])
def test_upstream_heads_that_lie(raw: bytes) -> None:
    with pytest.raises(UpstreamFault):
        ResponseParser(DEFAULT).parse(raw, b"GET")


def test_upstream_head_without_body() -> None:
    parser = ResponseParser(DEFAULT)
    head = parser.parse(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nServer: x\r\n\r\n", b"HEAD")
    assert head.bodyless and head.reader().done and head.keep_alive
    assert b"server" not in head.passed
    assert not parser.parse(b"HTTP/1.1 200 OK\r\n\r\n", b"GET").keep_alive


def test_lines_are_known_again_and_rules_hold_for_known_ones() -> None:
    parser = RequestParser(DEFAULT, frozenset({b"x-own"}), frozenset({b"x-once"}), frozenset({b"host", b"x-own"}))
    raw = b"GET /%b HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nAccept:  text/plain \r\nX-Once: %b\r\n\r\n"
    blocks = [parser.parse(raw % (b"a", value)).headers for value in (b"1", b"1", b"1", b"2")]
    assert [block.values[b"x-once"] for block in blocks] == [b"1", b"1", b"1", b"2"]
    assert len({id(block) for block in blocks}) == 4, "a head with a value that never comes again is not kept"
    assert blocks[0].passed == b"accept: text/plain\r\nx-once: 1\r\n"
    same = [parser.parse(raw.replace(b"X-Once: %b\r\n", b"") % path).headers for path in (b"a", b"b", b"c")]
    assert same[1] is same[2] is not None and same[0].values == same[2].values
    for _ in range(3):
        with pytest.raises(Refusal):
            parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nX-Own: 1\r\n\r\n")
        with pytest.raises(Refusal):
            parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\nRemote-User: 1\r\n\r\n")


def test_caches_of_lines_are_bounded() -> None:
    lines = Lines(frozenset())
    for number in range(4_200):
        lines.read(b"X-%d: %d\r\n\r\n" % (number, number))
    assert len(lines._known) <= 4096 and len(lines._names) <= 4096
    parser = RequestParser(DEFAULT)
    for number in range(1_100):
        parser.parse(b"GET / HTTP/1.1\r\nHost: a%d\r\n\r\n" % (number // 2))
    assert len(parser._seen._known) <= 512
