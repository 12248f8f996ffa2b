"""The block-atomic store: a dict overlay and a read cache over SQLite, one synced transaction per block.

py-evm writes state, tries, header and lookups key by key. Here they gather in the overlay and reach the disk
together with our own index rows in one ``BEGIN IMMEDIATE … COMMIT`` under WAL and ``synchronous=FULL``: a kill at
any moment leaves the previous block or the next one, never half of one.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth.db.backends.base import BaseAtomicDB
from lru import LRU

SCHEMA_VERSION = 1
_CACHE_ENTRIES = 65_536
_SCHEMA = """
CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE block (
  number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, timestamp INTEGER NOT NULL,
  tx_count INTEGER NOT NULL, failed INTEGER NOT NULL, gas_used INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE INDEX block_timestamp ON block (timestamp);
CREATE TABLE log (
  number INTEGER NOT NULL, log_index INTEGER NOT NULL, tx_index INTEGER NOT NULL, tx_hash BLOB NOT NULL,
  address BLOB NOT NULL, topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
  PRIMARY KEY (number, log_index)) WITHOUT ROWID;
CREATE INDEX log_address ON log (address, topic0, number);
CREATE INDEX log_topic0 ON log (topic0, number);
CREATE TABLE rule_version (from_block INTEGER PRIMARY KEY, senders TEXT NOT NULL);
CREATE TABLE dropped (tx_hash BLOB PRIMARY KEY, sender BLOB NOT NULL, reason TEXT NOT NULL, at_block INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class LogRow:
    """One event log with its place in the chain."""

    number: int
    log_index: int
    tx_index: int
    tx_hash: bytes
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class BlockRows:
    """Our own rows of one block, committed with it. ``size`` is the RLP length of the block in bytes."""

    number: int
    hash: bytes
    timestamp: int
    tx_count: int
    failed: int
    gas_used: int
    size: int
    logs: Sequence[LogRow] = ()
    dropped: Sequence[tuple[bytes, bytes, str]] = ()


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open ``chain.db`` with its pragmas set and checked; the caller owns the connection."""
    target = f"file:{path}?mode=ro" if read_only else str(path)
    connection = sqlite3.connect(target, uri=read_only, isolation_level=None, check_same_thread=False, timeout=5)
    if not read_only:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        connection.execute("PRAGMA synchronous=FULL")
        if mode != "wal" or connection.execute("PRAGMA synchronous").fetchone()[0] != 2:
            raise RuntimeError("chain.db could not be put into WAL mode with synchronous=FULL")
    return connection


class KeyValueStore(BaseAtomicDB):
    """py-evm's database over one connection: reads through a cache, writes into an overlay only.

    Keys of 32 bytes are hashes of their values and never change, so they alone are cached.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.overlay: dict[bytes, bytes | None] = {}
        self._cache: Any = LRU(_CACHE_ENTRIES)
        # sqlite3 objects are not used by two threads at once
        self._lock = threading.Lock()

    def __getitem__(self, key: bytes) -> bytes:
        if key in self.overlay:
            value = self.overlay[key]
        else:
            value = self._cache.get(key)
            if value is None:
                value = self._fetch(key)
        if value is None:
            raise KeyError(key)
        return value

    def _fetch(self, key: bytes) -> bytes | None:
        with self._lock:
            row = self.connection.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        if len(key) == 32:
            self._cache[key] = row[0]
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.overlay[key] = value

    def __delitem__(self, key: bytes) -> None:
        if key not in self:
            raise KeyError(key)
        self.overlay[key] = None

    def _exists(self, key: bytes) -> bool:
        if key in self.overlay:
            return self.overlay[key] is not None
        return key in self._cache or self._fetch(key) is not None

    @contextlib.contextmanager
    def atomic_batch(self) -> Iterator[Any]:
        """Hand out the store itself: the whole overlay is one batch, kept or discarded per block."""
        yield self

    def discard(self) -> None:
        """Forget everything since the last commit."""
        self.overlay.clear()

    def select(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one SELECT on the committed data."""
        with self._lock:
            return self.connection.execute(query, parameters).fetchall()

    def select_within(self, query: str, parameters: Sequence[Any], max_bytes: int) -> list[tuple[Any, ...]]:
        """Run one SELECT; raise OverflowError when its last column sums to more than ``max_bytes``."""
        rows: list[tuple[Any, ...]] = []
        with self._lock:
            for row in self.connection.execute(query, parameters):
                max_bytes -= len(row[-1])
                if max_bytes < 0:
                    raise OverflowError
                rows.append(row)
        return rows

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self.connection.close()


class BlockStore(KeyValueStore):
    """The one writer. Opening creates the schema; a database of a newer schema is refused."""

    def __init__(self, path: Path) -> None:
        super().__init__(connect(path, read_only=False))
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self.connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise RuntimeError(f"chain.db has schema {version}, this program writes {SCHEMA_VERSION}")

    def commit_block(self, rows: BlockRows) -> None:
        """Write overlay and index rows in one synced transaction and clear the overlay."""
        written = {key: value for key, value in self.overlay.items() if value is not None}
        removed = [(key,) for key, value in self.overlay.items() if value is None]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO kv VALUES (?, ?)", written.items())
            connection.executemany("DELETE FROM kv WHERE key = ?", removed)
            connection.execute(
                "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)",
                (rows.number, rows.hash, rows.timestamp, rows.tx_count, rows.failed, rows.gas_used, rows.size),
            )
            connection.executemany(
                "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (_log_values(log) for log in rows.logs)
            )
            connection.executemany(
                "INSERT OR REPLACE INTO dropped VALUES (?, ?, ?, ?)", ((*drop, rows.number) for drop in rows.dropped)
            )
        for key, value in written.items():
            if len(key) == 32:
                self._cache[key] = value
        self.overlay.clear()

    def record_dropped(self, dropped: Sequence[tuple[bytes, bytes, str]], at_block: int) -> None:
        """Keep the fate of acknowledged transactions that no block can take: (hash, sender, reason)."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO dropped VALUES (?, ?, ?, ?)", ((*drop, at_block) for drop in dropped)
            )

    def add_rule_version(self, from_block: int, senders: str) -> None:
        """Persist an allow-list (JSON text) that holds from ``from_block`` on."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO rule_version VALUES (?, ?)", (from_block, senders))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise


def _log_values(log: LogRow) -> tuple[Any, ...]:
    topics = (*log.topics, None, None, None, None)[:4]
    return (log.number, log.log_index, log.tx_index, log.tx_hash, log.address, *topics, log.data)
