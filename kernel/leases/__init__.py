"""Leases with a fence number that only grows: who may act alone, and proof at commit time that it still may.

Public surface: ``service.acquire/renew/release/assert_fence``, ``fenced.FencedDatabase``, ``leader.Leader``.
Invariant: every transaction of a holder ends with ``assert_fence``; a holder that was paused past its lease
finds zero rows and rolls back, so it writes nothing.
"""
