"""Shortcuts of the call path give what the plain way gives."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.masking import rules as masking
from gateway.signing import rules as signing
from kernel.digest import HmacSm3, hmac_sm3, sm3

pytestmark = pytest.mark.pure


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_prepared_keys_give_the_same_mac(key: bytes, message: bytes) -> None:
    prepared = HmacSm3(key)
    assert prepared.mac(message) == prepared.mac(message) == hmac_sm3(key, message)
    assert signing.sign(key, message) == hmac_sm3(key, message).hex().encode()


def test_a_copied_state_starts_empty() -> None:
    assert sm3(b"abc") == sm3(b"a", b"bc") == sm3(b"abc")


@given(st.one_of(st.text(max_size=30), st.text(st.sampled_from("19 0-X张\u200b\t\u3000１"), max_size=20)))
def test_cleaning_before_a_mask_is_the_plain_rule(text: str) -> None:
    normal = unicodedata.normalize("NFKC", text)
    plain = "".join(one for one in normal if unicodedata.category(one)[0] != "C").strip()
    assert masking._clean(text) == plain
    assert masking._compact(plain) == masking._GROUPING.sub("", plain)
