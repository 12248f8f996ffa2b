"""The proof-of-authority seal: 32 bytes vanity and a 65-byte secp256k1 signature in ``extraData``.

What is signed is Keccak-256 of the RLP of the header whose extraData holds the vanity alone, as Clique (EIP-225)
does it; the signature is r ‖ s ‖ v with v 0 or 1 and s in the lower half of the order (EIP-2), because a second
valid seal would be a second hash for the same block.
"""

import coincurve
from eth.abc import BlockHeaderAPI
from eth_hash.auto import keccak
from eth_utils import ValidationError

from chain.ledger.embedded import params

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def sealing_hash(header: BlockHeaderAPI) -> bytes:
    """Return the 32-byte hash that the sealer signs."""
    return bytes(header.copy(extra_data=params.VANITY).hash)


def sign(header: BlockHeaderAPI, key: coincurve.PrivateKey) -> BlockHeaderAPI:
    """Return ``header`` with its seal set."""
    signature = key.sign_recoverable(sealing_hash(header), hasher=None)
    return header.copy(extra_data=params.VANITY + signature)


def signer(header: BlockHeaderAPI) -> bytes:
    """Return the 20-byte address that sealed ``header``; raise ValidationError for a malformed seal."""
    extra = header.extra_data
    if len(extra) != params.EXTRA_DATA_BYTES or extra[: len(params.VANITY)] != params.VANITY:
        raise ValidationError("extraData is not the vanity followed by a 65-byte seal")
    signature = extra[len(params.VANITY):]
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER or signature[64] > 1:
        raise ValidationError("the seal is not in canonical form")
    try:
        public = coincurve.PublicKey.from_signature_and_message(signature, sealing_hash(header), hasher=None)
    except Exception as error:  # coincurve raises several kinds for an impossible signature
        raise ValidationError("the seal recovers to no key") from error
    return address_of(public)


def address_of(public: coincurve.PublicKey) -> bytes:
    """Return the 20-byte Ethereum address of a public key."""
    return bytes(keccak(public.format(compressed=False)[1:])[-20:])
