"""SM4 (GB/T 32907) modes: ECB, CBC and CTR as building blocks, GCM and CCM (RFC 8998), CMAC (NIST SP 800-38B).

All of them on OpenSSL through ``cryptography``. A wrong tag raises :class:`TagMismatch`; nothing of the clear
text is returned in that case.
"""

import hmac

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR, ECB, GCM
from cryptography.hazmat.primitives.cmac import CMAC
from numpy.typing import NDArray

BLOCK = 16
KEY_LENGTH = 16
NONCE_LENGTH = 12
TAG_LENGTH = 16
CCM_BEYOND = 1 << 24  # bytes whose number no longer fits into q = 3 bytes


class TagMismatch(Exception):
    """The ciphertext, its additional data or the key is not the right one."""


def ecb_encrypt(key: bytes, blocks: bytes) -> bytes:
    """Encrypt whole 16-byte blocks independently. A building block of modes, not for data."""
    encryptor = Cipher(SM4(key), ECB()).encryptor()  # noqa: S305 - a building block of GCM, CCM and CMAC
    return encryptor.update(blocks)


def ecb_encrypt_array(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encrypt an array of n×16 bytes in one call; the result is (n, 16)."""
    count = blocks.size // BLOCK
    out = np.empty(count * BLOCK + BLOCK - 1, np.uint8)  # OpenSSL wants room for one more block
    encryptor = Cipher(SM4(key), ECB()).encryptor()  # noqa: S305 - a building block of GCM, CCM and CMAC
    encryptor.update_into(np.ascontiguousarray(blocks).reshape(-1).data, out.data)
    return out[: count * BLOCK].reshape(count, BLOCK)


def ecb_decrypt_array(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo :func:`ecb_encrypt_array` in one call; identifiers are single blocks, nothing else is decrypted so."""
    count = blocks.size // BLOCK
    out = np.empty(count * BLOCK + BLOCK - 1, np.uint8)
    decryptor = Cipher(SM4(key), ECB()).decryptor()  # noqa: S305 - a block of an identifier is a number, not data
    decryptor.update_into(np.ascontiguousarray(blocks).reshape(-1).data, out.data)
    return out[: count * BLOCK].reshape(count, BLOCK)


def cbc_encrypt(key: bytes, initial: bytes, blocks: bytes) -> bytes:
    """Chain whole 16-byte blocks (GB/T 17964 CBC, no padding). A building block of CCM, FF1 and key files."""
    return Cipher(SM4(key), CBC(initial)).encryptor().update(blocks)


def cbc_decrypt(key: bytes, initial: bytes, blocks: bytes) -> bytes:
    """Undo :func:`cbc_encrypt`."""
    return Cipher(SM4(key), CBC(initial)).decryptor().update(blocks)


def ctr(key: bytes, counter: bytes, data: bytes) -> bytes:
    """XOR ``data`` with the key stream from a 16-byte start counter: its own inverse. A building block of CCM."""
    return Cipher(SM4(key), CTR(counter)).encryptor().update(data)


def gcm_encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Return ciphertext ‖ 16-byte tag for a 12-byte nonce (RFC 8998 section 2); raise ValueError for another one."""
    _check_nonce(nonce)
    encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    ciphertext = encryptor.update(plaintext) + encryptor.finalize()
    return ciphertext + encryptor.tag


def gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the plaintext of ciphertext ‖ tag; raise :class:`TagMismatch`."""
    if len(sealed) < TAG_LENGTH or len(nonce) != NONCE_LENGTH:
        raise TagMismatch
    decryptor = Cipher(SM4(key), GCM(nonce, sealed[-TAG_LENGTH:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    plaintext = decryptor.update(sealed[:-TAG_LENGTH])
    try:
        return plaintext + decryptor.finalize()
    except InvalidTag:
        raise TagMismatch from None


def ccm_encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Return ciphertext ‖ 16-byte tag for a 12-byte nonce: q = 3, so at most 2^24-1 bytes (RFC 3610).

    Raises ValueError for another nonce or more bytes.
    """
    _check_nonce(nonce)
    sealed = ctr(key, _ccm_counter(nonce), _ccm_mac(key, nonce, plaintext, aad) + plaintext)
    return sealed[BLOCK:] + sealed[:BLOCK]


def ccm_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the plaintext of ciphertext ‖ tag; raise :class:`TagMismatch`."""
    if not TAG_LENGTH <= len(sealed) < CCM_BEYOND + TAG_LENGTH or len(nonce) != NONCE_LENGTH:
        raise TagMismatch
    opened = ctr(key, _ccm_counter(nonce), sealed[-TAG_LENGTH:] + sealed[:-TAG_LENGTH])
    tag, plaintext = opened[:BLOCK], opened[BLOCK:]
    if not hmac.compare_digest(_ccm_mac(key, nonce, plaintext, aad), tag):
        raise TagMismatch
    return plaintext


def cmac(key: bytes, message: bytes) -> bytes:
    """Return the 16-byte CMAC over SM4."""
    mac = CMAC(SM4(key))
    mac.update(message)
    return mac.finalize()


def ccm_first_blocks(nonce: bytes, aad: bytes, length: int) -> bytes:
    """Return B0 and the blocks of the additional data (RFC 3610 section 2.2, 16-byte tag, q = 3)."""
    if length >= CCM_BEYOND or len(aad) >= 0xFF00:
        raise ValueError("too long for CCM with q = 3")
    first = bytes(((0x40 if aad else 0) | 7 << 3 | 2,)) + nonce + length.to_bytes(3)
    return first + _padded(len(aad).to_bytes(2) + aad) if aad else first


def _check_nonce(nonce: bytes) -> None:
    """Refuse what OpenSSL would take: opening knows 12 bytes only."""
    if len(nonce) != NONCE_LENGTH:
        raise ValueError("a nonce has 12 bytes")


def _ccm_mac(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    data = ccm_first_blocks(nonce, aad, len(plaintext)) + _padded(plaintext)
    return cbc_encrypt(key, bytes(BLOCK), data)[-BLOCK:]


def _ccm_counter(nonce: bytes) -> bytes:
    return b"\x02" + nonce + bytes(3)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)
