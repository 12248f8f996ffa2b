"""Signature profiles of older platforms: fixed examples, every altered byte, and what counts as the same call."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.signing.profiles import PROFILES, Profile, Refused, Request, sign, string_to_sign, verify

pytestmark = pytest.mark.pure
NOW_MS = 1_790_000_000_123
SECRET = b"k3y-of-an-older-platform"
GET = Request(b"GET", b"/xc/echo", b"b=2&a=1", b"")
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def signed(profile: Profile, **changes: bytes) -> dict[bytes, bytes]:
    given_ = {"requester": b"r-001", "partner": b"s_1001"} | changes
    return sign(profile, SECRET, millis=NOW_MS, requester=given_["requester"], partner=given_["partner"])


def test_the_national_form_spelled_out() -> None:
    """Computed here from the rule itself: base64(HMAC-SHA256(sid + rid + rtime))."""
    fields = signed(PROFILES["gjgxjhpt"])
    mac = hmac.new(SECRET, b"s_1001" + b"r-001" + b"1790000000123", hashlib.sha256).digest()
    assert fields == {
        b"gjgxjhpt_rid": b"r-001", b"gjgxjhpt_sid": b"s_1001", b"gjgxjhpt_rtime": b"1790000000123",
        b"gjgxjhpt_sign": base64.b64encode(mac),
    }


def test_the_client_form_spelled_out() -> None:
    fields = signed(PROFILES["x-client-id"], partner=b"n0nce")
    mac = hmac.new(SECRET, b"r-001" + b"1790000000123" + b"n0nce", hashlib.sha256).digest()
    assert fields[b"x-signature"] == base64.b64encode(mac)
    assert set(fields) == {b"x-client-id", b"x-timestamp", b"x-nonce", b"x-signature"}


@ALL
def test_what_is_signed_is_accepted_within_its_time(profile: Profile) -> None:
    fields = signed(profile)
    assert verify(profile, [b"another secret", SECRET], fields, GET, NOW_MS / 1000).timestamp == NOW_MS // 1000
    assert verify(profile, [b"another secret", SECRET], fields, GET, NOW_MS // 1000 + 300)
    for now in (NOW_MS / 1000 + 301.1, NOW_MS / 1000 - 31.2):
        with pytest.raises(Refused) as caught:
            verify(profile, [b"another secret", SECRET], fields, GET, now)
        assert caught.value.reason == "timestamp"


@ALL
@given(data=st.data())
def test_any_other_byte_is_refused(profile: Profile, data: st.DataObject) -> None:
    fields = signed(profile)
    name = data.draw(st.sampled_from(sorted(fields)))
    value = bytearray(fields[name])
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != value[place]))
    with pytest.raises(Refused):
        verify(profile, [b"another secret", SECRET], fields | {name: bytes(value)}, GET, NOW_MS / 1000)


@ALL
def test_missing_headers_are_named(profile: Profile) -> None:
    fields = signed(profile)
    for name in fields:
        with pytest.raises(Refused) as caught:
            verify(profile, [SECRET], {key: value for key, value in fields.items() if key != name}, GET, NOW_MS / 1000)
        assert (caught.value.reason, caught.value.header) == ("fields", name)


@ALL
def test_another_secret_is_refused(profile: Profile) -> None:
    with pytest.raises(Refused) as caught:
        verify(profile, [SECRET + b"x"], signed(profile), GET, NOW_MS / 1000)
    assert caught.value.reason == "signature"


def test_without_a_nonce_the_whole_request_tells_calls_apart() -> None:
    """Two different calls of one millisecond are two calls; the same one again is a replay."""
    profile = PROFILES["gjgxjhpt"]
    fields = signed(profile)

    def digest(request: Request) -> bytes:
        return verify(profile, [b"another secret", SECRET], fields, request, NOW_MS / 1000).digest

    assert digest(GET) == digest(Request(b"GET", b"/xc/echo", b"a=1&b=2", b""))
    others = [
        Request(b"POST", b"/xc/echo", b"b=2&a=1", b""), Request(b"GET", b"/xc/other", b"b=2&a=1", b""),
        Request(b"GET", b"/xc/echo", b"b=2&a=2", b""), Request(b"GET", b"/xc/echo", b"b=2&a=1", b"x"),
    ]
    assert len({digest(one) for one in [GET, *others]}) == 5


def test_with_a_nonce_the_nonce_alone_does() -> None:
    profile = PROFILES["x-client-id"]
    fields = signed(profile)
    first = verify(profile, [b"another secret", SECRET], fields, GET, NOW_MS / 1000)
    again = verify(profile, [b"another secret", SECRET], fields, Request(b"POST", b"/other", b"", b"x"), NOW_MS / 1000)
    other = verify(profile, [b"another secret", SECRET], signed(profile, partner=b"another"), GET, NOW_MS / 1000)
    assert first.digest == again.digest != other.digest


def test_requesters_and_profiles_do_not_share_calls() -> None:
    digests = {
        verify(profile, [b"another secret", SECRET], signed(profile, requester=name), GET, NOW_MS / 1000).digest
        for profile in PROFILES.values() for name in (b"a", b"b")
    }
    assert len(digests) == 6


def test_the_string_to_sign_is_the_values_in_order() -> None:
    assert string_to_sign(PROFILES["gjzwfwpt"], signed(PROFILES["gjzwfwpt"])) == b"s_1001r-0011790000000123"
