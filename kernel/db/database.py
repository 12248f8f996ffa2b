"""Units of work: one place that begins, commits, retries and asserts.

SQLite: the driver's own transaction control is off (it loses updates and lets DDL survive a rollback);
write units start with BEGIN IMMEDIATE, read units are deferred and cannot write. PostgreSQL: write units are
SERIALIZABLE (write skew is refused by the database), read units REPEATABLE READ and READ ONLY.
"""

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from kernel.errors import DATABASE_BUSY, DATABASE_DOWN

if TYPE_CHECKING:
    from kernel.runtime import Runtime

T = TypeVar("T")
_BUSY_SECONDS = 10.0
_PRAGMAS = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "busy_timeout": ("5000", 5000),
    "temp_store": ("MEMORY", 2),
    "cache_size": ("-65536", -65536),
}


class Database:
    """An engine with read and write units of work. Thread-safe; one per process."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = url
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        self._engine = _sqlite_engine(url) if self.dialect == "sqlite" else _postgresql_engine(url, pool_size)
        self._reader, self._writer = _modes(self._engine, self.dialect)
        self.runtime: Runtime | None = None

    @classmethod
    def sqlite(cls, path: Path) -> "Database":
        """Open (or create) the SQLite database at ``path``."""
        return cls(f"sqlite:///{path}")

    @property
    def engine(self) -> Engine:
        """The engine for migrations and bulk readers; services use units of work."""
        return self._engine

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read-only unit: one snapshot, nothing written."""
        with self.session(write=False) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Open a write unit; commit at the end, roll back on any error."""
        with self.session(write=True) as session:
            yield session
            session.commit()

    @contextlib.contextmanager
    def session(self, *, write: bool) -> Iterator[Session]:
        """Open a session whose transaction starts with its first statement; the caller commits."""
        session = Session(self._writer if write else self._reader, expire_on_commit=False, autoflush=True)
        session.info["runtime"] = self.runtime
        try:
            yield session
        finally:
            session.close()

    def run(self, unit: Callable[[Session], T], *, write: bool = True) -> T:
        """Run ``unit`` in one transaction, retried for at most 10 s while the database is busy.

        ``unit`` must have no effect outside the session. Raises ``kernel.database.busy`` when time is over.
        """
        return self.retry(lambda: self._once(unit, write))

    def retry(self, attempt: Callable[[], T]) -> T:
        """Call ``attempt`` again while it fails for busy or serialisation reasons; give up after 10 s."""
        deadline = time.monotonic() + _BUSY_SECONDS
        pause = 0.005
        while True:
            try:
                return attempt()
            except DBAPIError as error:
                if not is_busy(error):
                    raise
                if time.monotonic() >= deadline:
                    raise DATABASE_BUSY() from error
            time.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, 0.25)

    def ping(self) -> None:
        """Raise ``kernel.database.unavailable`` when the database does not answer."""
        try:
            with self.read() as session:
                session.execute(text("SELECT 1"))
        except OperationalError as error:
            raise DATABASE_DOWN() from error

    def close(self) -> None:
        """Return every connection."""
        self._engine.dispose()

    def _once(self, unit: Callable[[Session], T], write: bool) -> T:
        with self.session(write=write) as session:
            result = unit(session)
            if write:
                session.commit()
            return result


def is_busy(error: BaseException) -> bool:
    """Tell whether trying the same unit again may succeed (locked, serialisation failure, deadlock)."""
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.OperationalError):
        return original.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(original, "sqlstate", None) in ("40001", "40P01", "55P03")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 5.0, "check_same_thread": False}, pool_size=16,
        max_overflow=16)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: str, pool_size: int) -> Engine:
    # compiling a plan takes a tenth of a second, and starting parallel workers tens of milliseconds (for each block
    # of a search that the planner takes for a large one): neither pays for any query of this program
    options = {"options": "-c jit=off -c max_parallel_workers_per_gather=0"}
    return create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, connect_args=options
    )


def _modes(engine: Engine, dialect: str) -> tuple[Engine, Engine]:
    if dialect == "sqlite":
        return engine.execution_options(mulian_mode="read"), engine.execution_options(mulian_mode="write")
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reader, engine.execution_options(isolation_level="SERIALIZABLE", postgresql_readonly=False)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for name, (value, expected) in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        in_memory = name == "journal_mode" and found == "memory"
        if found != expected and not in_memory:
            raise RuntimeError(f"SQLite refused PRAGMA {name}={value}: {found!r}")


def _begin_sqlite(connection: Any) -> None:
    reading = connection.get_execution_options().get("mulian_mode") == "read"
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
