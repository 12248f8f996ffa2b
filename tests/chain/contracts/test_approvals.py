"""Approvals: k of n persons sign offline, anybody carries; one person, and so the platform, is never enough."""

import pytest
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.ledger.accounts import Signer
from contracts_sc import approvals
from contracts_sc.approvals import Operation
from tests.chain.contracts.network import CHAIN_ID, NOBODY, ZERO, Contract, Network, person, raw, signed, word
from tests.support.scale import examples

GOVERNED = {
    "CatalogRegistry": (), "InterfaceRegistry": (), "ReleaseRegistry": (NOBODY,),
    "NodeRegistry": (
        [(person("node 1").address, word("unit"), person("operator 1").address, "enode://1")],
        [(person("platform").address, word("unit"), 3)], 1, 3600,
    ),
}


def execute(network: Network, operation: Operation, signatures: list[bytes]) -> str:
    return network.approvals.refusal(network.platform, "execute", operation.arguments, signatures)


@pytest.mark.parametrize("name", GOVERNED)
def test_the_platform_cannot_act_alone(network: Network, name: str) -> None:
    registry = network.proxied(name, *GOVERNED[name])
    code = network.implementation(name)
    admin, upgrader = ZERO, word("upgrader")
    acts: list[tuple[str, tuple[object, ...]]] = [
        ("grantRole", (upgrader, network.platform.address)), ("grantRole", (admin, network.platform.address)),
        ("revokeRole", (admin, network.approvals.address)), ("upgradeToAndCall", (code, b"")),
        ("unfreeze", (word("x"),)),
    ]
    registry.did(network.freezer, "freeze", word("x"))
    for function, arguments in acts:
        # by itself, with the freezer's key, with one person's signature, and with that one twice
        for alone in (network.platform, network.freezer, network.members[0]):
            assert registry.refusal(alone, function, *arguments).startswith("AccessControlUnauthorizedAccount")
        operation = network.operation((registry, function, arguments))
        one = network.signatures(operation, network.members[:1])
        own = network.signatures(operation, [network.platform])
        assert execute(network, operation, []) == "NotEnoughApprovals(2, 0)"
        assert execute(network, operation, one) == "NotEnoughApprovals(2, 1)"
        assert execute(network, operation, one * 2) == "SignaturesNotSorted()"
        assert execute(network, operation, one + own).startswith("NotAMember")
    for role in (admin, upgrader):
        for alone in (network.platform, network.freezer, *network.members):
            assert registry.read("hasRole", role, alone.address) == (False,)
        assert registry.read("hasRole", role, network.approvals.address) == (True,)
    # and two persons can do all of it
    network.approve(registry, "unfreeze", word("x"))
    network.approve(registry, "upgradeToAndCall", code, b"")
    assert raw(registry.read("implementation")[0]) == raw(code)
    # the code itself belongs to nobody and runs nothing
    bare = Contract(network.chain, name, code)
    assert bare.refusal(
        network.platform, "initialize", network.approvals.address, NOBODY, *GOVERNED[name]
    ) == "InvalidInitialization()"
    assert bare.refusal(network.approvals.address, "upgradeToAndCall", code, b"") == "UUPSUnauthorizedCallContext()"


def test_digests_are_those_of_the_standard(network: Network) -> None:
    operation = Operation(
        ((network.approvals.address, b"\1\2\3"), (NOBODY, b"")), b"\5" * 32, 2**255 + 9, 2**63
    )
    document = approvals.typed_data(CHAIN_ID, network.approvals.address, operation)
    message = encode_typed_data(full_message=document)
    standard = keccak(b"\x19" + message.version + message.header + message.body)
    assert network.id_of(operation) == standard
    assert network.approvals.read("operationId", operation.arguments) == (standard,)
    # another chain, another contract, another word: another digest
    others = {
        approvals.operation_id(CHAIN_ID + 1, network.approvals.address, operation),
        approvals.operation_id(CHAIN_ID, NOBODY, operation),
        network.id_of(Operation(operation.calls, operation.evidence, operation.salt, operation.not_after + 1)),
        network.id_of(Operation(operation.calls[::-1], operation.evidence, operation.salt, operation.not_after)),
    }
    assert len(others) == 4 and standard not in others


