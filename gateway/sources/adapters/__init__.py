"""Adapters of the source ports."""
