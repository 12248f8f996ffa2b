"""Solidity sources and their reproducible build output.

Public surface: :mod:`contracts_sc.artifacts` (what Python needs: ABI, creation code, runtime code, layout)
and ``python -m contracts_sc.build`` (needs node; recompiles and compares).
Invariant: ``build/input.json`` and ``build/output.json`` are exactly what the pinned compiler makes of
``src/``; ``build/digests.json`` names the SHA-256 of every file that takes part.
"""
