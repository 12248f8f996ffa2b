"""SM3, SM4-CTR, SM2 encryption and sealed files in the standard library alone: a part of the offline tool's one file.

The platform writes and reads the same files by the same code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import struct
from pathlib import Path
from typing import Any, Callable, Iterator

MAGIC = b"MLP1"
JOB, VALUES, ANSWERS, CAPTURE, UNDO, UNDO_KEY = b"J", b"V", b"A", b"C", b"U", b"K"
MASK = 0xFFFFFFFF
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948"
)


class Stop(Exception):
    """Something a person has to look at; the text says what."""


# --- SM3 and SM4 (GB/T 32905, GB/T 32907); OpenSSL's where there is one ---------------------------------------------
def rotl(word: int, count: int) -> int:
    count %= 32
    return (word << count | word >> (32 - count)) & MASK


class PlainSM3:
    """SM3 as hashlib would have it."""

    digest_size, block_size, name = 32, 64, "sm3"

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    def update(self, data: bytes) -> None:
        self.data += data

    def copy(self) -> PlainSM3:
        return PlainSM3(self.data)

    def digest(self) -> bytes:
        v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
        size = len(self.data)
        message = self.data + b"\x80" + bytes((55 - size) % 64) + struct.pack(">Q", size * 8)
        for at in range(0, len(message), 64):
            v = self._compress(v, message[at:at + 64])
        return struct.pack(">8L", *v)

    @staticmethod
    def _compress(v: list[int], block: bytes) -> list[int]:
        w = list(struct.unpack(">16L", block))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)
            w.append(x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotl((rotl(a, 12) + e + rotl(t, j)) & MASK, 7)
            ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if j < 16 else e & f | ~e & MASK & g
            tt1 = (ff + d + (ss1 ^ rotl(a, 12)) + (w[j] ^ w[j + 4])) & MASK
            tt2 = (gg + h + ss1 + w[j]) & MASK
            a, b, c, d = tt1, a, rotl(b, 9), c
            e, f, g, h = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17), e, rotl(f, 19), g
        return [old ^ new for old, new in zip(v, (a, b, c, d, e, f, g, h))]


def sm3(data: bytes = b"") -> Any:
    try:
        return hashlib.new("sm3", data)
    except ValueError:  # an OpenSSL without SM3
        return PlainSM3(data)


def mac(key: bytes, data: bytes) -> bytes:
    return bytes(hmac.new(key, data, sm3).digest())


def _tables() -> list[list[int]]:
    tables = []
    for shift in (24, 16, 8, 0):
        words = [byte << shift for byte in SBOX]
        tables.append([x ^ rotl(x, 2) ^ rotl(x, 10) ^ rotl(x, 18) ^ rotl(x, 24) for x in words])
    return tables


T0, T1, T2, T3 = _tables()


def round_keys(key: bytes) -> list[int]:
    k = [a ^ b for a, b in zip(struct.unpack(">4L", key), (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC))]
    for i in range(32):
        ck = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big")
        x = int.from_bytes(bytes(SBOX[b] for b in struct.pack(">L", k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ ck)), "big")
        k.append(k[i] ^ x ^ rotl(x, 13) ^ rotl(x, 23))
    return k[4:]


def plain_ctr(key: bytes, start: bytes, data: bytes) -> bytes:
    keys, counter, out = round_keys(key), int.from_bytes(start, "big"), bytearray()
    for _ in range(-(-len(data) // 16)):
        a, b, c, d = struct.unpack(">4L", counter.to_bytes(16, "big"))
        for k in keys:
            x = b ^ c ^ d ^ k
            a, b, c, d = b, c, d, a ^ T0[x >> 24] ^ T1[x >> 16 & 255] ^ T2[x >> 8 & 255] ^ T3[x & 255]
        out += struct.pack(">4L", d, c, b, a)
        counter = (counter + 1) % (1 << 128)
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(out[:len(data)], "big")
    return mixed.to_bytes(len(data), "big")


def _openssl_ctr() -> Callable[[bytes, bytes, bytes], bytes] | None:
    """The system's libcrypto, if it has SM4-CTR and says what we say."""
    import ctypes
    import ctypes.util

    try:
        lib = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        lib.EVP_CIPHER_CTX_new.restype = lib.EVP_sm4_ctr.restype = ctypes.c_void_p
    except (OSError, AttributeError):
        return None

    def ctr(key: bytes, start: bytes, data: bytes) -> bytes:
        context = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new())
        out, size = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int(0)
        good = lib.EVP_EncryptInit_ex(context, ctypes.c_void_p(lib.EVP_sm4_ctr()), None, key, start) == 1
        good = good and lib.EVP_EncryptUpdate(context, out, ctypes.byref(size), data, len(data)) == 1
        lib.EVP_CIPHER_CTX_free(context)
        if not good or size.value != len(data):
            raise Stop("libcrypto: SM4-CTR")
        return out.raw[:len(data)]

    try:
        return ctr if ctr(b"k" * 16, b"\xff" * 16, b"x" * 99) == plain_ctr(b"k" * 16, b"\xff" * 16, b"x" * 99) else None
    except Stop:
        return None


