"""The permissioned chain: ledgers behind one port, the embedded chain, contracts, nodes, anchoring and proofs.

Public surface: ``chain.ledger.port.Ledger`` (what the rest speaks), ``chain.contracts.service``,
``chain.anchoring`` and ``chain.facts``. Invariants: web3, py-evm, eth_account and coincurve are imported only
below ``chain/ledger``; nothing is sent to a chain inside a database transaction.
"""
