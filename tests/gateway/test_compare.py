"""验签对比器: each usual mistake is recognised from its signature alone, with the first byte that differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.signing.compare import CAUSES, Signed, find, first_difference, mistakes, with_given
from gateway.signing.rules import sign, string_to_sign

pytestmark = pytest.mark.pure
SECRET = b"s" * 43
# "name=张三" in UTF-8, pieces out of order, and a body: every mistake shows
CALL = Signed(
    b"POST",
    b"/xc/%E8%A1%97",
    b"size=10&name=%E5%BC%A0",
    '{"姓名": "张三"}'.encode(),
    b"1790000000",
    b"n" * 16,
    b"ak1",
    b"1",
)


def test_our_string_is_the_profiles() -> None:
    assert b"\n".join(CALL.lines()) == string_to_sign(
        CALL.method, CALL.path, CALL.query, CALL.body, CALL.timestamp, CALL.nonce, CALL.key, CALL.version,
    )


@pytest.mark.parametrize(("cause", "theirs"), [one for one in mistakes(CALL) if one[0] != "body_line_empty"])
def test_a_mistake_is_named_with_its_first_byte(cause: str, theirs: bytes) -> None:
    found = find(SECRET, CALL, sign(SECRET, theirs))
    assert found is not None and found.theirs == theirs
    assert found.cause == cause
    assert found.ours[: found.at] == theirs[: found.at] and found.ours[found.at :] != theirs[found.at :]


def test_an_empty_line_for_no_body() -> None:
    call = Signed(b"GET", b"/xc/echo", b"", b"", b"1790000000", b"n" * 16, b"ak1", b"1")
    lines = call.lines()
    lines[4] = b""
    found = find(SECRET, call, sign(SECRET, b"\n".join(lines)))
    assert found is not None and (found.cause, found.line) == ("body_line_empty", 5)


def test_every_mistake_has_words() -> None:
    assert {cause for cause, _ in mistakes(CALL)} | {"given"} == set(CAUSES)


def test_a_right_signature_and_a_wrong_secret_show_nothing() -> None:
    assert find(SECRET, CALL, sign(SECRET, b"\n".join(CALL.lines()))) is None
    assert find(SECRET, CALL, sign(b"other", b"\n".join(CALL.lines()))) is None


def test_the_string_that_a_caller_sends_along() -> None:
    ours = b"\n".join(CALL.lines())
    assert with_given(CALL, ours) is None
    found = with_given(CALL, ours.replace(b"ak1", b"ak2"))
    assert found is not None and (found.at, found.line) == (ours.index(b"ak1") + 2, 8)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_first_difference(one: bytes, other: bytes) -> None:
    place = first_difference(one, other)
    assert one[:place] == other[:place]
    assert one == other or one[place : place + 1] != other[place : place + 1]
