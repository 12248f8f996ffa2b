"""SM2 by gmssl's point arithmetic: used only where the system has no libcrypto with SM2.

gmssl's own signing and encryption functions are not used: ``sign_with_sm3`` draws its nonce from ``random``, which
gives the private key away, and its decryption ignores C3. Here the nonce comes from ``secrets`` and every input is
range-checked (GB/T 32918.2-2016, GB/T 32918.4-2016).
It is slow and not constant in time; ``mulian doctor`` warns where it is in use.
"""

import hmac
import secrets
from typing import Any

from gmssl import sm2 as _gmssl

from kernel.digest import sm3

P = int(_gmssl.default_ecc_table["p"], 16)
A = int(_gmssl.default_ecc_table["a"], 16)
B = int(_gmssl.default_ecc_table["b"], 16)
N = int(_gmssl.default_ecc_table["n"], 16)
_G: str = _gmssl.default_ecc_table["g"]
# the key arguments are placeholders: only point arithmetic of the class is used
_CURVE: Any = _gmssl.CryptSM2(private_key="", public_key="")


def public_of(private: bytes) -> bytes:
    """Return the 65-byte uncompressed point of a private scalar in 1..n-2."""
    x, y = _multiply(_scalar(private), _G)
    return b"\x04" + x.to_bytes(32) + y.to_bytes(32)


def on_curve(public: bytes) -> bool:
    """Tell whether 65 bytes are an affine point of the curve."""
    if len(public) != 65 or public[0] != 4:
        return False
    x, y = int.from_bytes(public[1:33]), int.from_bytes(public[33:])
    return x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def sign(private: bytes, message: bytes, user_id: bytes) -> tuple[int, int]:
    """Return (r, s) of GB/T 32918.2 section 6.1 with a nonce from the operating system."""
    d = _scalar(private)
    e = digest(public_of(private), message, user_id)
    while True:
        k = secrets.randbelow(N - 1) + 1
        r = (e + _multiply(k, _G)[0]) % N
        if r == 0 or r + k == N:
            continue
        s = pow(1 + d, -1, N) * (k - r * d) % N
        if s:
            return r, s


def verify(public: bytes, message: bytes, r: int, s: int, user_id: bytes) -> bool:
    """Tell whether (r, s) is valid, by GB/T 32918.2 section 7.1."""
    if not on_curve(public) or not 0 < r < N or not 0 < s < N:
        return False
    t = (r + s) % N
    if t == 0:
        return False
    first, second = _multiply(s, _G), _multiply(t, public[1:].hex())
    x = _add(first, second)
    return x is not None and (digest(public, message, user_id) + x) % N == r


def encrypt(public: bytes, plaintext: bytes) -> bytes:
    """Return C1 ‖ C3 ‖ C2 of GB/T 32918.4 section 6.1 with a nonce from the operating system."""
    if not on_curve(public):
        raise ValueError("public key is not on the curve")
    while True:
        k = secrets.randbelow(N - 1) + 1
        x1, y1 = _multiply(k, _G)
        shared = _multiply(k, public[1:].hex())
        stream = _stream(shared, len(plaintext))
        if any(stream):
            c1 = b"\x04" + x1.to_bytes(32) + y1.to_bytes(32)
            return c1 + _check_value(shared, plaintext) + _xor(plaintext, stream)


def decrypt(private: bytes, ciphertext: bytes) -> bytes | None:
    """Return the clear text of C1 ‖ C3 ‖ C2, None where C1 or C3 is wrong (GB/T 32918.4 section 7.1)."""
    c1, c3, c2 = ciphertext[:65], ciphertext[65:97], ciphertext[97:]
    if not on_curve(c1) or not c2:
        return None
    shared = _multiply(_scalar(private), c1[1:].hex())
    stream = _stream(shared, len(c2))
    plaintext = _xor(c2, stream)
    right = hmac.compare_digest(_check_value(shared, plaintext), c3)
    return plaintext if right and any(stream) else None


def digest(public: bytes, message: bytes, user_id: bytes) -> int:
    """Return e = SM3(Z ‖ message) as an integer (GB/T 32918.2 section 5.5)."""
    head = (len(user_id) * 8).to_bytes(2) + user_id
    z = sm3(head, A.to_bytes(32), B.to_bytes(32), bytes.fromhex(_G), public[1:])
    return int.from_bytes(sm3(z, message))


def _stream(shared: tuple[int, int], length: int) -> bytes:
    """Return the key stream KDF(x2 ‖ y2, length) of GB/T 32918.4 section 5.4.3."""
    seed = shared[0].to_bytes(32) + shared[1].to_bytes(32)
    return b"".join(sm3(seed, counter.to_bytes(4)) for counter in range(1, -(-length // 32) + 1))[:length]


def _check_value(shared: tuple[int, int], plaintext: bytes) -> bytes:
    return sm3(shared[0].to_bytes(32), plaintext, shared[1].to_bytes(32))


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _scalar(private: bytes) -> int:
    d = int.from_bytes(private)
    if len(private) != 32 or not 0 < d < N - 1:
        raise ValueError("private scalar out of range")
    return d


def _multiply(k: int, point: str) -> tuple[int, int]:
    result: str = _CURVE._kg(k, point)
    return int(result[:64], 16), int(result[64:128], 16)


def _add(first: tuple[int, int], second: tuple[int, int]) -> int | None:
    """Return x of the affine sum, None for the point at infinity."""
    (x1, y1), (x2, y2) = first, second
    if x1 != x2:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    elif (y1 + y2) % P:
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        return None
    return (slope * slope - x1 - x2) % P
