"""KeyRotationLog and DataUsageLog: sequential, hash-chained, monotone, immutable; successors name the old head."""

import secrets

import pytest
from eth_abi import encode
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.ledger.accounts import Signer, new_signer
from tests.chain.contracts.network import ZERO, Contract, Network, person
from tests.support.scale import examples

USAGE = "(uint64,uint64,uint64,uint64)"


@pytest.fixture(scope="module")
def keys(network: Network) -> Contract:
    return network.immutable("KeyRotationLog", person("admin").address)


@pytest.fixture(scope="module")
def usage(network: Network) -> Contract:
    return network.immutable("DataUsageLog", person("admin").address)


def holder(contract: Contract) -> tuple[bytes, Signer]:
    role, signer = secrets.token_bytes(32), new_signer()
    contract.did(person("admin"), "grantRole", role, signer.address)
    return role, signer


@settings(max_examples=examples(8, 500))
@given(st.lists(st.tuples(
    st.sampled_from(["right", "seq", "head", "version", "completion", "department"]), st.integers(-2, 3)
), max_size=8))
def test_rotations_follow_the_model(keys: Contract, steps: list[tuple[str, int]]) -> None:
    (department, signer), (foreign, _), key = holder(keys), holder(keys), secrets.token_bytes(32)
    keys.did(person("admin"), "grantRole", foreign, signer.address)
    seq, version, head = 0, 0, ZERO
    for wrong, delta in steps:
        sent = [key, department, seq + 1, head, version + 1, secrets.token_bytes(32)]
        good = True
        if wrong == "seq":
            sent[2] = max(0, seq + 1 + delta)
            good = delta == 0 and sent[2] == seq + 1
        elif wrong == "head":
            sent[3] = secrets.token_bytes(32)
            # a first record with a head continues an older log
            sent[2] = max(0, seq + 1 + delta)
            good = seq == 0 and sent[2] >= 2
        elif wrong == "version":
            sent[4] = max(0, version + delta)
            good = sent[4] > version
        elif wrong == "completion":
            sent[5], good = ZERO, False
        elif wrong == "department" and seq:
            sent[1], good = foreign, False
        done = keys.send(signer, "record", *sent)
        assert done.succeeded == good, (wrong, delta)
        if good:
            _, _, seq, previous, version, completion = sent
            head = keccak(encode(
                ["bytes32", "bytes32", "bytes32", "uint64", "uint64", "bytes32"],
                [previous, key, department, seq, version, completion],
            ))
            event = keys.interface.event("Rotated", done.logs[0])
            assert (event["head"], event["prevHead"], event["version"]) == (head, previous, version)
            assert keys.read("recordOf", key, seq)[0][:3] == (completion, head, version)
            keys.read("verify", key, seq, version, completion)
            assert keys.refusal(signer, "verify", key, seq, version + 1, completion).startswith("RecordMismatch")
        assert keys.read("headOf", key)[0][:3] == (seq, version, head)


def test_what_rotations_refuse_and_how(keys: Contract) -> None:
    (department, signer), key, head = holder(keys), secrets.token_bytes(32), b"\1" * 32
    other, second = holder(keys)
    keys.did(signer, "record", key, department, 1, ZERO, 3, head)
    now = keys.read("headOf", key)[0][2]
    for sender, arguments, error in (
        (second, (key, department, 2, now, 4, head), "AccessControlUnauthorizedAccount"),
        (person("admin"), (key, department, 2, now, 4, head), "AccessControlUnauthorizedAccount"),
        (second, (key, other, 2, now, 4, head), "ForeignKey"),
        (signer, (key, department, 1, ZERO, 4, head), "NotSequential"),
        (signer, (key, department, 2, head, 4, head), "PreviousHeadMismatch"),
        (signer, (key, department, 2, now, 3, head), "VersionNotHigher"),
        (signer, (ZERO, department, 1, ZERO, 1, head), "EmptyRecord"),
        (signer, (b"\2" * 32, department, 1, head, 1, head), "NotSequential"),
    ):
        assert keys.refusal(sender, "record", *arguments).startswith(error)
    assert keys.refusal(person("admin"), "record", key, ZERO, 2, now, 4, head).startswith("EmptyRecord")


@settings(max_examples=examples(8, 500))
@given(st.lists(st.tuples(
    st.sampled_from(["right", "right", "seq", "head", "period", "root", "failures"]), st.integers(0, 2**40),
    st.integers(-1, 2),
), max_size=8))
def test_usage_follows_the_model(usage: Contract, steps: list[tuple[str, int, int]]) -> None:
    gateway, signer = holder(usage)
    seq, period, head, total = 0, 0, ZERO, [0, 0, 0, 0]
    for wrong, calls, delta in steps:
        counted = [calls, calls // 3, calls * 2, calls * 100]
        sent = [gateway, seq + 1, head, period + 1, secrets.token_bytes(32), tuple(counted)]
        good = True
        if wrong == "seq":
            sent[1] = max(0, seq + 1 + delta)
            good = delta == 0
        elif wrong == "head":
            sent[2], good = secrets.token_bytes(32), False
        elif wrong == "period":
            sent[3] = max(0, period + delta)
            good = sent[3] > period
        elif wrong == "root":
            sent[4], good = ZERO, False
        elif wrong == "failures":
            sent[5], good = (calls, calls + 1, 0, 0), False
        done = usage.send(signer, "record", *sent)
        assert done.succeeded == good, (wrong, delta)
        if good:
            _, seq, previous, period, root, _ = sent
            head = keccak(encode(
                ["bytes32", "bytes32", "uint64", "uint64", "bytes32", USAGE],
                [previous, gateway, seq, period, root, tuple(counted)],
            ))
            total = [before + more for before, more in zip(total, counted, strict=True)]
            assert usage.interface.event("UsageRecorded", done.logs[0])["head"] == head
            usage.read("verify", gateway, seq, period, root, tuple(counted))
            counted[3] += 1
            wrong_verify = usage.refusal(signer, "verify", gateway, seq, period, root, tuple(counted))
            assert wrong_verify.startswith("RecordMismatch")
        assert usage.read("headOf", gateway) == ((seq, period, head, tuple(total)),)


def test_a_gateway_goes_on_from_an_older_log_and_totals_do_not_wrap(usage: Contract) -> None:
    gateway, signer = holder(usage)
    most = 2**64 - 1
    assert usage.refusal(signer, "record", gateway, 1, b"\1" * 32, 5, b"\2" * 32, (1, 0, 1, 1)).startswith(
        "NotSequential"
    )
    usage.did(signer, "record", gateway, 41, b"\1" * 32, 5, b"\2" * 32, (1, 1, 1, most))
    head = usage.read("headOf", gateway)[0][2]
    # Panic(0x11): the sum would pass 2**64
    assert usage.refusal(signer, "record", gateway, 42, head, 6, b"\2" * 32, (1, 0, 0, 1)).endswith("11")
    assert usage.refusal(signer, "record", gateway, 42, head, 5, b"\2" * 32, (1, 0, 0, 0)).startswith("PeriodNotLater")
    usage.did(signer, "record", gateway, 42, head, 9, b"\2" * 32, (1, 0, 0, 0))
    later = (gateway, 43, head, 10, b"\2" * 32, (1, 0, 0, 0))
    assert usage.refusal(person("admin"), "record", *later).startswith("AccessControl")
