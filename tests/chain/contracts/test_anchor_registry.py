"""AnchorRegistry against a model: strictly sequential, hash-chained, one role a stream."""

import secrets

import pytest
from eth_abi import encode
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.ledger import accounts
from tests.chain.contracts.conftest import Deployed

ZERO = b"\0" * 32


def head_of(previous: bytes, stream: bytes, seq: int, root: bytes, first: int, leaves: int) -> bytes:
    return keccak(encode(
        ["bytes32", "bytes32", "uint64", "bytes32", "uint64", "uint64"], [previous, stream, seq, root, first, leaves]
    ))


def new_stream(anchors: Deployed) -> tuple[bytes, accounts.Signer]:
    stream, signer = secrets.token_bytes(32), accounts.new_signer()
    anchors.grant(stream, signer)
    return stream, signer


@settings(max_examples=10)
@given(st.lists(st.tuples(
    st.sampled_from(["right", "seq", "head", "index", "leaves", "root"]), st.integers(1, 2**40), st.integers(-2, 2),
), max_size=8))
def test_the_contract_follows_the_model(anchors: Deployed, steps: list[tuple[str, int, int]]) -> None:
    stream, signer = new_stream(anchors)
    seq, size, head, roots = 0, 0, ZERO, []
    for wrong, leaves, delta in steps:
        root = secrets.token_bytes(32)
        good = [stream, seq + 1, head, root, size, leaves]
        sent = list(good)
        if wrong == "seq":
            sent[1] = max(0, sent[1] + delta)
        elif wrong == "head":
            sent[2] = secrets.token_bytes(32) if delta else head
        elif wrong == "index":
            sent[4] = max(0, size + delta)
        elif wrong == "leaves" and delta == 0:
            sent[5] = 0
        elif wrong == "root" and delta == 0:
            sent[3] = ZERO
        # a first record with a head continues another registry: seq at least 2, any index
        continues = seq == 0 and sent[2] != ZERO and sent[1] >= 2 and sent[5] > 0 and sent[3] != ZERO
        receipt = anchors.send(signer, "anchor", *sent)
        assert receipt.succeeded == (sent == good or continues)
        if receipt.succeeded:
            head = head_of(sent[2], sent[0], sent[1], sent[3], sent[4], sent[5])
            seq, size = sent[1], sent[4] + sent[5]
            roots.append((seq, sent[3], size))
            event = anchors.interface.event("Anchored", receipt.logs[0])
            assert (event["seq"], event["root"], event["head"], event["prevHead"]) == (seq, sent[3], head, sent[2])
        assert anchors.read("headOf", stream)[:3] == (seq, size, head)
    for number, root, total in roots:
        anchors.read("verify", stream, number, root, total)
        assert anchors.refusal(signer, "verify", stream, number, root, total + 1).startswith("RecordMismatch")


def test_a_stream_is_written_by_its_role_alone(anchors: Deployed) -> None:
    stream, signer = new_stream(anchors)
    stranger = accounts.new_signer()
    other_stream, other = new_stream(anchors)
    arguments = (stream, 1, ZERO, b"\1" * 32, 0, 1)
    for outsider in (stranger, other, anchors.admin):
        assert anchors.refusal(outsider, "anchor", *arguments).startswith("AccessControlUnauthorizedAccount")
    assert anchors.refusal(stranger, "grantRole", stream, stranger.address).startswith("AccessControl")
    # an admin may hand out the right, and still cannot change a record
    assert anchors.send(signer, "anchor", *arguments).succeeded
    assert anchors.send(anchors.admin, "revokeRole", stream, signer.address).succeeded
    assert not anchors.send(signer, "anchor", stream, 2, anchors.read("headOf", stream)[2], b"\2" * 32, 1, 1).succeeded
    assert anchors.read("headOf", other_stream) == (0, 0, ZERO, ZERO)


def test_sending_the_same_record_twice_changes_nothing(anchors: Deployed) -> None:
    stream, signer = new_stream(anchors)
    arguments = (stream, 1, ZERO, b"\1" * 32, 0, 5)
    assert anchors.send(signer, "anchor", *arguments).succeeded
    before = anchors.read("headOf", stream)
    assert not anchors.send(signer, "anchor", *arguments).succeeded
    assert anchors.refusal(signer, "anchor", *arguments).startswith("NotSequential")
    assert anchors.refusal(signer, "anchor", stream, 2, b"\7" * 32, b"\1" * 32, 5, 1).startswith("PreviousHeadMismatch")
    assert anchors.refusal(signer, "anchor", stream, 2, before[2], b"\1" * 32, 4, 1).startswith("IndexMismatch")
    assert anchors.read("headOf", stream) == before


def test_sizes_do_not_wrap_around(anchors: Deployed) -> None:
    stream, signer = new_stream(anchors)
    assert anchors.send(signer, "anchor", stream, 2, b"\1" * 32, b"\1" * 32, 2**64 - 2, 1).succeeded
    head = anchors.read("headOf", stream)[2]
    assert not anchors.send(signer, "anchor", stream, 3, head, b"\1" * 32, 2**64 - 1, 1).succeeded


@pytest.mark.parametrize("stream", [ZERO])
def test_the_admin_role_is_no_stream(anchors: Deployed, stream: bytes) -> None:
    assert anchors.refusal(anchors.admin, "anchor", stream, 1, ZERO, b"\1" * 32, 0, 1).startswith("EmptyRecord")
