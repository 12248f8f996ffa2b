"""Snapshots: what the data plane knows, as immutable, numbered, checksummed rows."""
