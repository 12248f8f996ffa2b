#!/usr/bin/env python3
"""Verify Mulian anchoring proofs offline: one file, Python 3.8 or later, standard library only, no network.

    python3 -I verify_proof.py PROOF... --trust TRUST.json [--json]

PROOF is a file or a folder of ``*.proof.json``. The trust file must have reached you another way than the
proofs did; compare its fingerprint. Exit status: 0 every proof is authenticated, 3 consistent but not
authenticated (another key, sealer, registry or chain than the trust file names, or fewer witnesses than it
asks for), 1 at least one is invalid, 2 wrong use.

A proof is canonical JSON (RFC 8785 without floats) plus one newline. It shows, each step bound to the next:
record, salt, object -> SM3 leaf (RFC 6962) -> root of a checkpoint signed with SM2, and by which witnesses ->
event ``Anchored`` of the AnchorRegistry -> receipt trie -> block header -> seal of authorised sealers.
A row proof adds one step before: row, salt -> row tree, whose root stands in the record. A consistency file
shows that the tree of a signed checkpoint continues a smaller one; files checked in one call must agree.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    Point = tuple[int, int, int] | None  # Jacobian coordinates

MAX_BYTES = 4 << 20
MAX_DEPTH = 64
MAX_INT = 2**53 - 1
ORIGIN = re.compile(r"mulian:([1-9][0-9]{0,15}):(0x[0-9a-f]{64}):(0x[0-9a-f]{40})")
STREAM = re.compile(r"[a-z][a-z0-9._/-]{0,31}")
TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
Rlp = Any  # bytes, or a list of such


class Invalid(Exception):
    """The proof is wrong; the text is a stable reason code."""


class Result(NamedTuple):
    """``status``: authenticated, consistent or invalid; ``reasons`` say why; ``facts`` are what is proven."""

    status: str
    reasons: tuple[str, ...]
    facts: dict[str, Any]

    @property
    def exit_code(self) -> int:
        return {"authenticated": 0, "consistent": 3}.get(self.status, 1)


def need(condition: object, reason: str) -> None:
    """Raise Invalid with this reason unless the condition holds."""
    if not condition:
        raise Invalid(reason)


# --- SM3 (GB/T 32905) and Keccak-256 -----------------------------------------------------------------------

M32 = 0xFFFFFFFF


def _rol(x: int, n: int) -> int:
    return ((x << n) | (x >> (32 - n))) & M32


_T = [_rol(0x79CC4519 if j < 16 else 0x7A879D8A, j % 32) for j in range(64)]


def sm3_pure(data: bytes) -> bytes:
    """SM3 in plain Python, for interpreters whose hashlib lacks it."""
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    size = len(data)
    data += b"\x80" + bytes(-(size + 9) % 64) + (size * 8).to_bytes(8, "big")
    for at in range(0, len(data), 64):
        w = [int.from_bytes(data[i : i + 4], "big") for i in range(at, at + 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ ((w[j - 3] << 15 | w[j - 3] >> 17) & M32)
            x ^= ((x << 15 | x >> 17) ^ (x << 23 | x >> 9)) & M32
            w.append(x ^ ((w[j - 13] << 7 | w[j - 13] >> 25) & M32) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            a12 = (a << 12 | a >> 20) & M32
            s1 = (a12 + e + _T[j]) & M32
            s1 = (s1 << 7 | s1 >> 25) & M32
            ff, gg = (a ^ b ^ c, e ^ f ^ g) if j < 16 else ((a & b) | (a & c) | (b & c), (e & f) | (~e & g))
            t1 = (ff + d + (s1 ^ a12) + (w[j] ^ w[j + 4])) & M32
            t2 = (gg + h + s1 + w[j]) & M32
            p0 = t2 ^ (((t2 << 9 | t2 >> 23) ^ (t2 << 17 | t2 >> 15)) & M32)
            a, b, c, d, e, f, g, h = t1, a, (b << 9 | b >> 23) & M32, c, p0, e, (f << 19 | f >> 13) & M32, g
        v = [v[i] ^ x for i, x in enumerate((a, b, c, d, e, f, g, h))]
    return b"".join(x.to_bytes(4, "big") for x in v)


def _pick_sm3() -> Callable[[bytes], bytes]:
    try:
        empty = hashlib.new("sm3", b"")
    except ValueError:
        return sm3_pure

    def fast(data: bytes) -> bytes:
        state = empty.copy()
        state.update(data)
        return state.digest()

    return fast if fast(b"abc") == sm3_pure(b"abc") else sm3_pure


sm3 = _pick_sm3()


def _keccak_tables() -> tuple[list[tuple[int, int, int]], list[int]]:
    moves, x, y = [], 1, 0
    for t in range(24):
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr >> 7 else 0)
        constants.append(constant)
    return moves, constants


_MOVES, _ROUNDS = _keccak_tables()
M64 = (1 << 64) - 1


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (padding 0x01, not that of SHA3)."""
    pad = 136 - len(data) % 136
    data += b"\x81" if pad == 1 else b"\x01" + bytes(pad - 2) + b"\x80"
    a = [0] * 25
    for at in range(0, len(data), 136):
        for i in range(17):
            a[i] ^= int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little")
        for constant in _ROUNDS:
            c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
            d = [c[x - 1] ^ ((c[x - 4] << 1 | c[x - 4] >> 63) & M64) for x in range(5)]
            a = [lane ^ d[i % 5] for i, lane in enumerate(a)]
            b = [a[0]] * 25
            for source, target, shift in _MOVES:
                b[target] = (a[source] << shift | a[source] >> (64 - shift)) & M64
            a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
            a[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in a[:4])


