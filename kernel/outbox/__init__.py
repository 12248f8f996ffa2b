"""Effects outside the database, written in the transaction of their cause and delivered at least once.

Public surface: ``service.emit``, ``registry.handler``. Invariants: a row exists exactly when its cause is
committed; rows of one (topic, key) are delivered in commit order; a row that keeps failing becomes a dead letter
that holds back its key until somebody retries or discards it.
"""
