"""Known answers from the standards; a wrong one stops the process from using any algorithm."""

from crypto.errors import SELFTEST_FAILED
from crypto.sm import sm2, sm4
from kernel import digest

_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
# RFC 8998 appendix A: the common key, nonce, additional data and plaintext of both AEAD vectors
_NONCE = bytes.fromhex("00001234567800000000abcd")
_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_PLAIN = b"".join(bytes((value,)) * 8 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
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


def run() -> None:
    """Raise ``crypto.selftest.failed`` unless every algorithm gives the standard's answer."""
    checks = {
        # GB/T 32907-2016 annex A.1
        "SM4": lambda: sm4.ecb_encrypt(_KEY, _KEY).hex() == "681edf34d206965e86b3e94f536e4246",
        # GB/T 32905-2016 annex A.1
        "SM3": lambda: digest.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "SM4-GCM": lambda: sm4.gcm_encrypt(_KEY, _NONCE, _PLAIN, _AAD) == _GCM
        and sm4.gcm_decrypt(_KEY, _NONCE, _GCM, _AAD) == _PLAIN
        and _refuses(sm4.gcm_decrypt, _GCM),
        "SM4-CCM": lambda: sm4.ccm_encrypt(_KEY, _NONCE, _PLAIN, _AAD) == _CCM
        and sm4.ccm_decrypt(_KEY, _NONCE, _CCM, _AAD) == _PLAIN
        and _refuses(sm4.ccm_decrypt, _CCM),
        "SM4-CMAC": lambda: sm4.cmac(_KEY, _PLAIN[:BLOCKS]) == _cmac_by_hand(_PLAIN[:BLOCKS]),
        "SM2": sm2.selftest,
    }
    for name, check in checks.items():
        try:
            good = check()
        except Exception as error:
            raise SELFTEST_FAILED(test=name) from error
        if not good:
            raise SELFTEST_FAILED(test=name)


BLOCKS = 2 * sm4.BLOCK


def _refuses(decrypt: "object", sealed: bytes) -> bool:
    assert callable(decrypt)
    try:
        decrypt(_KEY, _NONCE, sealed[:-1] + bytes((sealed[-1] ^ 1,)), _AAD)
    except sm4.TagMismatch:
        return True
    return False


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
