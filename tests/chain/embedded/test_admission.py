"""What is acknowledged is sealed: admission must refuse all that a block refuses, and one bad one halts nothing."""

import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from bench._chain import Sender
from chain.ledger.embedded.engine import Engine, Poisoned
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError
from kernel.home import Home

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ADDRESSES = st.binary(min_size=20, max_size=20)
SMALL = st.sampled_from([0, 1, 2**32, 2**64 - 1, 2**64, 2**255, 2**256 - 1])


@given(
    kind=st.sampled_from([0, 1, 2]),
    to=st.one_of(st.just(b""), ADDRESSES, st.integers(0, 10).map(lambda number: number.to_bytes(20, "big"))),
    gas=st.one_of(st.sampled_from([0, 20_999, 21_000, 53_000, 10**6, 2**24, 2**24 + 1]), SMALL),
    data=st.one_of(st.binary(max_size=300), st.just(b"\0" * 49_152), st.just(b"\0" * 49_153)),
    fees=st.tuples(SMALL, SMALL),
    access=st.lists(st.tuples(ADDRESSES, st.lists(st.integers(0, 9), max_size=3)), max_size=3),
    value=st.sampled_from([0, 0, 0, 1, 2**256 - 1]), zero_fees=st.booleans(),
)
def test_what_admission_takes_a_block_takes(
    shared_provider: NodeProvider, kind: int, to: bytes, gas: int, data: bytes, fees: tuple[int, int],
    access: list[tuple[bytes, list[int]]], value: int, zero_fees: bool,
) -> None:
    ledger = Web3Ledger("in-process", shared_provider)
    account = Account.create()
    fields: dict = {"nonce": 0, "gas": gas, "to": to, "value": value, "data": data, "chainId": ledger.chain_id()}
    if kind:
        fields["type"] = kind
        fields["accessList"] = [
            {"address": address, "storageKeys": [key.to_bytes(32, "big") for key in keys]} for address, keys in access
        ]
    most, tip = (0, 0) if zero_fees else fees
    fields |= {"maxFeePerGas": most, "maxPriorityFeePerGas": tip} if kind == 2 else {"gasPrice": most}
    try:
        raw = bytes(account.sign_transaction(fields).raw_transaction)
    except (TypeError, ValueError):
        return  # the signer itself refuses such a transaction
    try:
        digest = ledger.send_raw(raw)
    except MulianError:
        return
    assert ledger.receipt(digest) is not None, ledger.request("mulian_droppedTransaction", digest)
    assert ledger.request("mulian_status")["failure"] is None


@given(st.integers(0, 3), st.sampled_from([0, 1, 5, ORDER // 2, ORDER // 2 + 1, ORDER - 1, ORDER, 2**256 - 1]),
       st.sampled_from([0, 1, ORDER // 2, ORDER // 2 + 1, ORDER - 1, ORDER, 2**256 - 1]))
def test_impossible_signatures_are_refused_at_once(shared_provider: NodeProvider, parity: int, r: int, s: int) -> None:
    ledger = Web3Ledger("in-process", shared_provider)
    raw = b"\x02" + bytes(rlp.encode([ledger.chain_id(), 0, 0, 0, 100_000, b"\1" * 20, 0, b"", [], parity, r, s]))
    try:
        digest = ledger.send_raw(raw)
    except MulianError as error:
        assert "internal" not in str(error)
    else:
        assert ledger.receipt(digest) is not None
    assert ledger.request("mulian_status")["failure"] is None


def test_an_invalid_transaction_amid_valid_ones_is_dropped_alone(home: Home) -> None:
    """As a replayed journal could bring it: the others are sealed, in the same block."""
    import coincurve

    engine = Engine(home.chain_dir, coincurve.PrivateKey())
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    first, second, third = (Sender(engine.chain_id) for _ in range(3))
    second.nonce = 7  # too high for the state: found inside execution, after the journals are locked
    raws = [first.send(None, b"\0"), second.send(None, b"\0"), third.send(None, b"\0"), first.send(None, b"\0")]
    sealed = engine.seal_block([builder.decode(raw) for raw in raws], engine.head.timestamp + 1)
    assert len(sealed.transaction_hashes) == 3 and "nonce" in sealed.dropped[0][2]
    assert engine.seal_block([], engine.head.timestamp + 1).header.block_number == 2
    engine.close()


def test_what_cannot_be_taken_back_costs_one_block_and_that_transaction(provider: NodeProvider, monkeypatch) -> None:
    node = provider.service.node
    sender = Sender(node.engine.chain_id)
    real, calls = node.engine.seal_block, []

    def once(transactions, *arguments, **options):
        found = list(transactions)
        if found and not calls:
            calls.append(1)
            raise Poisoned((bytes(found[0].hash), bytes(found[0].sender), "test"))
        return real(iter(found), *arguments, **options)

    monkeypatch.setattr(node.engine, "seal_block", once)
    ledger = Web3Ledger("in-process", provider)
    lost = ledger.send_raw(sender.send(None, b"\0"))
    assert ledger.request("mulian_droppedTransaction", lost)["reason"] == "test"
    sender.nonce = 0
    assert ledger.wait_receipt(ledger.send_raw(sender.send(None, b"\1"))).block_number == 1
