"""A column of 18-byte fields: batch SM4 against one at a time, byte-equal and interleaved in one run.

Rivals: ``cryptography`` per field (also OpenSSL), ``gmssl`` per field (pure Python; fewer fields, scaled), HMAC-SM3
by copy() for the blind index, our own one-at-a-time path where nobody else offers the algorithm. Each round runs
every contestant once and counts the CPU seconds of its thread, so that a busy machine slows all alike; ratios are
medians of rounds. ``share`` is how much of the rate of naked SM4 blocks, measured in the same rounds with the same
engine, is reached: what is missing to 1 is everything that is not the cipher.
"""

import multiprocessing
import os
import secrets
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.cmac import CMAC
from gmssl import sm4 as gmssl

from crypto.columns import engine, fpe, mac
from crypto.columns.ghash import multiply
from crypto.columns.service import blind_index, decrypt_column, encrypt_column
from crypto.envelope import row_keys
from crypto.envelope import rules as envelope
from crypto.envelope.row_keys import RowKey
from crypto.sm import bulk

FIELDS = int(os.environ.get("MULIAN_BENCH_FIELDS", "1000000"))
ROUNDS = 5
SINGLE = 20_000
PURE = 600
SLICE, TURNS = 50_000, 5
WIDTH = 18
# SM4 blocks of an 18-byte field
GCM_BLOCKS, CCM_BLOCKS, CMAC_BLOCKS, FF1_BLOCKS = 3, 7, 2, 10
CRYPTOGRAPHY_ENCRYPT, CRYPTOGRAPHY_DECRYPT = "cryptography encrypt", "cryptography decrypt"
PURE_ENCRYPT, PURE_DECRYPT, HMAC, CCM_SINGLE, FF1_SINGLE = "gmssl encrypt", "gmssl decrypt", "hmac", "ccm", "ff1"
# row keys that are no integers go through CMAC before they are authenticated, one or two blocks of it
UUID_ENCRYPT, UUID_DECRYPT = "cryptography encrypt, uuid keys", "cryptography decrypt, uuid keys"
TEXT_ENCRYPT, TEXT_DECRYPT = "cryptography encrypt, text keys", "cryptography decrypt, text keys"
UUID_BLOCKS, TEXT_BLOCKS = 2, 1
TITLES = {
    CRYPTOGRAPHY_ENCRYPT: "cryptography one at a time", CRYPTOGRAPHY_DECRYPT: "cryptography one at a time",
    PURE_ENCRYPT: "gmssl one at a time", PURE_DECRYPT: "gmssl one at a time",
    **dict.fromkeys((UUID_ENCRYPT, TEXT_ENCRYPT, UUID_DECRYPT, TEXT_DECRYPT), "cryptography one at a time"),
    HMAC: "HMAC-SM3 by cryptography copy()", CCM_SINGLE: "our own one at a time", FF1_SINGLE: "our own one at a time",
}


@dataclass(frozen=True)
class Entry:
    """One of our contestants: blocks a field, rivals with the ratio that the design asks of each (None: none)."""

    name: str
    blocks: int
    work: Callable[[], object]
    rivals: dict[str, dict[str, float | None]]


def run(fields: int = FIELDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return ratios with the design's targets; per-second figures are of this machine and this run."""
    work = _Work(fields)
    work.check()
    times: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds + 1):
        for key, (count, contestant) in _contestants(work).items():
            with bulk.forced(key[1] or bulk.OPENSSL):
                started = time.thread_time()
                contestant()
                spent = time.thread_time() - started
            if number:  # the first round warms tables and caches
                times.setdefault(key, []).append(spent / count)
    rows = [
        _row(times, entry, name, rival, targets.get(name))
        for entry in work.ours() for name in bulk.engines() for rival, targets in entry.rivals.items()
    ]
    rows += [_threads(work, name) for name in bulk.engines()]
    return {"fields": fields, "width": WIDTH, "rounds": rounds, "engines": bulk.engines(), "rows": rows}


def _contestants(work: "_Work") -> dict[tuple[str, str], tuple[int, Callable[[], object]]]:
    """Return (name, engine) → (fields, what to run); rivals have no engine. Each rival runs between ours."""
    found: dict[tuple[str, str], tuple[int, Callable[[], object]]] = {}
    rivals = work.rivals()
    for entry in work.ours():
        for name in bulk.engines():
            found[entry.name, name] = (work.count, entry.work)
        found |= {(rival, ""): rivals[rival] for rival in entry.rivals}
    for name in bulk.engines():
        found["blocks", name] = (len(work.blocks), work.naked_blocks)
    return found


