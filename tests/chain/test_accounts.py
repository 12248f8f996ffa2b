"""Our addresses against eth_account's, for secrets of the whole range."""

import pytest
from eth_account import Account
from hypothesis import example, given
from hypothesis import strategies as st

from chain.ledger import accounts

pytestmark = pytest.mark.pure
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@given(st.integers(1, ORDER - 1))
@example(1)
@example(ORDER - 1)
def test_addresses_are_those_of_eth_account(secret: int) -> None:
    raw = secret.to_bytes(32, "big")
    assert accounts.from_secret(raw).address == Account.from_key(raw).address.lower()


@pytest.mark.parametrize("secret", [0, ORDER])
def test_a_secret_outside_the_group_is_refused(secret: int) -> None:
    with pytest.raises(ValueError):
        accounts.from_secret(secret.to_bytes(32, "big"))


def test_new_signers_differ_and_hide_their_secret() -> None:
    first, second = accounts.new_signer(), accounts.new_signer()
    assert first.secret != second.secret
    assert first.secret.hex() not in repr(first)
