"""Audit: an insert-only, hash-linked trail written in the transaction of its cause.

Public surface: ``service.record``. Sealing and verification: ``sealing``, ``verify``.
"""
