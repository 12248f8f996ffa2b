"""Contracts on the ledger: the deployment journal, the check of deployed code, the accounts that sign.

Public surface: ``service.ensure_deployed(runtime)``, ``service.address_of(session, name)``,
``accounts.signer(runtime, purpose)``. Invariant: a signed transaction is committed here before it is sent.
"""