def _row(
    times: dict[tuple[str, str], list[float]], entry: Entry, name: str, rival: str, target: float | None,
) -> dict[str, Any]:
    ours, theirs, naked = times[entry.name, name], times[rival, ""], times["blocks", name]
    ratios = [other / mine for other, mine in zip(theirs, ours, strict=True)]
    shares = [entry.blocks * block / mine for block, mine in zip(naked, ours, strict=True)]
    return {
        "name": f"{entry.name}, {name}, vs {TITLES[rival]}", "ratio": round(statistics.median(ratios), 2),
        "lowest": round(min(ratios), 2), "unit": "x", "target": target, "share": round(statistics.median(shares), 2),
        "ours_per_second": round(1 / statistics.median(ours)), "rival_per_second": round(1 / statistics.median(theirs)),
        "blocks_per_second": round(1 / statistics.median(naked)),
    }


def _threads(work: "_Work", name: str) -> dict[str, Any]:
    """Two columns side by side against one after the other, by the clock; two processes do the same.

    What two processes reach is what the machine has to give at that moment: threads are to reach as much.
    """
    def column(turns: int = 1) -> None:
        for _ in range(turns):
            engine.encrypt(work.column, work.tags[:SLICE], work.matrix[:SLICE])

    makers: tuple[Callable[..., Any], ...] = (threading.Thread, multiprocessing.get_context("fork").Process)
    speeds: tuple[list[float], list[float]] = ([], [])
    with bulk.forced(name):
        column()
        for _ in range(TURNS):
            alone = _timed([lambda: column(2 * TURNS)], threading.Thread)
            for maker, found in zip(makers, speeds, strict=True):
                found.append(alone / _timed([lambda: column(TURNS)] * 2, maker))
    threads, processes = map(statistics.median, speeds)
    return {
        "name": f"encrypt matrices by two threads vs one, {name}", "ratio": round(threads, 2), "unit": "x",
        "target": None, "best": round(max(speeds[0]), 2), "two_processes": round(processes, 2),
    }


def _timed(works: list[Callable[[], None]], maker: Callable[..., Any]) -> float:
    workers = [maker(target=work) for work in works]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started


