"""Fixtures of the collection tests."""

from collections.abc import Callable, Iterator

import pytest

from crypto.keys.adapters import sealed_file
from kernel.db import Database
from tests.gateway.collection.support import Collecting, Upstream, collecting


@pytest.fixture(autouse=True)
def cheap_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of scrypt is in the root file; tests use a small one."""
    monkeypatch.setattr(sealed_file, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})


@pytest.fixture
def here(database: Database) -> Iterator[Collecting]:
    """A department that collects, on each database."""
    with collecting(database) as made:
        yield made


@pytest.fixture
def lite(sqlite_database: Database) -> Iterator[Collecting]:
    """The same on SQLite only."""
    with collecting(sqlite_database) as made:
        yield made


@pytest.fixture
def serve() -> Iterator[Callable[..., Upstream]]:
    """Start upstreams that answer as a function says."""
    started: list[Upstream] = []

    def start(answer: Callable[..., tuple[int, dict[str, str], bytes]]) -> Upstream:
        started.append(Upstream(answer))
        return started[-1]

    yield start
    for one in started:
        one.close()
