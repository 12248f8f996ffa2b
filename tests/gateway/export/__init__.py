"""Exports to other engines."""
