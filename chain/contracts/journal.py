"""Transactions that cannot wedge: signed and committed first, sent until sealed; one that can never be sealed is void.

Two tables keep them: :class:`ContractRelease` creations, :class:`ContractCall` everything else.
"""

from chain.contracts.rules import next_step
from chain.ledger.port import Ledger, Receipt

RECEIPT_SECONDS = 60.0
ATTEMPTS = 5


def settle(ledger: Ledger, *, raw: bytes, tx_hash: str, account: str, nonce: int) -> Receipt | None:
    """Bring a signed transaction to its receipt; None when another one used its nonce, so that it never gets one.

    Safe to repeat at any time. Raises the ledger's errors, of which ``chain.ledger.timeout`` means: later again.
    """
    receipt = ledger.receipt(tx_hash)
    step = next_step(sealed=receipt is not None, account_nonce=ledger.nonce(account), release_nonce=nonce)
    if step == "resend":
        ledger.send_raw(raw)
        return ledger.wait_receipt(tx_hash, timeout=RECEIPT_SECONDS)
    # void: sealed between the two questions above? then the receipt is there now
    return ledger.receipt(tx_hash) if step == "void" else receipt
