"""Ledger accounts: keys, addresses, signatures. Secrets rest only sealed by the runtime's SecretBox.

eth_account and rlp are imported by the functions that need them: together they cost a second of CPU, and most
processes of an installation only read addresses.
"""

import secrets
from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey
from coincurve.utils import GROUP_ORDER_INT
from eth_hash.auto import keccak

from kernel.secretbox.port import SecretBox

PURPOSE = "chain.account"
# every engine behind the port runs with a gas price of 0
DEFAULT_GAS = 8_000_000


@dataclass(frozen=True)
class Signer:
    """A secret (32 bytes) and its address; ``repr`` shows the address alone."""

    secret: bytes
    address: str

    def __repr__(self) -> str:
        return f"Signer({self.address})"


def new_signer() -> Signer:
    """Make a key."""
    return from_secret((secrets.randbelow(GROUP_ORDER_INT - 1) + 1).to_bytes(32, "big"))


def from_secret(secret: bytes) -> Signer:
    """Return the signer of a 32-byte secret."""
    point = PublicKey.from_secret(secret).format(compressed=False)[1:]
    return Signer(secret, "0x" + keccak(point)[-20:].hex())


def seal(box: SecretBox, signer: Signer) -> bytes:
    """Return the sealed secret."""
    return box.seal(PURPOSE, signer.secret)


def unseal(box: SecretBox, sealed: bytes) -> Signer:
    """Open a sealed secret."""
    return from_secret(box.open(PURPOSE, sealed))


def sign(
    signer: Signer, *, chain_id: int, nonce: int, to: str | None, data: bytes, gas: int = DEFAULT_GAS, value: int = 0
) -> tuple[bytes, str]:
    """Return (raw EIP-1559 transaction at price 0, its hash); the same arguments give the same bytes (RFC 6979).

    ``to`` None creates a contract.
    """
    from eth_account import Account

    fields = {
        "type": 2, "chainId": chain_id, "nonce": nonce, "gas": gas, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
        "value": value, "data": data, "to": bytes.fromhex(to.removeprefix("0x")) if to else b"",
    }
    signed = Account.sign_transaction(fields, signer.secret)
    return bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex()


def sign_digest(signer: Signer, digest: bytes) -> bytes:
    """Return the 65-byte signature (r, s, v of 27 or 28) over a 32-byte digest, as contracts recover it."""
    signature = PrivateKey(signer.secret).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


def signer_of(digest: bytes, signature: bytes) -> str:
    """Return the address that signed a digest; raise ValueError for what no key gives or contracts refuse (high s)."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise ValueError("a signature has 65 bytes and ends with 27 or 28")
    if int.from_bytes(signature[32:64], "big") > GROUP_ORDER_INT // 2:
        raise ValueError("s is in the upper half of the order")
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except Exception as error:  # the library raises its own kinds for points that are none
        raise ValueError("no key gives this signature") from error
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()


def transaction_hash(raw: bytes) -> str:
    """Return the hash of a raw transaction."""
    return "0x" + keccak(raw).hex()


def created_address(deployer: str, nonce: int) -> str:
    """Return the address of the contract that ``deployer`` creates with ``nonce``."""
    import rlp

    return "0x" + keccak(rlp.encode([bytes.fromhex(deployer.removeprefix("0x")), nonce]))[-20:].hex()
