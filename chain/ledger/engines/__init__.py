"""What differs between engines, behind one face: ``detect.engine_of(ledger)`` and ``port.Engine`` (ADR 0242).

Invariants: an operation that an engine does not have raises ``chain.engine.unsupported``, never a guess; addresses
are lower-case hex; blocks are named by hex numbers.
"""
