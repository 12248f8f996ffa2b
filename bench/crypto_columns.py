"""A column of 18-byte fields: batch SM4-GCM against one at a time, byte-equal and interleaved in one run.

Rivals: ``cryptography`` per field (also OpenSSL) and ``gmssl`` per field (pure Python; fewer fields, scaled). Each
round times every contestant once, so that a busy machine slows all of them; ratios are medians of rounds.
"""

import os
import secrets
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from gmssl import sm4 as gmssl

from crypto.columns import engine
from crypto.columns.ghash import multiply
from crypto.columns.service import blind_index, decrypt_column, encrypt_column
from crypto.envelope import rules as envelope
from crypto.sm import bulk

FIELDS = int(os.environ.get("MULIAN_BENCH_FIELDS", "1000000"))
ROUNDS = 5
SINGLE = 20_000
PURE = 600
WIDTH = 18


def run(fields: int = FIELDS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return ratios with the design's targets; per-second figures are of this machine and this run."""
    work = _Work(fields)
    work.check()
    times: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        for name, (count, engine_name, contestant) in work.contestants().items():
            with bulk.forced(engine_name):
                started = time.perf_counter()
                contestant()
                spent = time.perf_counter() - started
            if number:  # the first round warms tables and caches
                times.setdefault(name, []).append(spent / count)
    pairs = [
        ("batch encrypt, lists, vs cryptography one at a time", "encrypt lists", "cryptography encrypt", 6),
        ("batch decrypt, lists, vs cryptography one at a time", "decrypt lists", "cryptography decrypt", 6),
        ("batch encrypt, matrices, vs cryptography one at a time", "encrypt matrix", "cryptography encrypt", 9),
        ("batch decrypt, matrices, vs cryptography one at a time", "decrypt matrix", "cryptography decrypt", 9),
        ("batch encrypt, lists, vs gmssl one at a time", "encrypt lists", "gmssl encrypt", 400),
        ("blind index in batch (SM4-CMAC) vs HMAC-SM3 by cryptography copy()", "blind index", "hmac-sm3", 3.5),
        ("batch encrypt, matrices, libgcrypt, vs cryptography one at a time", "encrypt gcrypt",
            "cryptography encrypt", 18),
        ("batch decrypt, matrices, libgcrypt, vs cryptography one at a time", "decrypt gcrypt",
            "cryptography decrypt", 18),
        ("batch encrypt, lists, libgcrypt, vs gmssl one at a time", "encrypt lists gcrypt", "gmssl encrypt", 400),
        ("blind index, libgcrypt, vs HMAC-SM3 by cryptography copy()", "blind index gcrypt", "hmac-sm3", 3.5),
    ]
    rows = [_row(times, *pair) for pair in pairs if pair[1] in times]
    return {"fields": fields, "width": WIDTH, "rounds": rounds, "engines": bulk.engines(), "rows": rows}


def _row(times: dict[str, list[float]], name: str, ours: str, rival: str, target: float) -> dict[str, Any]:
    ratios = [theirs / mine for theirs, mine in zip(times[rival], times[ours], strict=True)]
    return {
        "name": name, "ratio": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2), "unit": "x",
        "target": target, "ours_per_second": round(1 / statistics.median(times[ours])),
        "rival_per_second": round(1 / statistics.median(times[rival])),
    }


class _Work:
    """The same key, row keys and clear text for everybody."""

    def __init__(self, fields: int) -> None:
        self.key = secrets.token_bytes(16)
        self.column = engine.column_key(7, self.key)
        self.matrix = np.frombuffer(b"".join(b"%017dX" % n for n in range(fields)), np.uint8).reshape(fields, WIDTH)
        self.fields = [row.tobytes() for row in self.matrix]
        self.keys = list(range(fields))
        self.tags = engine.row_tags(self.keys)
        self.sealed_matrix = engine.encrypt(self.column, self.tags, self.matrix)
        self.sealed = [row.tobytes() for row in self.sealed_matrix]
        self.mac = hmac.HMAC(self.key, hashes.SM3())
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

    def contestants(self) -> dict[str, tuple[int, str, Callable[[], object]]]:
        """Return name → (fields, engine of the columns, what to time)."""
        ours = {name: (count, bulk.OPENSSL, call) for name, (count, call) in self._with_openssl().items()}
        if bulk.LIBGCRYPT not in bulk.engines():
            return ours
        again = {
            "encrypt gcrypt": "encrypt matrix", "decrypt gcrypt": "decrypt matrix",
            "encrypt lists gcrypt": "encrypt lists", "blind index gcrypt": "blind index",
        }
        return ours | {name: (ours[as_][0], bulk.LIBGCRYPT, ours[as_][2]) for name, as_ in again.items()}

    def _with_openssl(self) -> dict[str, tuple[int, Callable[[], object]]]:
        head, count = envelope.header(7), len(self.fields)
        return {
            "encrypt matrix": (count, lambda: engine.encrypt(self.column, self.tags, self.matrix)),
            "cryptography encrypt": (min(SINGLE, count), self._singly_encrypt),
            "encrypt lists": (count, lambda: encrypt_column(self.column, self.keys, self.fields)),
            "decrypt matrix": (count, lambda: engine.decrypt(self.column, head, self.tags, self.sealed_matrix)),
            "cryptography decrypt": (min(SINGLE, count), self._singly_decrypt),
            "decrypt lists": (count, lambda: decrypt_column(lambda _: self.column, self.keys, self.sealed)),
            "gmssl encrypt": (min(PURE, count), self._purely_encrypt),
            "blind index": (count, lambda: blind_index(self.key, self.fields)),
            "hmac-sm3": (min(SINGLE, count), self._hmac),
        }

    def _singly_encrypt(self) -> None:
        for index in range(min(SINGLE, len(self.fields))):
            aad = self.sealed[0][:6] + index.to_bytes(8)
            self._openssl(os.urandom(12), aad, self.fields[index])

    def _singly_decrypt(self) -> None:
        for index in range(min(SINGLE, len(self.fields))):
            data = self.sealed[index]
            decryptor = Cipher(SM4(self.key), GCM(data[6:18], data[-16:])).decryptor()
            decryptor.authenticate_additional_data(data[:6] + index.to_bytes(8))
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
        encryptor = Cipher(SM4(self.key), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(clear) + encryptor.finalize() + encryptor.tag

    def _gmssl(self, nonce: bytes, aad: bytes, clear: bytes) -> bytes:
        """GCM over gmssl's block function; it offers no GCM. Its GHASH is a plain integer multiplication."""
        blocks = [self._block(nonce + n.to_bytes(4)) for n in range(1, 2 + -(-len(clear) // 16))]
        body = bytes(a ^ b for a, b in zip(clear, b"".join(blocks[1:]), strict=False))
        data = aad + bytes(-len(aad) % 16) + body + bytes(-len(body) % 16)
        data += (len(aad) * 8).to_bytes(8) + (len(body) * 8).to_bytes(8)
        total = 0
        for at in range(0, len(data), 16):
            total = multiply(total ^ int.from_bytes(data[at:at + 16]), self.hash_key)
        return body + (total ^ int.from_bytes(blocks[0])).to_bytes(16)

    def _block(self, block: bytes) -> bytes:
        return bytes(self.cipher.one_round(self.cipher.sk, list(block)))
