"""Operations of the Approvals contract: what persons sign, and what a courier sends.

A signature is over EIP-712 typed data, so that a signer's own device shows calls, evidence and deadline. The
digest is bound to one chain and one contract.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak

NAME, VERSION = "Mulian Approvals", "1"
_CALL = "Call(address target,bytes data)"
_OPERATION = "Operation(Call[] calls,bytes32 evidence,uint256 salt,uint64 notAfter)" + _CALL
_WITHDRAWAL = "Withdrawal(bytes32 operation)"
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True)
class Operation:
    """Calls (address in 0x hex, call data) that run in order, whole or not at all.

    ``evidence`` is the 32-byte digest of what the signers saw, ``salt`` tells apart operations that say the same,
    ``not_after`` is Unix seconds.
    """

    calls: tuple[tuple[str, bytes], ...]
    evidence: bytes
    salt: int
    not_after: int

    @property
    def arguments(self) -> tuple[list[tuple[str, bytes]], bytes, int, int]:
        """Return the operation as the contract's ABI takes it."""
        return list(self.calls), self.evidence, self.salt, self.not_after


def operation_id(chain_id: int, contract: str, operation: Operation) -> bytes:
    """Return the digest that members sign, and under which the contract knows the operation."""
    calls = b"".join(
        keccak(encode(["bytes32", "address", "bytes32"], [keccak(_CALL.encode()), target, keccak(data)]))
        for target, data in operation.calls
    )
    return _typed(chain_id, contract, keccak(encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "uint64"],
        [keccak(_OPERATION.encode()), keccak(calls), operation.evidence, operation.salt, operation.not_after],
    )))


def withdrawal_id(chain_id: int, contract: str, operation: bytes) -> bytes:
    """Return the digest by which a member takes back the signature over an operation."""
    return _typed(chain_id, contract, keccak(keccak(_WITHDRAWAL.encode()) + operation))


def typed_data(chain_id: int, contract: str, operation: Operation) -> dict[str, Any]:
    """Return the EIP-712 document of an operation, for wallets and for the offline signer (bytes as 0x hex)."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
            ],
            "Call": [{"name": "target", "type": "address"}, {"name": "data", "type": "bytes"}],
            "Operation": [
                {"name": "calls", "type": "Call[]"}, {"name": "evidence", "type": "bytes32"},
                {"name": "salt", "type": "uint256"}, {"name": "notAfter", "type": "uint64"},
            ],
        },
        "primaryType": "Operation",
        "domain": {"name": NAME, "version": VERSION, "chainId": chain_id, "verifyingContract": contract},
        "message": {
            "calls": [{"target": target, "data": "0x" + data.hex()} for target, data in operation.calls],
            "evidence": "0x" + operation.evidence.hex(),
            "salt": operation.salt,
            "notAfter": operation.not_after,
        },
    }


def sorted_signatures(signatures: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """Return signatures (65 bytes) in the order that the contract wants, given (signer's address, signature)."""
    return [signature for _, signature in sorted(signatures, key=lambda pair: int(pair[0], 16))]


def _typed(chain_id: int, contract: str, struct: bytes) -> bytes:
    domain = keccak(encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [keccak(_DOMAIN.encode()), keccak(NAME.encode()), keccak(VERSION.encode()), chain_id, contract],
    ))
    return keccak(b"\x19\x01" + domain + struct)
