"""Pure forms of operations: the document that members sign, and what they hand back."""

from collections.abc import Mapping
from typing import Any

from chain.ledger.accounts import Signer, sign_digest, signer_of
from chain.operations.errors import SIGNATURE_INVALID
from contracts_sc import approvals
from contracts_sc.approvals import Operation

DOCUMENT, SIGNATURE = "mulian-operation/1", "mulian-signature/1"
JOB = "chain.operation.execute"
STATES = {
    "open": ("待签名", "Waits for signatures"), "executing": ("执行中", "Under way"), "executed": ("已执行", "Carried out"),
    "failed": ("执行失败", "Failed"), "expired": ("已过期", "Expired"), "cancelled": ("已取消", "Cancelled"),
}
# the ABI of an approvals contract has this method
MARK = "operationId"


def document(
    chain_id: int, contract: str, operation: Operation, *, title: str, calls: list[dict[str, Any]], threshold: int
) -> dict[str, Any]:
    """Return what is handed to members: typed data for any wallet, and the same calls in words."""
    return {
        "format": DOCUMENT, "title": title, "threshold": threshold,
        "operation": "0x" + approvals.operation_id(chain_id, contract, operation).hex(),
        "calls": [{key: one[key] for key in ("contract", "method", "arguments", "target")} for one in calls],
        "typed_data": approvals.typed_data(chain_id, contract, operation),
    }


def operation_of(given: Any) -> tuple[int, str, Operation]:
    """Return (chain id, contract, operation) of a document's typed data, and nothing of its words; raise
    ``chain.operation.signature``."""
    try:
        typed = given["typed_data"]
        message, domain = typed["message"], typed["domain"]
        operation = Operation(
            tuple((str(one["target"]), _bytes(one["data"])) for one in message["calls"]), _bytes(message["evidence"]),
            int(message["salt"]), int(message["notAfter"]),
        )
        chain_id, contract = int(domain["chainId"]), str(domain["verifyingContract"])
        same = typed == approvals.typed_data(chain_id, contract, operation)
    except (KeyError, TypeError, ValueError) as error:
        raise SIGNATURE_INVALID(reason=f"{type(error).__name__}: {error}"[:200]) from error
    if not same:
        raise SIGNATURE_INVALID(reason="the document is not an operation of an approvals contract")
    return chain_id, contract, operation


def signed(given: Any, signer: Signer) -> dict[str, str]:
    """Return a member's signature over a document."""
    digest = approvals.operation_id(*operation_of(given))
    return {
        "format": SIGNATURE, "operation": "0x" + digest.hex(), "signer": signer.address,
        "signature": "0x" + sign_digest(signer, digest).hex(),
    }


def checked(digest: str, given: Mapping[str, Any], members: list[str]) -> tuple[str, bytes]:
    """Return (member, signature) of what was handed back; raise ``chain.operation.signature``.

    A file of ours names operation and signer; a wallet's bare signature has only the signature.
    """
    if given.get("operation", digest) != digest:
        raise SIGNATURE_INVALID(reason="签名属于另一项操作 / it is over another operation")
    try:
        signature = _bytes(given["signature"])
        member = signer_of(bytes.fromhex(digest[2:]), signature)
    except (KeyError, TypeError, ValueError) as error:
        raise SIGNATURE_INVALID(reason=str(error)[:200]) from error
    if str(given.get("signer", member)).lower() != member or member not in members:
        raise SIGNATURE_INVALID(reason=f"{member} 不是成员 / is no member")
    return member, signature


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError("0x text is wanted")
    return bytes.fromhex(text[2:])