# --- elliptic curves: SM2 (GB/T 32918) verification, secp256k1 recovery ------------------------------------


class Curve(NamedTuple):
    """y^2 = x^3 + ax + b over p, base point (gx, gy) of prime order n."""

    p: int
    a: int
    b: int
    n: int
    gx: int
    gy: int

    def add(self, one: Point, two: Point) -> Point:
        """Sum of two points in Jacobian coordinates; None is the point at infinity."""
        if one is None or two is None:
            return one or two
        p = self.p
        x1, y1, z1 = one
        x2, y2, z2 = two
        z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
        s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if h == 0:
            return self.double(one) if r == 0 else None
        hh = h * h % p
        hhh, v = h * hh % p, u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p

    def double(self, one: Point) -> Point:
        if one is None or one[1] == 0:
            return None
        p = self.p
        x, y, z = one
        yy, zz = y * y % p, z * z % p
        s = 4 * x * yy % p
        m = (3 * x * x + self.a * zz * zz) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def combine(self, k: int, m: int, point: tuple[int, int]) -> tuple[int, int] | None:
        """[k]G + [m]point as affine coordinates."""
        g, q = (self.gx, self.gy, 1), (point[0], point[1], 1)
        table: list[Point] = [None, g, q, self.add(g, q)]
        total: Point = None
        for bit in range(max(k.bit_length(), m.bit_length()) - 1, -1, -1):
            total = self.double(total)
            choice = (k >> bit & 1) | (m >> bit & 1) << 1
            if choice:
                total = self.add(total, table[choice])
        if total is None:
            return None
        inverse = pow(total[2], -1, self.p)
        return total[0] * inverse * inverse % self.p, total[1] * inverse**3 % self.p

    def holds(self, x: int, y: int) -> bool:
        return x < self.p and y < self.p and (y * y - x * x * x - self.a * x - self.b) % self.p == 0


SECP256K1 = Curve(
    2**256 - 2**32 - 977, 0, 7, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)  # fmt: skip
