"""The stdlib implementations inside verify_proof.py, against standards' vectors and independent libraries."""

import hashlib
import os

import coincurve
import pytest
import rlp
import sha3
from eth_account import Account
from gmssl import func
from gmssl import sm3 as gmssl_sm3
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from chain.anchoring import tree
from chain.anchoring import verify_proof as v
from crypto.sm import sm2
from kernel import canonical


def test_sm3_vectors() -> None:
    """GB/T 32905 appendix A."""
    assert v.sm3_pure(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    long = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert v.sm3_pure(b"abcd" * 16).hex() == long


@given(st.binary(max_size=400))
def test_hashes_equal_independent_ones(data: bytes) -> None:
    assert v.sm3_pure(data) == v.sm3(data) == hashlib.new("sm3", data).digest()
    assert v.keccak256(data) == sha3.keccak_256(data).digest()


def test_hashes_at_block_borders() -> None:
    for size in (0, 1, 54, 55, 56, 63, 64, 65, 134, 135, 136, 137, 271, 272, 273):
        data = os.urandom(size)
        assert v.sm3_pure(data).hex() == gmssl_sm3.sm3_hash(func.bytes_to_list(data))
        assert v.keccak256(data) == sha3.keccak_256(data).digest()


def test_keccak_vector() -> None:
    assert v.keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_sm2_vector() -> None:
    """GB/T 32918.5 appendix A.2: identity 1234567812345678, message "message digest"."""
    key = bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    v.sm2_verify(key, b"message digest", signature)
    for wrong in (signature[:-1] + b"\0", bytes(64), signature[:32] + bytes(32), b"\xff" * 64):
        with pytest.raises(v.Invalid):
            v.sm2_verify(key, b"message digest", wrong)
    with pytest.raises(v.Invalid):
        v.sm2_verify(key, b"message digesT", signature)
    with pytest.raises(v.Invalid, match="curve"):
        v.sm2_verify(key[:-1] + b"\x14", b"message digest", signature)


def test_sm2_equals_the_platform_engine() -> None:
    for size in range(6):
        private, public = sm2.generate()
        message = os.urandom(size * 40)
        signature = sm2.sign(private, message)
        v.sm2_verify(public, message, signature)
        with pytest.raises(v.Invalid):
            v.sm2_verify(sm2.generate()[1], message, signature)


def test_recover_equals_coincurve_and_refuses_the_other_s() -> None:
    for _ in range(6):
        key, digest = coincurve.PrivateKey(), os.urandom(32)
        signature = key.sign_recoverable(digest, hasher=None)
        address = v.recover(digest, signature)
        assert address == bytes.fromhex(Account.from_key(key.secret).address[2:])
        mirrored = v.SECP256K1.n - int.from_bytes(signature[32:64], "big")
        other = signature[:32] + mirrored.to_bytes(32, "big") + bytes([1 - signature[64]])
        with pytest.raises(v.Invalid):
            v.recover(digest, other)
        with pytest.raises(v.Invalid):
            v.recover(digest, signature[:64] + b"\x02")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_canonical_form_equals_the_kernel(value: dict[str, object]) -> None:
    encoded = canonical.dumps(value)
    assert v.canonical(value) == encoded
    assert v.parse(encoded + b"\n") == value


@pytest.mark.parametrize("data", [
    b"{}", b"{}\r\n", b"{}\n\n", b" {}\n", b'{"a":1.0}\n', b'{"a":1e2}\n', b'{"a":NaN}\n', b'{"a":-0}\n', b"[]\n",
    b'{"a":1,"a":1}\n', b'{"b":1,"a":1}\n', b'{"a":"\\u0041"}\n', b'{"a":"\\/"}\n', b'{"a":"\xff"}\n',
    b"\xef\xbb\xbf{}\n",
    b'{"a":9007199254740992}\n', b'{"a":"\\ud800"}\n', b'{"a":' + b"[" * 200_000 + b"\n",
    b'{"a":' + b"1" * 5000 + b"}\n",
])  # fmt: skip
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(v.Invalid):
        v.parse(data)


rlp_items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(rlp_items)
def test_rlp_equals_pyrlp(item: object) -> None:
    assert v.rlp(item) == rlp.encode(item)
    assert v.unrlp(rlp.encode(item)) == rlp.decode(rlp.encode(item)) or v.unrlp(rlp.encode(item)) == item


@pytest.mark.parametrize("text",
    ["", "8101", "b800", "b90001ff", "c2", "c101ff", "f800", "bfffffffffffffffff", "83aabb", "c281"])
def test_rlp_refuses_other_forms(text: str) -> None:
    with pytest.raises(v.Invalid):
        v.unrlp(bytes.fromhex(text))


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 130, 300])
def test_trie_values(count: int) -> None:
    trie = HexaryTrie({}, prune=False)
    for number in range(count):
        trie[rlp.encode(number)] = b"\x02" + os.urandom(40 + number % 30)
    for number in {0, 1, count // 2, count - 1} & set(range(count)):
        key = rlp.encode(number)
        nodes = [rlp.encode(node) for node in trie.get_proof(key)]
        assert v.trie_value(trie.root_hash, key, nodes) == trie[key]
        wrong = [nodes[:-1], [*nodes, nodes[0]], [nodes[-1][:-1] + b"\0"], nodes[1:]]
        for bad in wrong:
            with pytest.raises(v.Invalid):
                v.trie_value(trie.root_hash, key, bad)
        with pytest.raises(v.Invalid):
            v.trie_value(trie.root_hash, rlp.encode(count + 1), nodes)


def test_consistency_of_all_small_sizes() -> None:
    """The verifier and the tree's own code agree; every other root and every other length of path is refused."""
    grown = tree.Tree(tree.MemoryTiles())
    grown.append([tree.leaf_hash(bytes([at])) for at in range(18)])
    for size in range(1, 19):
        for old in range(1, size + 1):
            was, root, path = grown.root(old), grown.root(size), grown.consistency(old, size)
            v.check_consistency(old, size, was, root, path)
            for wrong in ((root, was, path), (was, root, [*path, root]), (was, root, path[:-1]), (was, was, path)):
                if wrong != (was, root, path):
                    with pytest.raises(v.Invalid):
                        v.check_consistency(old, size, *wrong)
    for old, size in ((0, 5), (6, 5)):
        with pytest.raises(v.Invalid):
            v.check_consistency(old, size, grown.root(5), grown.root(5), [])