sm4_ctr = _openssl_ctr() or plain_ctr


# --- SM2 encryption (GB/T 32918.4), for the one key of an undo file --------------------------------------------------
def add(one: tuple[int, int] | None, two: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] + A) * pow(2 * one[1], P - 2, P) % P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], P - 2, P) % P
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(scalar: int, point: tuple[int, int]) -> tuple[int, int]:
    total: tuple[int, int] | None = None
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    assert total is not None
    return total


def sm2_encrypt(public: bytes, clear: bytes) -> bytes:
    """C1 ‖ C3 ‖ C2 under a 65-byte point."""
    k = secrets.randbelow(N - 1) + 1
    c1 = times(k, G)
    shared = times(k, (int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")))
    x, y = (part.to_bytes(32, "big") for part in shared)
    stream = b"".join(sm3(x + y + struct.pack(">L", n)).digest() for n in range(1, len(clear) // 32 + 2))
    c2 = bytes(a ^ b for a, b in zip(clear, stream))
    return b"\x04" + c1[0].to_bytes(32, "big") + c1[1].to_bytes(32, "big") + bytes(sm3(x + clear + y).digest()) + c2


# --- sealed files: header, then records of length ‖ nonce ‖ SM4-CTR ‖ HMAC-SM3, bound to number and file --------------
def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, whatever ends the program."""
    aside = path.with_name(path.name + ".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(str(aside), str(path))
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(str(path.parent), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Sealed:
    """A sealed file that is there. ``secret`` opens it; each file has a salt, so that no two have one key."""

    def __init__(self, path: Path, kind: bytes, job: bytes, secret: bytes) -> None:
        self.path, self.number = path, 0
        if not path.exists():
            raise Stop(f"没有文件 {path.name} / there is no {path.name}")
        with path.open("rb") as file:
            head = file.read(39)
            self.wrapped = file.read(int.from_bytes(head[37:], "big"))
        if len(head) < 39 or head[:4] != MAGIC or head[4:5] != kind or head[5:21] != job:
            raise Stop(f"{path.name} 不是本任务的文件 / is not a file of this job")
        self.start = len(head) + len(self.wrapped)
        self.cipher_key = mac(secret, b"enc" + head)[:16]
        self.mac_key = mac(secret, b"mac" + head)

    @classmethod
    def begin(cls, path: Path, kind: bytes, job: bytes, secret: bytes, wrapped: bytes = b"") -> Sealed:
        """Begin a file, or open the one that is there. ``wrapped`` stands in the header in clear."""
        if not path.exists():
            write_whole(path, MAGIC + kind + job + os.urandom(16) + len(wrapped).to_bytes(2, "big") + wrapped)
        return cls(path, kind, job, secret)

    def records(self) -> Iterator[tuple[int, Any]]:
        """Yield (place after it, content); a torn end is where the file ends."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            self.number = 0
            while True:
                head = file.read(4)
                size = int.from_bytes(head, "big")
                body = file.read(size)
                if len(head) < 4 or len(body) < size:
                    return
                yield file.tell(), json.loads(self._open(body))
                self.number += 1

    def last(self) -> Any:
        """Cut a torn end off; return the last whole record, or None."""
        end, last = self.start, None
        for place, content in self.records():
            end, last = place, content
        os.truncate(str(self.path), end)
        return last

    def append(self, content: Any) -> None:
        """Write a record and sync it."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        nonce = os.urandom(16)
        body = nonce + sm4_ctr(self.cipher_key, nonce, text)
        body += mac(self.mac_key, self.number.to_bytes(8, "big") + body)[:16]
        with self.path.open("ab") as file:
            file.write(len(body).to_bytes(4, "big") + body)
            file.flush()
            os.fsync(file.fileno())
        self.number += 1

    def _open(self, body: bytes) -> bytes:
        counter = self.number.to_bytes(8, "big")
        if not hmac.compare_digest(mac(self.mac_key, counter + body[:-16])[:16], body[-16:]):
            raise Stop(f"{self.path.name}：口令不对或文件已被改动 / wrong code, or the file was changed")
        return sm4_ctr(self.cipher_key, body[:16], body[16:-16])


def code_secret(code: str) -> bytes:
    """The secret of a package code; typed with or without its hyphens."""
    return bytes(sm3("".join(code.upper().replace("-", "").split()).encode()).digest())
