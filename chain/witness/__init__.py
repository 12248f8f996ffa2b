"""Witnesses: other departments that see only checkpoints, remember the last one and sign the next if it continues it.

This folder is the platform's side: who is a witness, what they are asked, what they have signed. ``program`` is what
a witness runs (``mulian witness``): it needs no database and shares nothing with the platform but the protocol.

Invariants
- A cosignature is kept only when its SM2 signature is right and it names a final checkpoint of ours.
- A witness stores a checkpoint durably before it signs it, and never signs two that no single tree can have.
"""
