"""Compiled SQL, kept from one test's database to the next.

SQLAlchemy compiles a statement once for each engine, and nearly every test makes an engine of its own: compiling
was a seventh of the time of the suite. The engines of one dialect share the dialect and its cache here, for tests only.
"""

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from kernel.db import Database

_first: dict[str, Engine] = {}
_KEPT = 5000


def share(database: Database) -> None:
    """Let ``database`` use what the engines before it compiled."""
    first = _first.get(database.dialect)
    if first is None:
        first = _first[database.dialect] = database.engine
        first._compiled_cache = LRUCache(_KEPT)
        with first.connect():  # a dialect learns about its server with the first connection
            pass
    for engine in (database.engine, database._reader, database._writer):
        engine.dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
