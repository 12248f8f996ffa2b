"""Code on a chain against the build: the constructor's places compared, metadata masked, everything else exact."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_sc.artifacts import Artifact, artifact
from contracts_sc.bytecode import compare, padded
from tests.chain.contracts.network import Network

# what solc 0.8 appends: {"ipfs": 34 bytes, "solc": 3 bytes} and its length
IPFS = bytes.fromhex("a2646970667358221220") + b"\x11" * 32 + bytes.fromhex("64736f6c6343000825") + b"\x00\x33"
OTHER_IPFS = IPFS.replace(b"\x11" * 32, b"\x22" * 32)


def made(runtime: bytes, immutables: dict[str, list[dict[str, int]]] | None = None) -> Artifact:
    return replace(
        artifact("KeyRotationLog"), runtime=runtime, immutables=immutables or {}, immutable_names={"7": "owner"}
    )


def test_code_of_a_real_deployment_and_of_its_proxy() -> None:
    network = Network()
    address = network.implementation("CatalogRegistry")
    built, code = artifact("CatalogRegistry"), network.chain.code(address)
    assert code != built.runtime
    found = compare(code, built)
    assert found.verdict == "unconfirmed" and not found.same
    assert {item.name for item in found.immutables} == {"__self"}
    assert {item.value for item in found.immutables} == {padded(address)}
    assert compare(code, built, expected={"__self": padded(address)}).same
    # a second deployment recomputes every other byte, and its own address differs
    again = network.chain.code(network.implementation("CatalogRegistry"))
    assert compare(code, built, recomputed=again).verdict == "immutables"
    assert compare(code, built, recomputed=code).same
    assert compare(code, artifact("ReleaseRegistry")).verdict == "different"
    proxy = network.proxied("CatalogRegistry")
    assert compare(network.chain.code(proxy.address), artifact("ERC1967Proxy")).same


@pytest.mark.pure
def test_verdicts() -> None:
    code = bytes(range(64)) * 3
    assert compare(code, made(code)).same
    assert compare(b"", made(code)).verdict == "absent"
    found = compare(code[:100] + b"\xff\xfe" + code[102:], made(code))
    assert found.verdict == "different" and found.differences == ((100, code[100:102], b"\xff\xfe"),)
    assert compare(code[:-1], made(code)).verdict == "different"
    assert compare(code + b"\0", made(code)).verdict == "different"


@pytest.mark.pure
def test_immutables_are_compared_and_not_masked() -> None:
    built = b"\x01" * 8 + b"\0" * 32 + b"\x02" * 8 + b"\0" * 32
    places = {"7": [{"start": 8, "length": 32}, {"start": 48, "length": 32}]}
    owner, other = padded("0x" + "ab" * 20), padded("0x" + "cd" * 20)
    code = b"\x01" * 8 + owner + b"\x02" * 8 + owner
    assert compare(code, made(built, places)).verdict == "unconfirmed"
    assert compare(code, made(built, places), expected={"owner": owner}).same
    assert compare(code, made(built, places), expected={"owner": other}).verdict == "immutables"
    assert compare(code, made(built, places), recomputed=code).same
    # one variable has one value wherever it is used
    torn = b"\x01" * 8 + owner + b"\x02" * 8 + other
    assert compare(torn, made(built, places), expected={"owner": owner}).verdict == "immutables"
    assert compare(torn, made(built, places)).verdict == "immutables"


@pytest.mark.pure
def test_metadata_is_masked_only_where_the_compiler_writes_it() -> None:
    code = bytes(range(200))
    same = compare(code + OTHER_IPFS, made(code + IPFS))
    assert same.same and same.masked == len(IPFS) == 53
    changed = b"\xff" + code[1:]
    assert compare(changed + OTHER_IPFS, made(code + IPFS)).verdict == "different"
    # taken away, added, or not metadata at all: other code
    assert compare(code, made(code + IPFS)).verdict == "different"
    assert compare(code + IPFS, made(code)).verdict == "different"
    evil = IPFS.replace(b"dipfs", b"dcall")
    assert compare(code + evil, made(code + IPFS)).verdict == "different"


@pytest.mark.pure
def test_a_library_names_its_own_address() -> None:
    built = b"\x73" + b"\0" * 20 + b"\x30\x14" + bytes(range(50))
    address = bytes.fromhex("ab" * 20)
    code = built[:1] + address + built[21:]
    assert compare(code, made(built)).verdict == "unconfirmed"
    assert compare(code, made(built), expected={"library address": address}).same
    assert compare(code, made(built), expected={"library address": b"\1" * 20}).verdict == "immutables"


@pytest.mark.pure
@given(st.integers(0, 3124), st.integers(1, 255))
def test_any_changed_byte_is_seen(at: int, change: int) -> None:
    built = artifact("AnchorRegistry")
    code = bytearray(built.runtime)
    code[at] ^= change
    assert compare(bytes(code), built).differences == ((at, built.runtime[at:at + 1], bytes([code[at]])),)


@pytest.mark.pure
@given(st.binary(max_size=80))
def test_no_bytes_make_it_fail(code: bytes) -> None:
    assert compare(code, made(b"\x60\x80" + IPFS)).verdict in ("absent", "different")
