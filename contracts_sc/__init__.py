"""Solidity sources and their reproducible build output.

Public surface: :mod:`contracts_sc.artifacts` (what Python needs: ABI, creation code, runtime code, layout),
:mod:`contracts_sc.layout` and :mod:`contracts_sc.bytecode` (the gates), :mod:`contracts_sc.approvals` (what persons
sign), :mod:`contracts_sc.slots` (what is read from state), ``python -m contracts_sc.build`` (needs node; recompiles
and compares) and ``python -m contracts_sc.slither`` (needs slither too).
Invariant: ``build/input.json`` and ``build/output.json`` are exactly what the pinned compiler makes of
``src/``; ``build/digests.json`` names the SHA-256 of every file that takes part.
"""
