"""Seals of Clique and QBFT blocks, made here from the definitions (EIP-225, the QBFT specification) with other code
than the verifier's, and read from real networks of geth and Besu (``fixtures/`` names the sources)."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import coincurve
import pytest
import rlp

from chain.anchoring import evidence, rules
from chain.anchoring import verify_proof as v
from chain.ledger import headers
from kernel import canonical
from tests.chain.anchoring.worlds import World, keccak

pytestmark = pytest.mark.pure
RECORDS = [{"code": "XC-1"}, {"code": "XC-2"}]
FIXTURES = Path(__file__).parent / "fixtures"
CLIQUE, BESU = (json.loads((FIXTURES / name).read_text("utf-8")) for name in ("clique_geth.json", "qbft_besu.json"))


def address(key: coincurve.PrivateKey) -> bytes:
    return keccak(key.public_key.format(False)[1:])[12:]


KEYS = sorted((coincurve.PrivateKey(bytes([at]) * 32) for at in range(1, 8)), key=address)


def head_fields(number: int, parent: bytes, receipts: bytes, difficulty: int) -> list[Any]:
    fields: list[Any] = [parent, keccak(b"\xc0"), bytes(20), os.urandom(32), os.urandom(32), receipts, bytes(256)]
    return [*fields, difficulty, number, 2**50, 99_000, 1_700_000_000 + number]


class Clique(World):
    """A network whose block of interest is sealed by ``sealing[0]`` and followed by blocks of the others."""

    sealing: Sequence[coincurve.PrivateKey] = ()
    listed: Sequence[coincurve.PrivateKey] = KEYS[:5]
    checkpoint_block = False
    engine = "clique"

    def sealed(self, key: coincurve.PrivateKey, number: int, parent: bytes, receipts: bytes) -> bytes:
        signers = b"".join(map(address, self.listed)) if self.checkpoint_block else b""
        extra, rest = bytes(32) + signers, [bytes(32), bytes(8), 0]
        fields = head_fields(number, parent, receipts, 2 if number % 2 else 1)
        seal = key.sign_recoverable(keccak(rlp.encode([*fields, extra, *rest])), hasher=None)
        return bytes(rlp.encode([*fields, extra + seal, *rest]))

    def evidence(self, size: int, root: bytes, **more: Any) -> dict[str, Any]:
        found = super().evidence(size, root, **more)
        receipts = rlp.decode(bytes.fromhex(found["header"]))[5]
        headers, parent = [], os.urandom(32)
        for at, key in enumerate(self.sealing):
            headers.append(self.sealed(key, self.block + at, parent, receipts))
            parent = keccak(headers[-1])
        named = {"header": headers[0].hex(), "headers": [header.hex() for header in headers[1:]], "engine": "clique"}
        del found["sealer"]
        return found | named | {"sealers": [address(key).hex() for key in self.sealing]}

    def trusting(self, *, quorum: int = 0, **changes: Any) -> v.Trust:
        who = ["0x" + address(key).hex() for key in self.listed]
        entry = {"from": 0, "to": None, "engine": self.engine, "addresses": who} | changes
        return v.Trust(self.trust(sealers=[entry]))


def clique(*sealing: int, **more: Any) -> Clique:
    world = Clique(block=1000)
    world.sealing = [KEYS[at] for at in sealing]
    for name, value in more.items():
        setattr(world, name, value)
    return world


def sealed(world: Any, **changes: Any) -> bool:
    """Whether the trust file takes the seals of a block; without the rest of a proof, which costs more than they."""
    return world.trusting(**changes).seals(v.read_block(world.evidence(2, bytes(32))))


def outcome(world: Any, **changes: Any) -> tuple[str, tuple[str, ...]]:
    result = v.Verifier(world.trusting(**changes)).verify(world.proofs(RECORDS)[0])
    return result.status, result.reasons


@pytest.mark.parametrize("world", [
    clique(0, 1, 2), clique(4, 2, 0, 1), clique(0, 1, 2, checkpoint_block=True), clique(0, listed=KEYS[:1]),
    clique(1, 0, listed=KEYS[:3]), clique(6, 0, 1, 2), clique(0, 1, 0, 2),
])  # fmt: skip
def test_clique_headers_of_more_than_half(world: Clique) -> None:
    assert sealed(world)


@pytest.mark.parametrize("world", [
    clique(0, 1), clique(0), clique(0, 1, 0, 1), clique(5, 6, 0, 1), clique(0, 1, listed=KEYS[:4]),
    clique(5, listed=KEYS[:1]),
])  # fmt: skip
def test_clique_half_or_less_is_not_authenticated(world: Clique) -> None:
    assert not sealed(world)


def test_a_whole_proof_with_clique_seals() -> None:
    assert outcome(clique(0, 1, 2)) == ("authenticated", ())
    assert outcome(clique(0, 1)) == ("consistent", ("other_sealer",))


def test_clique_ranges_and_engines() -> None:
    world = clique(0, 1, 2)
    block = v.read_block(world.evidence(2, bytes(32)))
    for changes, fine in (
        ({"to": 1002}, True), ({"from": 1000}, True), ({"to": 1001}, False), ({"to": 999}, False),
        ({"from": 1001}, False), ({"engine": "mulian-poa"}, False), ({"engine": "qbft"}, False),
    ):
        assert world.trusting(**changes).seals(block) is fine, changes
    with pytest.raises(v.Invalid):
        world.trusting(engine="proof-of-work")


def changed(world: Clique, **changes: Any) -> tuple[str, ...]:
    whole = json.loads(world.proofs(RECORDS)[0])
    whole["chain"] |= changes
    return v.Verifier(world.trusting()).verify(canonical.dumps(whole) + b"\n").reasons


def test_clique_headers_must_follow_each_other() -> None:
    world = clique(0, 1, 2)
    other = json.loads(world.proofs(RECORDS)[0])["chain"]
    assert changed(world, headers=other["headers"]) == ("header_chain",)
    assert changed(world, sealers=other["sealers"][::-1]) == ("seal_wrong",)
    whole = json.loads(world.proofs(RECORDS)[0])
    for wrong in ({"headers": []}, {"sealers": []}, {"engine": "clique2"}, {"engine": None}, {"engine": ["clique"]},
                  {"headers": "00"}, {"headers": ["zz"]}, {"note": "x"}):
        assert v.Verifier(world.trusting()).verify(
            canonical.dumps(whole | {"chain": whole["chain"] | wrong}) + b"\n"
        ).exit_code == 1, wrong


class Qbft(Clique):
    """A network of validators, of whom ``sealing`` committed."""

    engine = "qbft"
    round = 0


    def extra(self, seals: list[bytes] | None, number: int) -> bytes:
        parts: list[Any] = [bytes(32), [address(key) for key in self.listed], [], number]
        return bytes(rlp.encode([*parts, seals or []]))

    def evidence(self, size: int, root: bytes, **more: Any) -> dict[str, Any]:
        found = World.evidence(self, size, root, **more)
        receipts = rlp.decode(bytes.fromhex(found["header"]))[5]
        fields = head_fields(self.block, os.urandom(32), receipts, 1)
        rest = [bytes(32), bytes(8), 0]
        digest = keccak(rlp.encode([*fields, self.extra(None, self.round), *rest]))
        seals = [key.sign_recoverable(digest, hasher=None) for key in self.sealing]
        header = rlp.encode([*fields, self.extra(seals, self.round), *rest])
        self.name = keccak(rlp.encode([*fields, self.extra(None, 0), *rest]))
        del found["sealer"]
        who = [address(key).hex() for key in self.sealing]
        return found | {"engine": "qbft", "header": header.hex(), "sealers": who}


def qbft(*sealing: int, **more: Any) -> Qbft:
    world = Qbft(block=1000)
    world.sealing, world.listed = [KEYS[at] for at in sealing], KEYS[:4]
    for name, value in more.items():
        setattr(world, name, value)
    return world


@pytest.mark.parametrize(("world", "enough"), [
    (qbft(0, 1, 2), True), (qbft(3, 1, 2, 0), True), (qbft(0, 1, 2, round=3), True), (qbft(0, 1), False),
    (qbft(0, 1, 5, 6), False), (qbft(0, 1, listed=KEYS[:3]), True), (qbft(0, listed=KEYS[:2]), False),
    (qbft(0, listed=KEYS[:1]), True), (qbft(0, 1, 2, 3, listed=KEYS[:7]), False),
    (qbft(0, 1, 2, 3, 4, listed=KEYS[:7]), True), (qbft(0, 1, 2, 5, 6), True),
])  # fmt: skip
def test_qbft_two_thirds_of_the_commit_seals(world: Qbft, enough: bool) -> None:
    assert sealed(world) is enough


def test_qbft_names_the_block_as_the_chain_does() -> None:
    world = qbft(0, 1, 2, round=2)
    result = v.Verifier(world.trusting()).verify(world.proofs(RECORDS)[0])
    assert result.facts["block_hash"] == "0x" + world.name.hex() and result.facts["engine"] == "qbft"


def test_qbft_bad_seals() -> None:
    world = qbft(0, 1, 2)
    assert outcome(qbft(0, 1, 1))[0] == "invalid", "one validator counts once"
    raw = bytes.fromhex(json.loads(world.proofs(RECORDS)[0])["chain"]["header"])
    fields = rlp.decode(raw)
    extra = rlp.decode(fields[12])
    for wrong in ([*extra[:4], []], extra[:4], [*extra[:4], [b"x"]], [*extra[:4], [extra[4][0][:-1] + b"\x05"]],
                  [*extra, b""], b"x"):
        header = rlp.encode([*fields[:12], rlp.encode(wrong), *fields[13:]])
        with pytest.raises(v.Invalid):
            v.read_qbft(bytes(header))
    assert changed(world, header=raw.hex())[0] in ("seal_wrong", "receipt_trie")


def test_evidence_of_each_engine_reads_back() -> None:
    for world, engine in ((clique(0, 1, 2), "clique"), (qbft(0, 1, 2), "qbft"), (World(), "mulian-poa")):
        shown = world.evidence(5, b"\x01" * 32, transactions=1, at=0)
        headers = [bytes.fromhex(text) for text in (shown["header"], *shown.get("headers", []))]
        receipt = v.trie_value(bytes(rlp.decode(headers[0])[5]), rlp.encode(0),
            [bytes.fromhex(node) for node in shown["receipt"]])
        assert evidence.build(engine, headers, [receipt], 0) == shown


def test_ranges_of_sealers_are_kept() -> None:
    def entry(start: int, end: int | None, *who: str) -> dict[str, Any]:
        return {"from": start, "to": end, "engine": "clique", "addresses": list(who)}

    now = [entry(0, None, "a", "b")]
    assert rules.merged_sealers([], now, 9) == now and rules.merged_sealers(now, [], 9) == now
    assert rules.merged_sealers(now, [entry(0, None, "b", "a")], 9) == now
    later = rules.merged_sealers(now, [entry(0, None, "a", "c")], 9)
    assert later == [entry(0, 9, "a", "b"), entry(10, None, "a", "c")]
    assert rules.merged_sealers(later, [entry(0, None, "a", "c")], 20) == later
    assert rules.merged_sealers(later, [entry(0, None, "a")], 20)[1:] == [entry(10, 20, "a", "c"), entry(21, None, "a")]


def test_a_real_clique_network() -> None:
    """Proofs that this program made on geth: AnchorRegistry, receipts, headers and seals are geth's."""
    fixture = CLIQUE
    verifier = v.Verifier(v.Trust(fixture["trust"].encode()))
    for text in fixture["proofs"].values():
        result = verifier.verify(text.encode())
        assert (result.status, result.facts["engine"]) == ("authenticated", "clique")
        assert len(set(result.facts["sealer"].split())) == 2, "two of three signers"
        whole = json.loads(text)
        whole["chain"]["headers"], whole["chain"]["sealers"] = [], whole["chain"]["sealers"][:1]
        alone = verifier.verify(canonical.dumps(whole) + b"\n")
        assert (alone.status, alone.reasons) == ("consistent", ("other_sealer",))
    signers = fixture["signers"]
    for number, text in fixture["headers"].items():
        header, sealer = v.read_header(bytes.fromhex(text), "clique")
        assert int.from_bytes(header[8], "big") == int(number) and "0x" + sealer.hex() in signers
    listed = rlp.decode(bytes.fromhex(fixture["headers"]["30"]))[12][32:-65]
    assert listed.hex() == "".join(one[2:] for one in signers), "a checkpoint block lists the signers"
    with pytest.raises(v.Invalid):
        v.read_header(bytes.fromhex(fixture["headers"]["30"]))


def test_a_block_of_a_live_besu_is_rebuilt_and_named() -> None:
    block = BESU["block"]["result"]
    raw = headers.header_rlp(block)
    header, committers, name = v.read_qbft(raw)
    assert "0x" + name.hex() == block["hash"] and int.from_bytes(header[8], "big") == 58_866
    assert ["0x" + who.hex() for who in committers] == [block["miner"]], "its one validator"
    for wrong in ({"gasUsed": "0x1"}, {"mixHash": "0x" + "00" * 32}, {"extraData": "0x" + "00" * 97}):
        with pytest.raises(ValueError):
            headers.header_rlp(block | wrong)


def test_commit_seals_of_a_live_besu_in_round_1() -> None:
    raw = bytes.fromhex(BESU["header"]["rlp"])
    fields = rlp.decode(raw)
    vanity, validators, vote, number, seals = rlp.decode(fields[12])
    bare = rlp.encode([*fields[:12], rlp.encode([vanity, validators, vote, number, []]), *fields[13:]])
    assert keccak(bare).hex() == BESU["header"]["committed"] and (number, len(seals)) == (b"\x01", 3)
    _, committers, _ = v.read_qbft(raw)
    assert len(committers) == 3 and set(committers) < set(validators)
