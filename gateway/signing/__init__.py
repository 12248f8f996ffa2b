"""Signature profiles: how an application proves that a call is its own (docs/consumers/signing.md)."""
