"""The copy on which a drill runs: keys and database of a home in a folder of its own, removed afterwards."""

import contextlib
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from crypto.drill.errors import COPY_NEEDED, PROVIDER, SAME_DATABASE
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.vault import Vault, vault_of
from kernel.db import Database
from kernel.home import FULL, Home
from kernel.runtime import Runtime
from kernel.secretbox.port import SecretBox
from kernel.settings import Settings

_PREFIX = "drill-"
_ROOM = 4  # rows are rewritten, and the write-ahead log holds them once more


@dataclass(frozen=True)
class Copy:
    """Where the copy is and what opens it. Every process of the drill opens a runtime of its own."""

    settings: Settings
    home: Home
    url: str
    box: SecretBox
    vault: Vault

    @contextlib.contextmanager
    def open(self) -> Iterator[Runtime]:
        """Open the copy with connections and a keyring of this process; nothing open survives a fork."""
        database = Database(self.url)
        runtime = Runtime(self.settings, self.home, database, self.box, {"crypto.vault": self.vault})
        try:
            yield runtime
        finally:
            database.close()

    @property
    def folder(self) -> Path:
        """Where the drill may keep its journals."""
        return self.home.root


@contextlib.contextmanager
def make(runtime: Runtime, copy_url: str | None) -> Iterator[Copy]:
    """Copy keys and database; remove the copy at the end. The root of ``runtime`` must be open.

    ``copy_url``: a database that is a copy already; needed on PostgreSQL. Raises ``crypto.drill.copy_needed``,
    ``crypto.drill.same_database``, ``crypto.drill.provider``, ``crypto.sealed``, ``kernel.home.locked`` while another
    drill of this home runs.
    """
    vault = vault_of(runtime)
    if not isinstance(vault.provider, SealedFile):
        raise PROVIDER(provider=vault.provider.label)
    if runtime.database.dialect == "postgresql" and copy_url is None:
        raise COPY_NEEDED()
    # forks inherit the lock: after a drill that was killed the next is refused until the last of them has ended
    with runtime.home.lock("drill"):
        for left in runtime.home.run_dir.glob(f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)  # of a drill that was itself killed
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=runtime.home.run_dir))  # 0700: it holds keys
        try:
            yield _filled(runtime, vault.provider, Home(folder), copy_url)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _filled(runtime: Runtime, provider: SealedFile, place: Home, copy_url: str | None) -> Copy:
    if copy_url is None:
        _copy_sqlite(runtime.home, place)
    elif _same(runtime.database, copy_url):
        raise SAME_DATABASE()
    shutil.copytree(runtime.home.keys_dir, place.keys_dir)
    url = copy_url or f"sqlite:///{place.database_file}"
    return Copy(runtime.settings, place, url, runtime.box, Vault(provider.over_copy(place.data_keys_dir)))


def _copy_sqlite(source: Home, place: Home) -> None:
    size = source.database_file.stat().st_size
    if source.free_bytes() < _ROOM * size:
        raise FULL(home=str(source.root), free=source.free_bytes())
    with (
        contextlib.closing(sqlite3.connect(f"file:{source.database_file}?mode=ro", uri=True)) as old,
        contextlib.closing(sqlite3.connect(place.database_file)) as new,
    ):
        old.backup(new)


def _same(database: Database, copy_url: str) -> bool:
    """Tell whether two addresses lead to one database: an advisory lock taken here is then held there."""
    other = Database(copy_url)
    try:
        if database.dialect != other.dialect:
            raise COPY_NEEDED()
        if database.dialect == "sqlite":
            return Path(database.engine.url.database or "").samefile(other.engine.url.database or "")
        number = secrets.randbits(62)
        with database.engine.connect() as here, other.engine.connect() as there:
            here.execute(text("SELECT pg_advisory_lock(:number)"), {"number": number})
            return not there.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number})
    finally:
        other.close()