SM2 = Curve(
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SM2_ID = b"1234567812345678"


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def sm2_verify(key: bytes, message: bytes, signature: bytes, identity: bytes = SM2_ID) -> None:
    """SM2 with SM3 (GB/T 32918.2): key = 04 || x || y, signature = r || s; Invalid unless right."""
    need(len(key) == 65 and key[0] == 4 and len(signature) == 64, "sm2_format")
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    need(SM2.holds(x, y), "sm2_key_not_on_curve")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % SM2.n
    need(0 < r < SM2.n and 0 < s < SM2.n and t, "checkpoint_signature_wrong")
    entl = (len(identity) * 8).to_bytes(2, "big")
    za = sm3(entl + identity + _words(SM2.a, SM2.b, SM2.gx, SM2.gy, x, y))
    point = SM2.combine(s, t, (x, y))
    e = int.from_bytes(sm3(za + message), "big")
    need(point and (e + point[0] - r) % SM2.n == 0, "checkpoint_signature_wrong")


def recover(digest: bytes, signature: bytes) -> bytes:
    """The 20-byte address whose key made r || s || v (v 0 or 1, low s) over a 32-byte digest."""
    curve = SECP256K1
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    need(0 < r < curve.n and 0 < s <= curve.n // 2 and v in (0, 1), "seal_format")
    y = pow(r**3 + 7, (curve.p + 1) // 4, curve.p)
    y = y if y & 1 == v else curve.p - y
    need(curve.holds(r, y), "seal_format")
    inverse = pow(r, -1, curve.n)
    point = curve.combine(-int.from_bytes(digest, "big") * inverse % curve.n, s * inverse % curve.n, (r, y))
    if point is None:
        raise Invalid("seal_format")
    return keccak256(_words(*point))[12:]


# --- canonical JSON, RLP, Merkle tree, Merkle Patricia trie ------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of JSON without floats."""
    return _text(value).encode("utf-8")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        need(abs(value) <= MAX_INT, "integer_range")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join([encode_basestring(key) + ":" + _text(value[key]) for key in keys]) + "}"


def _no_float(text: str) -> Any:
    raise Invalid("float")


def _int(text: str) -> int:
    need(len(text) <= 17, "integer_range")  # before int(): converting millions of digits takes minutes
    return int(text)


def _depth(data: bytes) -> int:
    """Nesting of brackets outside strings. Counted first: json's scanner recurses in C and can crash on it."""
    depth = deepest = 0
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        for mark in re.findall(rb'"(?:[^"\\]|\\.)*"|[][{}]', data):
            depth += 1 if mark in b"[{" else -1 if mark in b"]}" else 0
            deepest = max(deepest, depth)
    return deepest


def parse(data: bytes) -> dict[str, Any]:
    """Read one canonical JSON object plus newline; any other bytes are Invalid."""
    need(len(data) <= MAX_BYTES, "too_large")
    need(_depth(data) <= MAX_DEPTH, "too_deep")
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_int, parse_float=_no_float, parse_constant=_no_float)
        same = canonical(value) + b"\n" == data
    except (ValueError, RecursionError):
        raise Invalid("not_json") from None
    need(same, "not_canonical")
    need(isinstance(value, dict), "not_an_object")
    return dict(value)


def rlp(item: Rlp) -> bytes:
    """RLP encoding of bytes and lists."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _length(len(item), 0x80) + item
    body = b"".join(map(rlp, item))
    return _length(len(body), 0xC0) + body


def _length(size: int, base: int) -> bytes:
    if size < 56:
        return bytes([base + size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(digits)]) + digits


def unrlp(data: bytes) -> Rlp:
    """Decode exactly one RLP item; every non-canonical form is Invalid."""
    item, end = _unrlp(data, 0, 0)
    need(end == len(data) and rlp(item) == data, "rlp")
    return item


def _unrlp(data: bytes, at: int, depth: int) -> tuple[Rlp, int]:
    need(at < len(data) and depth < 16, "rlp")
    mark = data[at]
    if mark < 0x80:
        return data[at : at + 1], at + 1
    size, start = (mark - 0x80, at + 1) if mark < 0xC0 else (mark - 0xC0, at + 1)
    if size > 55:
        start += size - 55
        size = int.from_bytes(data[at + 1 : start], "big")
    end = start + size
    need(end <= len(data), "rlp")
    if mark < 0xC0:
        return data[start:end], end
    items: list[Any] = []
    while start < end:
        item, start = _unrlp(data, start, depth + 1)
        items.append(item)
    need(start == end, "rlp")
    return items, end


@lru_cache(maxsize=1 << 16)
def _node(left: bytes, right: bytes) -> bytes:
    return sm3(b"\x01" + left + right)  # remembered: the proofs of one batch share most of their nodes


def tree_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The RFC 6962 root an audit path leads to (algorithm of RFC 9162 section 2.1.3.2)."""
    need(0 <= index < size, "index_range")
    node, at, last = leaf, index, size - 1
    for sibling in path:
        need(last, "path_length")
        if at & 1 or at == last:
            node = _node(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _node(node, sibling)
        at, last = at >> 1, last >> 1
    need(last == 0, "path_length")
    return node


def check_consistency(old: int, size: int, was: bytes, root: bytes, path: list[bytes]) -> None:
    """Invalid unless the tree of ``size`` leaves continues that of ``old`` (RFC 9162 section 2.1.4.2)."""
    need(0 < old <= size, "index_range")
    if old == size:
        need(not path and was == root, "consistency")
        return
    nodes = [was, *path] if old & (old - 1) == 0 else list(path)
    need(nodes, "path_length")
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        need(last, "path_length")
        if at & 1 or at == last:
            first, second = _node(node, first), _node(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = _node(second, node)
        at, last = at >> 1, last >> 1
    need(last == 0 and first == was and second == root, "consistency")


def trie_value(root: bytes, key: bytes, nodes: list[bytes]) -> bytes:
    """The value under ``key`` in a Merkle Patricia trie; every given node must be on the way."""
    path, rest = key.hex(), list(nodes)
    expected: Rlp = root
    while True:
        node = expected
        if isinstance(expected, bytes):
            need(len(expected) == 32 and rest and keccak256(rest[0]) == expected, "receipt_trie")
            node = unrlp(rest.pop(0))
        need(isinstance(node, list) and len(node) in (2, 17), "receipt_trie")
        if len(node) == 17:
            need(path, "receipt_trie")  # keys of a receipt trie are prefix-free: no value sits in a branch
            expected, path = node[int(path[0], 16)], path[1:]
            continue
        need(isinstance(node[0], bytes) and node[0], "receipt_trie")
        packed = node[0].hex()
        flag = int(packed[0], 16)
        part = packed[1:] if flag & 1 else packed[2:]
        need(flag < 4 and (flag & 1 or packed[1] == "0") and path.startswith(part), "receipt_trie")
        path, expected = path[len(part) :], node[1]
        if flag & 2:
            need(not path and not rest and isinstance(expected, bytes), "receipt_trie")
            return bytes(expected)


# --- what a proof says -------------------------------------------------------------------------------------

PROOF_KEYS = {"chain", "checkpoint", "format", "index", "object", "path", "record", "salt"}
ROW_KEYS = {"format", "index", "path", "proof", "row", "salt"}
CONSISTENCY_KEYS = {"checkpoint", "format", "old", "path", "witnesses"}
CHECKPOINT_KEYS = {"key", "origin", "root", "signature", "size", "stream", "time"}
TRUST_KEYS = {"chain_id", "checkpoint_keys", "format", "genesis_hash", "registry", "sealers"}
ANCHORED = keccak256(b"Anchored(bytes32,uint64,bytes32,bytes32,uint64,uint64,bytes32)")


def _fields(value: Any, keys: set[str]) -> dict[str, Any]:
    need(isinstance(value, dict) and set(value) == keys, "fields")
    return dict(value)


def _hex(value: Any, size: int | None = None) -> bytes:
    need(isinstance(value, str) and re.fullmatch("(?:[0-9a-f]{2})*", value), "hex")
    need(size is None or len(value) == 2 * size, "hex")
    return bytes.fromhex(value)


def _path(value: Any) -> list[bytes]:
    need(isinstance(value, list) and len(value) <= 128, "path_length")
    return [_hex(node, 32) for node in value]


def _count(value: Any, low: int = 0) -> int:
    need(type(value) is int and low <= value <= MAX_INT, "number")
    return int(value)


def _match(value: Any, pattern: re.Pattern[str]) -> re.Match[str]:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Invalid("text")
    return found


def leaf_bytes(record: Any, obj: Any, salt: str) -> bytes:
    """What is hashed into a leaf: SM3(0x00 || these bytes)."""
    return canonical({"format": "mulian-leaf-1", "object": obj, "record": record, "salt": salt})


def checkpoint_bytes(origin: str, stream: str, size: int, root: str, time: str) -> bytes:
    """What the platform signs; ``origin`` binds chain id, genesis block and AnchorRegistry."""
    fields = {"origin": origin, "root": root, "size": size, "stream": stream, "time": time}
    return canonical({"format": "mulian-checkpoint-1", **fields})


def cosignature_bytes(point: dict[str, Any], seen: str) -> bytes:
    """What a witness signs: the checkpoint and, as ``seen``, when it had found it consistent."""
    signed = {name: point[name] for name in ("origin", "root", "size", "stream", "time")}
    return canonical({"checkpoint": signed, "format": "mulian-cosignature-1", "time": seen})


def row_bytes(row: Any, salt: str) -> bytes:
    """What is hashed into a leaf of a row tree: SM3(0x00 || these bytes)."""
    return canonical({"format": "mulian-row-1", "row": row, "salt": salt})


class Block(NamedTuple):
    """What the seals of one block vouch for; ``sealers``: (number of the sealed block, address)."""

    engine: str
    number: int
    time: int
    hash: bytes
    sealers: tuple[tuple[int, bytes], ...]
    registry: bytes
    stream: bytes
    seq: int
    root: bytes
    size: int


def _uint(data: Any) -> int:
    need(isinstance(data, bytes) and len(data) <= 8 and not data.startswith(b"\0"), "header")
    return int.from_bytes(data, "big")


def _header(raw: bytes) -> list[bytes]:
    header = unrlp(raw)
    need(isinstance(header, list) and 15 <= len(header) <= 21, "header")
    need(all(isinstance(item, bytes) for item in header) and len(header[0]) == len(header[5]) == 32, "header")
    return list(header)


def _with_extra(header: list[bytes], extra: bytes) -> bytes:
    """Keccak-256 of the header with another extraData."""
    return keccak256(rlp([*header[:12], extra, *header[13:]]))


def read_header(raw: bytes, engine: str = "mulian-poa") -> tuple[list[bytes], bytes]:
    """The fields of an RLP header and who sealed it: extraData = 32 bytes || seal.

    Clique (EIP-225) is the same, with difficulty 1 or 2 and the list of signers before the seal at checkpoints.
    """
    header = _header(raw)
    extra = header[12]
    signers = len(extra) - 97
    need(signers == 0 or (engine == "clique" and signers > 0 and signers % 20 == 0), "seal_format")
    need(engine != "clique" or header[7] in (b"\x01", b"\x02"), "header")
    return header, recover(_with_extra(header, extra[:-65]), extra[-65:])


def read_qbft(raw: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """The fields of a QBFT header, whose commit seals it carries, and the block's hash.

    extraData = RLP [vanity, validators, vote, round, seals]. A commit seal covers the header without the seals; the
    block's hash leaves the round out as well.
    """
    header = _header(raw)
    extra = unrlp(header[12])
    need(isinstance(extra, list) and len(extra) == 5 and isinstance(extra[4], list), "seal_format")
    need(isinstance(extra[3], bytes) and all(isinstance(seal, bytes) and len(seal) == 65 for seal in extra[4]),
        "seal_format")
    digest = _with_extra(header, rlp([*extra[:4], []]))
    committers = [recover(digest, seal) for seal in extra[4]]
    need(committers and len(set(committers)) == len(committers), "seal_format")
    return header, committers, _with_extra(header, rlp([*extra[:3], b"", []]))


def read_seals(evidence: Any) -> tuple[str, list[bytes], bytes, tuple[tuple[int, bytes], ...]]:
    """Engine, header fields, hash and sealers of the evidence's block; each header must continue the one before."""
    engine = evidence.get("engine", "mulian-poa") if isinstance(evidence, dict) else None
    names = {"mulian-poa": {"sealer"}, "clique": {"engine", "headers", "sealers"}, "qbft": {"engine", "sealers"}}
    need(isinstance(engine, str) and engine in names, "engine")
    fields = _fields(evidence, {"header", "receipt", "transaction"} | names[str(engine)])
    raw = _hex(fields["header"])
    if engine == "qbft":
        header, committers, name = read_qbft(raw)
        number = _uint(header[8])
        sealers = [(number, who) for who in committers]
    else:
        header, sealer = read_header(raw, str(engine))
        name, number = keccak256(raw), _uint(header[8])
        sealers, last = [(number, sealer)], name
        more = fields.get("headers", [])
        need(isinstance(more, list) and len(more) <= 256, "fields")
        for at, text in enumerate(more, number + 1):
            following = _hex(text)
            found, who = read_header(following, str(engine))
            need(found[0] == last and _uint(found[8]) == at, "header_chain")
            sealers.append((at, who))
            last = keccak256(following)
    named = [fields["sealer"]] if engine == "mulian-poa" else fields["sealers"]
    need(isinstance(named, list), "fields")
    # any other header recovers to some other key
    need([_hex(text, 20) for text in named] == [who for _, who in sealers], "seal_wrong")
    return str(engine), header, name, tuple(sealers)


def read_block(evidence: Any) -> Block:
    """Header, its seals, the receipt in its trie and the one ``Anchored`` event in it."""
    engine, header, name, sealers = read_seals(evidence)
    need(isinstance(evidence["receipt"], list), "fields")
    key = _count(evidence["transaction"])
    index = rlp(key.to_bytes((key.bit_length() + 7) // 8, "big"))
    receipt = trie_value(header[5], index, [_hex(node) for node in evidence["receipt"]])
    registry, topics, data = _event(receipt)
    stream, seq, root = topics[1], int.from_bytes(topics[2], "big"), topics[3]
    prev, start, leaves, head = (data[at : at + 32] for at in range(0, 128, 32))
    need(keccak256(prev + stream + topics[2] + root + start + leaves) == head, "event")
    size = int.from_bytes(start, "big") + int.from_bytes(leaves, "big")
    number, time = _uint(header[8]), _uint(header[11])
    return Block(engine, number, time, name, sealers, registry, stream, seq, root, size)


def _event(receipt: bytes) -> tuple[bytes, list[bytes], bytes]:
    need(receipt, "receipt")
    fields = unrlp(receipt[1:] if receipt[0] < 0x80 else receipt)
    need(isinstance(fields, list) and len(fields) == 4 and fields[0] == b"\x01", "receipt")
    need(isinstance(fields[3], list), "receipt")
    found = []
    for log in fields[3]:
        need(isinstance(log, list) and len(log) == 3 and isinstance(log[1], list), "receipt")
        if log[1] and log[1][0] == ANCHORED:
            found.append(log)
    need(len(found) == 1, "event")
    address, topics, data = found[0]
    need(isinstance(address, bytes) and len(address) == 20, "event")
    need(isinstance(data, bytes) and len(data) == 128, "event")
    need(len(topics) == 4 and all(isinstance(topic, bytes) and len(topic) == 32 for topic in topics), "event")
    return address, topics, data


class Trust:
    """A parsed trust file: what the reader believes before reading any proof."""

    def __init__(self, data: bytes) -> None:
        given = parse(data)
        newer = given.get("format") == "mulian-trust-2"
        fields = _fields(given, TRUST_KEYS | {"witness_quorum", "witnesses"} if newer else TRUST_KEYS)
        need(newer or fields["format"] == "mulian-trust-1", "format")
        self.fingerprint = sm3(data).hex()
        chain = _count(fields["chain_id"], 1)
        self.origin = f"mulian:{chain}:{fields['genesis_hash']}:{fields['registry']}"
        _match(self.origin, ORIGIN)
        need(isinstance(fields["checkpoint_keys"], list) and isinstance(fields["sealers"], list), "fields")
        self.keys = {_hex(key, 65) for key in fields["checkpoint_keys"]}
        self.sealers = [self._range(entry) for entry in fields["sealers"]]
        self.witnesses = self._witnesses(fields.get("witnesses", []))
        self.quorum = _count(fields.get("witness_quorum", 0))

    @staticmethod
    def _range(entry: Any) -> tuple[int, int, str, set[bytes]]:
        fields = _fields(entry, {"addresses", "engine", "from", "to"})
        need(fields["engine"] in ("mulian-poa", "clique", "qbft") and isinstance(fields["addresses"], list), "engine")
        last = MAX_INT if fields["to"] is None else _count(fields["to"])
        need(all(isinstance(address, str) and address[:2] == "0x" for address in fields["addresses"]), "hex")
        who = {_hex(address[2:], 20) for address in fields["addresses"]}
        return _count(fields["from"]), last, str(fields["engine"]), who

    @staticmethod
    def _witnesses(entries: Any) -> dict[bytes, str]:
        need(isinstance(entries, list), "fields")
        found = {}
        for entry in entries:
            fields = _fields(entry, {"key", "name"})
            need(isinstance(fields["name"], str), "text")
            found[_hex(fields["key"], 65)] = fields["name"]
        need(len(found) == len(entries), "fields")
        return found

    def seals(self, block: Block) -> bool:
        """Whether as many sealers of one range vouch for the block as its engine asks for."""
        return any(
            engine == block.engine and first <= block.number <= last
            and self._enough(engine, len({a for n, a in block.sealers if n <= last} & who), len(who))
            for first, last, engine, who in self.sealers
        )

    @staticmethod
    def _enough(engine: str, count: int, of: int) -> bool:
        if engine == "clique":
            return 2 * count > of  # more than half: no other branch can have as many
        if engine == "qbft":
            return count > 0 and 3 * count >= 2 * of
        return count == 1


class Verifier:
    """Checks many proofs against one trust file; a block or a checkpoint that they share is checked once."""

    def __init__(self, trust: Trust | None = None) -> None:
        self.trust = trust
        self._blocks: dict[bytes, Block | Invalid] = {}
        self._signed: dict[bytes, Invalid | None] = {}
        self._roots: dict[tuple[str, int], bytes] = {}

    def verify(self, data: bytes) -> Result:
        """Check the bytes of one proof file; never raises for bad input."""
        try:
            return self._document(parse(data))
        except Invalid as error:
            return Result("invalid", (str(error),), {})
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
            return Result("invalid", ("malformed",), {})

    def _document(self, document: dict[str, Any]) -> Result:
        kind = document.get("format")
        if kind == "mulian-row-proof-1":
            return self._row(_fields(document, ROW_KEYS))
        if kind == "mulian-consistency-1":
            return self._consistency(_fields(document, CONSISTENCY_KEYS))
        need(kind in ("mulian-proof-1", "mulian-proof-2"), "format")
        return self._proof(_fields(document, PROOF_KEYS if kind == "mulian-proof-1" else PROOF_KEYS | {"witnesses"}))

    def _row(self, document: dict[str, Any]) -> Result:
        """A row under the root that stands in an anchored record as ``row_root``, ``rows`` being its size."""
        proof = document["proof"]
        need(isinstance(proof, dict) and str(proof.get("format", "")).startswith("mulian-proof-"), "format")
        need(isinstance(document["row"], dict), "fields")
        _hex(document["salt"], 32)
        result = self._document(proof)
        index, size = _count(document["index"]), _count(proof["record"].get("rows"), 1)
        leaf = sm3(b"\0" + row_bytes(document["row"], document["salt"]))
        root = tree_root(leaf, index, size, _path(document["path"]))
        need(root == _hex(proof["record"].get("row_root"), 32), "row_root")
        return result._replace(facts={**result.facts, "row": index, "rows": size})

    def _consistency(self, document: dict[str, Any]) -> Result:
        """A signed checkpoint whose tree continues the one of ``old``."""
        point, old = _fields(document["checkpoint"], CHECKPOINT_KEYS), _fields(document["old"], {"root", "size"})
        origin, size, root = _match(point["origin"], ORIGIN), _count(point["size"], 1), _hex(point["root"], 32)
        stream, before, was = _match(point["stream"], STREAM)[0], _count(old["size"], 1), _hex(old["root"], 32)
        check_consistency(before, size, was, root, _path(document["path"]))
        self._check_signature(point)
        names = self._cosigned(point, document["witnesses"])
        facts = {"stream": stream, "old_size": before, "old_root": was.hex(), "size": size, "root": root.hex()}
        facts.update(chain_id=int(origin[1]), registry=origin[3], checkpoint_time=point["time"], witnesses=names)
        return self._result(self._untrusted(point, None, names), facts, {size: root, before: was})

    def _proof(self, proof: dict[str, Any]) -> Result:
        obj = _fields(proof["object"], {"id", "type", "version"})
        need(isinstance(obj["id"], str) and isinstance(obj["type"], str), "fields")
        need(isinstance(proof["record"], dict), "fields")
        _count(obj["version"])
        _hex(proof["salt"], 32)
        point = _fields(proof["checkpoint"], CHECKPOINT_KEYS)
        index, size, root = _count(proof["index"]), _count(point["size"], 1), _hex(point["root"], 32)
        leaf = sm3(b"\0" + leaf_bytes(proof["record"], obj, proof["salt"]))
        need(tree_root(leaf, index, size, _path(proof["path"])) == root, "path_root")
        self._check_signature(point)
        names = self._cosigned(point, proof.get("witnesses", []))
        block = self._block(proof["chain"])
        origin = _match(point["origin"], ORIGIN)
        need(block.stream == _match(point["stream"], STREAM)[0].encode().ljust(32, b"\0"), "event_stream")
        need(block.root == root and block.size == size, "event_root")
        need(block.registry == bytes.fromhex(origin[3][2:]), "event_registry")
        facts = {"object": obj, "stream": point["stream"], "index": index, "size": size, "root": root.hex()}
        facts.update(seq=block.seq, checkpoint_time=point["time"], chain_id=int(origin[1]))
        facts.update(registry=origin[3], block=block.number, block_time=block.time, witnesses=names)
        facts.update(block_hash="0x" + block.hash.hex(), engine=block.engine)
        facts["sealer"] = " ".join("0x" + who.hex() for _, who in block.sealers)
        return self._result(self._untrusted(point, block, names), facts, {size: root})

    def _result(self, reasons: tuple[str, ...], facts: dict[str, Any], roots: dict[int, bytes]) -> Result:
        if reasons:
            return Result("consistent", reasons, facts)
        for size, root in roots.items():
            # both are signed: one of two histories was shown to this reader and another one to somebody else
            need(self._roots.setdefault((facts["stream"], size), root) == root, "history_rewritten")
        return Result("authenticated", (), facts)

    def _untrusted(self, point: dict[str, Any], block: Block | None, witnesses: list[str]) -> tuple[str, ...]:
        if self.trust is None:
            return ("no_trust_file",)
        checks = (
            (point["origin"] == self.trust.origin, "other_chain"),
            (bytes.fromhex(point["key"]) in self.trust.keys, "other_checkpoint_key"),
            (block is None or self.trust.seals(block), "other_sealer"),
            (len(witnesses) >= self.trust.quorum, "too_few_witnesses"),
        )
        return tuple(reason for fine, reason in checks if not fine)

    def _check_signature(self, point: dict[str, Any]) -> None:
        _match(point["time"], TIME)
        body = checkpoint_bytes(point["origin"], point["stream"], point["size"], point["root"], point["time"])
        self._check_once(_hex(point["key"], 65), _hex(point["signature"], 64), body)

    def _cosigned(self, point: dict[str, Any], entries: Any) -> list[str]:
        """Check every cosignature; return the names of the witnesses that the trust file knows."""
        need(isinstance(entries, list) and len(entries) <= 64, "fields")
        keys = []
        for entry in entries:
            fields = _fields(entry, {"key", "signature", "time"})
            _match(fields["time"], TIME)
            keys.append(_hex(fields["key"], 65))
            self._check_once(keys[-1], _hex(fields["signature"], 64), cosignature_bytes(point, fields["time"]))
        need(keys == sorted(set(keys)), "fields")
        known = self.trust.witnesses if self.trust else {}
        return [known[key] for key in keys if key in known]

    def _check_once(self, key: bytes, signature: bytes, body: bytes) -> None:
        known = key + signature + body
        if known not in self._signed:
            try:
                sm2_verify(key, body, signature)
                self._signed[known] = None
            except Invalid as error:
                self._signed[known] = error
        failure = self._signed[known]
        if failure is not None:
            raise failure

    def _block(self, evidence: Any) -> Block:
        known = canonical(evidence)
        if known not in self._blocks:
            try:
                self._blocks[known] = read_block(evidence)
            except Invalid as error:
                self._blocks[known] = error
        found = self._blocks[known]
        if isinstance(found, Invalid):
            raise found
        return found


def verify(proof: bytes, trust: bytes | None) -> Result:
    """Check one proof file's bytes against a trust file's bytes (None: status is ``consistent`` at best)."""
    return Verifier(None if trust is None else Trust(trust)).verify(proof)


# --- command line ------------------------------------------------------------------------------------------

LABELS = {"authenticated": "已认证", "consistent": "自洽但未认证", "invalid": "无效"}
REASONS = {
    "no_trust_file": "未提供信任文件",
    "other_chain": "链、创世块或存证合约与信任文件不符",
    "other_checkpoint_key": "检查点签名公钥不在信任文件中",
    "other_sealer": "出块者不在信任文件所列名单中",
    "checkpoint_signature_wrong": "检查点或见证的 SM2 签名不正确",
    "consistency": "后一个树不是前一个树的延续（历史被改写，或路径被改动）",
    "history_rewritten": "与同时核验的另一份文件矛盾：同一大小的树有两个已签名的树根，历史被改写过",
    "row_root": "记录行与段落的行树根不符",
    "too_few_witnesses": "见证方联合签名少于信任文件的要求",
    "header_chain": "后续区块头不相接",
    "event_registry": "存证事件并非出自所称合约",
    "event_root": "链上的树根与检查点不一致",
    "event_stream": "链上的存证流与检查点不一致",
    "not_canonical": "文件不是规范字节（内容被改写过）",
    "not_json": "文件不是 JSON",
    "path_root": "记录与树根不符（记录、盐值或路径被改动）",
    "receipt_trie": "收据不在该区块中",
    "seal_format": "区块签名格式不正确",
    "seal_wrong": "区块签名不正确（区块头被改动）",
    "unreadable": "文件无法读取",
}


def _files(arguments: list[str]) -> list[str]:
    found: list[str] = []
    for argument in arguments:
        if os.path.isdir(argument):
            names = sorted(name for name in os.listdir(argument) if name.endswith(".proof.json"))
            found += [os.path.join(argument, name) for name in names]
        else:
            found.append(argument)
    return found


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def _check_file(verifier: Verifier, path: str) -> Result:
    try:
        return verifier.verify(_read(path))
    except OSError:
        return Result("invalid", ("unreadable",), {})


def _report(path: str, result: Result, as_json: bool) -> str:
    if as_json:
        entry = {"file": path, "status": result.status, "reasons": result.reasons, "facts": result.facts}
        return json.dumps(entry, ensure_ascii=False, sort_keys=True)
    why = "; ".join(f"{REASONS.get(reason, '格式不正确')} ({reason})" for reason in result.reasons)
    where = _where(result.facts) if result.facts else ""
    return "  ".join(part for part in (LABELS[result.status], result.status, path, where, why) if part)


def _where(facts: dict[str, Any]) -> str:
    witnesses = f" 见证 witnesses: {', '.join(facts['witnesses'])}" if facts["witnesses"] else ""
    if "old_size" in facts:
        return "{stream} {old_size} -> {size}".format(**facts) + witnesses
    row = f" row {facts['row']}" if "row" in facts else ""
    return "{stream}#{index}".format(**facts) + row + f" block {facts['block']}" + witnesses


def main(arguments: list[str]) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="verify_proof.py",
        description="离线核验上链存证 / verify anchoring proofs offline",
        epilog="退出码 exit status: 0 已认证 authenticated; 3 自洽 consistent; 1 无效 invalid; 2 用法 usage",
    )
    parser.add_argument("proofs", nargs="+", metavar="PROOF", help="存证文件或文件夹 / proof file or folder")
    parser.add_argument("--trust", metavar="TRUST.json", help="信任文件 / trust file")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    options = parser.parse_args(arguments)
    try:
        trust = _read(options.trust) if options.trust else None
    except OSError as error:
        print(f"信任文件不可用 / trust file cannot be used: {error}", file=sys.stderr)
        return 2
    return check_files(options.proofs, trust, as_json=options.json)


def check_files(proofs: list[str], trust_file: bytes | None, *, as_json: bool) -> int:
    """Check files and folders, print the report and return the exit status."""
    try:
        trust = None if trust_file is None else Trust(trust_file)
    except (Invalid, ValueError, TypeError) as error:
        print(f"信任文件不可用 / trust file cannot be used: {error}", file=sys.stderr)
        return 2
    verifier = Verifier(trust)
    results = [(path, _check_file(verifier, path)) for path in _files(proofs)]
    counts = {status: sum(result.status == status for _, result in results) for status in LABELS}
    fingerprint = trust.fingerprint if trust else None
    lines = [_report(path, result, as_json) for path, result in results]
    if as_json:
        summary = json.dumps({"counts": counts, "trust_fingerprint": fingerprint}, sort_keys=True)
        print('{"proofs": [' + ",\n".join(lines) + '],\n"summary": ' + summary + "}")
    else:
        totals = "  ".join(f"{LABELS[status]} {status}: {count}" for status, count in counts.items())
        print("\n".join([*lines, totals]))
        print(f"信任文件指纹 trust fingerprint (SM3): {fingerprint or '—'}")
    return max((result.exit_code for _, result in results), key=lambda code: (0, 3, 1).index(code), default=1)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
