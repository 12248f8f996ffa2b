"""Operations of an Approvals contract: calls that run when k of n persons signed them, with keys that are never here.

The platform proposes and carries: it writes an operation down, hands out the EIP-712 document, takes signatures that
were made offline, checks each as the contract will, and sends them together. It cannot sign for anybody.
"""
