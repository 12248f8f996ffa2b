"""Known answers from the standards; a wrong one stops the process from using any algorithm."""

from collections.abc import Callable

from crypto.errors import SELFTEST_FAILED
from crypto.sm import ff1, kdf, sm2, sm4
from kernel import digest

_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
# RFC 8998 appendix A: the common key, nonce, additional data and plaintext of both AEAD vectors
_NONCE = bytes.fromhex("00001234567800000000abcd")
_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_PLAIN = b"".join(bytes((value,)) * 8 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
_TWO_BLOCKS = _PLAIN[:2 * sm4.BLOCK]
_GCM = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    "83de3541e4c2b58177e065a9bf7b62ec"
)
_CCM = bytes.fromhex(
    "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
    "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
    "16842d4fa186f56ab33256971fa110f4"
)
# draft-ribose-cfrg-sm4-10 appendix A.2.3 and A.2.5
_PATTERN = b"".join(bytes((value,)) * 4 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xAA, 0xBB))
_INITIAL = bytes(range(16))
_CBC = bytes.fromhex("78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d")
_WIDE = b"".join(bytes((value,)) * 8 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xAA, 0xBB))
_CTR = bytes.fromhex(
    "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
    "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"
)
# GM/T 0042-2015 appendix D.3
_MAC_MESSAGE = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
_MAC = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
# SP 800-38G sample 3 (AES-128, radix 36); the SM4 row is our own, equal to a second definition in tests
_AES_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
_FF1_TWEAK = bytes.fromhex("3737373770717273373737")
_FF1_AES = [10, 9, 29, 31, 4, 0, 22, 21, 21, 9, 20, 13, 30, 5, 0, 9, 14, 30, 22]
_FF1_SM4 = [4, 26, 6, 12, 22, 1, 9, 25, 11, 25, 33, 15, 27, 34, 4, 0, 27, 14, 19]
# RFC 5869 test case 1 proves HKDF with SHA-256; no document prints one with SM3: own values
_HKDF_SHA256 = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
_HKDF_SM3 = "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b"
_PBKDF2_SM3 = "fee723a2bc966e11dffb66133f4e8df577383c78ade30e3298edbd3e54ed85b7"


def run() -> None:
    """Raise ``crypto.selftest.failed`` unless every algorithm gives the standard's answer."""
    checks = {
        # GB/T 32907-2016 annex A.1
        "SM4": lambda: sm4.ecb_encrypt(_KEY, _KEY).hex() == "681edf34d206965e86b3e94f536e4246",
        "SM4-CBC": lambda: sm4.cbc_encrypt(_KEY, _INITIAL, _PATTERN) == _CBC
        and sm4.cbc_decrypt(_KEY, _INITIAL, _CBC) == _PATTERN,
        "SM4-CTR": lambda: sm4.ctr(_KEY, _INITIAL, _WIDE) == _CTR,
        # GB/T 32905-2016 annex A.1
        "SM3": lambda: digest.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "HMAC-SM3": lambda: digest.hmac_sm3(bytes(range(1, 33)), _MAC_MESSAGE).hex() == _MAC,
        "HKDF-SM3": lambda: _hkdf("sha256") == _HKDF_SHA256
        and _hkdf("sm3") == _HKDF_SM3,
        "PBKDF2-HMAC-SM3": lambda: kdf.pbkdf2(b"password", b"salt", 2, 32).hex() == _PBKDF2_SM3,
        "SM4-GCM": lambda: sm4.gcm_encrypt(_KEY, _NONCE, _PLAIN, _AAD) == _GCM
        and sm4.gcm_decrypt(_KEY, _NONCE, _GCM, _AAD) == _PLAIN
        and _refuses(sm4.gcm_decrypt, _GCM),
        "SM4-CCM": lambda: sm4.ccm_encrypt(_KEY, _NONCE, _PLAIN, _AAD) == _CCM
        and sm4.ccm_decrypt(_KEY, _NONCE, _CCM, _AAD) == _PLAIN
        and _refuses(sm4.ccm_decrypt, _CCM),
        "SM4-CMAC": lambda: sm4.cmac(_KEY, _TWO_BLOCKS) == _cmac_by_hand(_TWO_BLOCKS),
        "FF1": lambda: _ff1_of(ff1.aes_chain(_AES_KEY), _FF1_AES) and _ff1_of(ff1.sm4_chain(_KEY), _FF1_SM4),
        "SM2": sm2.selftest,
    }
    for name, check in checks.items():
        try:
            good = check()
        except Exception as error:
            raise SELFTEST_FAILED(test=name) from error
        if not good:
            raise SELFTEST_FAILED(test=name)


def _refuses(decrypt: Callable[[bytes, bytes, bytes, bytes], bytes], sealed: bytes) -> bool:
    try:
        decrypt(_KEY, _NONCE, sealed[:-1] + bytes((sealed[-1] ^ 1,)), _AAD)
    except sm4.TagMismatch:
        return True
    return False


def _ff1_of(chain: ff1.Chain, expected: list[int]) -> bool:
    clear = list(range(19))
    return ff1.encrypt(chain, 36, _FF1_TWEAK, clear) == expected and ff1.decrypt(
        chain, 36, _FF1_TWEAK, expected
    ) == clear


def _hkdf(name: str) -> str:
    info = bytes(range(0xF0, 0xFA))
    return kdf.hkdf(b"\x0b" * 22, salt=bytes(range(13)), info=info, length=42, digest=name).hex()


def _cmac_by_hand(message: bytes) -> bytes:
    """CMAC of whole blocks from ECB alone: no standard prints a vector of CMAC over SM4."""
    top = int.from_bytes(sm4.ecb_encrypt(_KEY, bytes(16)))
    subkey = (top << 1 ^ (0x87 if top >> 127 else 0)) & (1 << 128) - 1
    chain = 0
    for at in range(0, len(message), 16):
        last = subkey if at + 16 == len(message) else 0
        block = int.from_bytes(message[at:at + 16]) ^ chain ^ last
        chain = int.from_bytes(sm4.ecb_encrypt(_KEY, block.to_bytes(16)))
    return chain.to_bytes(16)
