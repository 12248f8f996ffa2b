"""Implementations of the anchoring port."""