def test_an_operation_runs_once_in_time_and_whole(network: Network, catalog: Contract) -> None:
    role, who = word("unit 7"), person("clerk").address
    good = (catalog, "grantRole", (role, who))
    operation = network.operation(good)
    signatures = network.signatures(operation)
    done = network.approvals.did(person("any courier"), "execute", operation.arguments, signatures)
    event = network.approvals.interface.event("Executed", done.logs[0])
    assert event["operation"] == network.id_of(operation) and event["evidence"] == operation.evidence
    assert [raw(a) for a in event["approvers"]] == [raw(m.address) for m in network.members[:2]]
    assert network.approvals.read("executed", network.id_of(operation)) == (True,)
    assert execute(network, operation, signatures).startswith("AlreadyExecuted")
    # one call that fails undoes the others and hands its reason on
    bad = network.operation(
        (catalog, "revokeRole", (role, who)), (catalog, "freeze", (ZERO,))
    )
    sent = network.approvals.send(network.platform, "execute", bad.arguments, network.signatures(bad))
    assert not sent.succeeded and catalog.interface.error(sent.output).startswith("AccessControl")
    assert catalog.read("hasRole", role, who) == (True,)
    late = network.operation(good)
    network.chain.advance(3601)
    assert execute(network, late, network.signatures(late)).startswith("Expired")
    nothing = Operation((), ZERO, 1, network.now + 9)
    assert execute(network, nothing, []) == "EmptyOperation()"
    nowhere = Operation(((NOBODY, b"\1"),), ZERO, 1, network.now + 9)
    assert execute(network, nowhere, network.signatures(nowhere)).startswith("NoCode")


def test_a_signature_is_taken_back_by_its_signer_alone(network: Network, catalog: Contract) -> None:
    operation = network.operation((catalog, "grantRole", (word("unit 8"), NOBODY)))
    identity = network.id_of(operation)
    first = network.members[0]
    digest = approvals.withdrawal_id(CHAIN_ID, network.approvals.address, identity)
    stranger = network.approvals.refusal(network.platform, "withdraw", identity, signed(network.platform, digest))
    assert stranger.startswith("NotAMember")
    # a signature over the operation is no withdrawal
    assert network.approvals.refusal(network.platform, "withdraw", identity, signed(first, identity)) != ""
    network.approvals.did(network.platform, "withdraw", identity, signed(first, digest))
    assert network.approvals.read("withdrawn", identity, first.address) == (True,)
    assert execute(network, operation, network.signatures(operation)).startswith("ApprovalWithdrawn")
    assert execute(network, operation, network.signatures(operation, network.members[1:])) == ""


def test_members_change_themselves_and_the_old_ones_are_void() -> None:
    network = Network()
    change = network.approvals
    fresh = sorted((person(f"fresh {n}") for n in range(3)), key=lambda signer: int(signer.address, 16))
    addresses = [signer.address for signer in fresh]
    assert change.refusal(network.members[0], "setMembers", addresses, 2) == "OnlyByOperation()"
    for members, threshold, error in (
        (addresses, 1, "InvalidThreshold(1, 3)"), (addresses, 4, "InvalidThreshold(4, 3)"),
        ([addresses[0]] * 2, 2, "InvalidMembers()"), ([addresses[0], NOBODY], 2, "InvalidMembers()"),
        ([addresses[0], change.address], 2, "InvalidMembers()"),
        ([f"0x{n:040x}" for n in range(1, 34)], 2, "InvalidMembers()"),
    ):
        operation = network.operation((change, "setMembers", (members, threshold)))
        assert execute(network, operation, network.signatures(operation)) == error
    network.approve(change, "setMembers", addresses, 3)
    members, threshold = change.read("members")
    assert ([raw(a) for a in members], threshold) == ([raw(a) for a in addresses], 3)
    operation = network.operation((change, "setMembers", (addresses, 2)))
    assert execute(network, operation, network.signatures(operation)) == "NotEnoughApprovals(3, 2)"
    assert execute(network, operation, network.signatures(operation, [*fresh[:2], network.members[0]])) != ""
    assert execute(network, operation, network.signatures(operation, fresh)) == ""


@settings(max_examples=examples(12, 400))
@given(st.lists(st.sampled_from(range(5)), max_size=4), st.sampled_from(["whole", "high s", "short", "v 29"]))
def test_only_two_different_members_in_order_carry(network: Network, chosen: list[int], form: str) -> None:
    keys = [*network.members, network.platform, network.freezer]
    operation = network.operation((network.approvals, "setMembers", ([m.address for m in network.members], 2)))
    signatures = [_formed(keys[index], network.id_of(operation), form) for index in chosen]
    good = form == "whole" and len(chosen) >= 2 and all(index < 3 for index in chosen) and all(
        low < high for low, high in zip(chosen, chosen[1:], strict=False)
    )
    assert (execute(network, operation, signatures) == "") == good


def _formed(signer: Signer, digest: bytes, form: str) -> bytes:
    whole = signed(signer, digest)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    if form == "high s":  # the other signature that anybody can make of one
        high = order - int.from_bytes(whole[32:64], "big")
        return whole[:32] + high.to_bytes(32, "big") + bytes([55 - whole[64]])
    if form == "short":
        return whole[:64]
    return whole[:64] + b"\x1d" if form == "v 29" else whole