class _Work:
    """The same key, row keys and clear text for everybody."""

    def __init__(self, fields: int) -> None:
        self.count, self.key = fields, secrets.token_bytes(16)
        self.column = engine.column_key(7, self.key)
        self.matrix = np.frombuffer(b"".join(b"%017dX" % n for n in range(fields)), np.uint8).reshape(fields, WIDTH)
        self.fields = [row.tobytes() for row in self.matrix]
        self.texts = [f"{n:017d}" for n in range(fields)]
        self.keys = list(range(fields))
        self.tags = engine.row_tags(self.keys)
        self.named: dict[str, list[RowKey]] = {
            "uuid": [uuid.UUID(int=secrets.randbits(128)) for _ in range(fields)],
            "text": [f"330106-{n}" for n in range(fields)],
        }
        self.named_sealed = {kind: encrypt_column(self.column, keys, self.fields) for kind, keys in self.named.items()}
        self.tag_mac = CMAC(SM4(envelope.row_tag_key(self.key)))
        self.sealed_matrix = engine.encrypt(self.column, self.tags, self.matrix)
        self.sealed = [row.tobytes() for row in self.sealed_matrix]
        self.blocks = np.frombuffer(os.urandom(16 * 3 * engine.TILE), np.uint8).reshape(-1, 16)
        self.mac = hmac.HMAC(self.key, hashes.SM3())
        self.sm4 = SM4(self.key)  # rivals take no longer than they must: the key is made ready once
        self.cipher = gmssl.CryptSM4()
        self.cipher.set_key(self.key, gmssl.SM4_ENCRYPT)
        self.hash_key = int.from_bytes(self._block(bytes(16)))

    def check(self) -> None:
        """Fail unless all contestants produce the same bytes: other work would mean nothing."""
        for index in range(50):
            data, tag = self.sealed[index], self.tags[index].tobytes()
            nonce, aad = data[6:18], data[:6] + tag
            openssl, pure = (rival(nonce, aad, self.fields[index]) for rival in (self._openssl, self._gmssl))
            if not data[18:] == openssl == pure:
                raise AssertionError("contestants differ")
            for kind, sealed in self.named_sealed.items():
                data = sealed[index] or b""
                found = self._openssl(data[6:18], data[:6] + self._tag(kind, index), self.fields[index])
                if data[18:] != found:
                    raise AssertionError(f"contestants differ with {kind} keys")

    def naked_blocks(self) -> None:
        """Encrypt blocks and nothing else, in arrays of the size that a tile needs."""
        bulk.encrypt(self.key, self.blocks)

    def ours(self) -> list[Entry]:
        """Return our contestants with their rivals and the design's targets by engine."""
        head = envelope.header(7)

        def key_of(_: int) -> engine.ColumnKey:
            return self.column

        six, wide, pure = {"openssl": 6.0, "libgcrypt": 6.0}, {"openssl": 9.0, "libgcrypt": 18.0}, {
            "openssl": 400.0, "libgcrypt": 400.0,
        }
        index: dict[str, float | None] = {"openssl": 3.5, "libgcrypt": 3.5}
        none: dict[str, float | None] = {}
        return [
            Entry("encrypt matrices", GCM_BLOCKS, lambda: engine.encrypt(self.column, self.tags, self.matrix),
                  {CRYPTOGRAPHY_ENCRYPT: dict(wide), PURE_ENCRYPT: dict(pure)}),
            Entry("encrypt lists", GCM_BLOCKS, lambda: encrypt_column(self.column, self.keys, self.fields),
                  {CRYPTOGRAPHY_ENCRYPT: dict(six), PURE_ENCRYPT: dict(pure)}),
            Entry("decrypt matrices", GCM_BLOCKS,
                  lambda: engine.decrypt(self.column, head, self.tags, self.sealed_matrix),
                  {CRYPTOGRAPHY_DECRYPT: dict(wide), PURE_DECRYPT: dict(pure)}),
            Entry("decrypt lists", GCM_BLOCKS, lambda: decrypt_column(key_of, self.keys, self.sealed),
                  {CRYPTOGRAPHY_DECRYPT: dict(six), PURE_DECRYPT: dict(pure)}),
            *self._named(key_of, six),
            Entry("blind index lists", CMAC_BLOCKS, lambda: blind_index(self.key, self.fields), {HMAC: index}),
            Entry("blind index matrices", CMAC_BLOCKS, lambda: mac.cmac(self.key, self.matrix), {HMAC: index}),
            Entry("encrypt lists padded", GCM_BLOCKS,
                  lambda: encrypt_column(self.column, self.keys, self.fields, padded=True),
                  {CRYPTOGRAPHY_ENCRYPT: none}),
            Entry("CCM encrypt lists", CCM_BLOCKS,
                  lambda: encrypt_column(self.column, self.keys, self.fields, algorithm=envelope.CCM),
                  {CCM_SINGLE: none}),
            Entry("FF1 of 17 digits, lists", FF1_BLOCKS,
                  lambda: fpe.encrypt_texts(self.key, b"8 bytes.", self.texts), {FF1_SINGLE: none}),
        ]

    def _named(self, key_of: Callable[[int], engine.ColumnKey], targets: dict[str, float]) -> list[Entry]:
        return [entry for kind, blocks, encrypt, decrypt in (
            ("uuid", UUID_BLOCKS, UUID_ENCRYPT, UUID_DECRYPT), ("text", TEXT_BLOCKS, TEXT_ENCRYPT, TEXT_DECRYPT),
        ) for entry in (
            Entry(f"encrypt lists, {kind} keys", GCM_BLOCKS + blocks,
                  lambda kind=kind: encrypt_column(self.column, self.named[kind], self.fields),
                  {encrypt: dict(targets)}),
            Entry(f"decrypt lists, {kind} keys", GCM_BLOCKS + blocks,
                  lambda kind=kind: decrypt_column(key_of, self.named[kind], self.named_sealed[kind]),
                  {decrypt: dict(targets)}),
        )]

    def rivals(self) -> dict[str, tuple[int, Callable[[], object]]]:
        """Return name → (fields, what to run)."""
        single, pure = min(SINGLE, self.count), min(PURE, self.count)
        return {
            CRYPTOGRAPHY_ENCRYPT: (single, self._singly_encrypt), CRYPTOGRAPHY_DECRYPT: (single, self._singly_decrypt),
            PURE_ENCRYPT: (pure, self._purely_encrypt), PURE_DECRYPT: (pure, self._purely_decrypt),
            UUID_ENCRYPT: (single, lambda: self._singly_encrypt("uuid")),
            UUID_DECRYPT: (single, lambda: self._singly_decrypt("uuid")),
            TEXT_ENCRYPT: (single, lambda: self._singly_encrypt("text")),
            TEXT_DECRYPT: (single, lambda: self._singly_decrypt("text")),
            HMAC: (single, self._hmac), CCM_SINGLE: (single, self._ccm), FF1_SINGLE: (pure, self._ff1),
        }

    def _ccm(self) -> None:
        for index in range(min(SINGLE, self.count)):
            envelope.seal(self.key, 7, index.to_bytes(8), self.fields[index], os.urandom(12), envelope.CCM)

    def _ff1(self) -> None:
        for text in self.texts[:PURE]:
            fpe.encrypt_texts(self.key, b"8 bytes.", [text])

    def _purely_decrypt(self) -> None:
        """GCM decrypts with the same blocks and the same GHASH as it encrypts; plus comparing the tag."""
        for index in range(min(PURE, self.count)):
            data = self.sealed[index]
            again = self._gmssl(data[6:18], data[:6] + index.to_bytes(8), data[18:-16], decrypt=True)
            if again[-16:] != data[-16:]:
                raise AssertionError("gmssl does not open our envelope")

    def _tag(self, kind: str, index: int) -> bytes:
        if not kind:
            return index.to_bytes(8)
        mac = self.tag_mac.copy()
        mac.update(row_keys.canonical(self.named[kind][index]))
        return mac.finalize()[:8]

    def _singly_encrypt(self, kind: str = "") -> None:
        for index in range(min(SINGLE, len(self.fields))):
            aad = self.sealed[0][:6] + self._tag(kind, index)
            self._openssl(os.urandom(12), aad, self.fields[index])

    def _singly_decrypt(self, kind: str = "") -> None:
        sealed = self.named_sealed[kind] if kind else self.sealed
        for index in range(min(SINGLE, len(self.fields))):
            data = sealed[index] or b""
            decryptor = Cipher(self.sm4, GCM(data[6:18], data[-16:])).decryptor()
            decryptor.authenticate_additional_data(data[:6] + self._tag(kind, index))
            decryptor.update(data[18:-16])
            decryptor.finalize()

    def _purely_encrypt(self) -> None:
        for index in range(min(PURE, len(self.fields))):
            self._gmssl(os.urandom(12), self.sealed[0][:6] + index.to_bytes(8), self.fields[index])

    def _hmac(self) -> None:
        for value in self.fields[:SINGLE]:
            mac = self.mac.copy()
            mac.update(value)
            mac.finalize()

    def _openssl(self, nonce: bytes, aad: bytes, clear: bytes) -> bytes:
        encryptor = Cipher(self.sm4, GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(clear) + encryptor.finalize() + encryptor.tag

    def _gmssl(self, nonce: bytes, aad: bytes, clear: bytes, *, decrypt: bool = False) -> bytes:
        """GCM over gmssl's block function; it offers no GCM. Its GHASH is a plain integer multiplication."""
        blocks = [self._block(nonce + n.to_bytes(4)) for n in range(1, 2 + -(-len(clear) // 16))]
        body = bytes(a ^ b for a, b in zip(clear, b"".join(blocks[1:]), strict=False))
        sealed = clear if decrypt else body
        data = aad + bytes(-len(aad) % 16) + sealed + bytes(-len(sealed) % 16)
        data += (len(aad) * 8).to_bytes(8) + (len(body) * 8).to_bytes(8)
        total = 0
        for at in range(0, len(data), 16):
            total = multiply(total ^ int.from_bytes(data[at:at + 16]), self.hash_key)
        return body + (total ^ int.from_bytes(blocks[0])).to_bytes(16)

    def _block(self, block: bytes) -> bytes:
        return bytes(self.cipher.one_round(self.cipher.sk, list(block)))
