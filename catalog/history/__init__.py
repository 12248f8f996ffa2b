"""The directory as it was: any node, list, count and link as of a past instant, and what changed between two.

Public surface: ``service.listed/counts/node_at``, ``difference.between``, ``export``; ``keeping.keep`` is called by
publishing. Invariants: history is read from the insert-only version rows and nothing else; who does not see a node
today does not see its past.
"""
