"""``make test`` runs its dearest tests on one database each: half of them on SQLite, half on PostgreSQL.

Small counts are for quick answers; ``make prove`` runs every one of them on both.
"""

import zlib

import pytest

_DIALECTS = ("sqlite", "postgresql")


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other database of the tests that are marked; which one is kept follows from the test's name."""
    marked = [item for item in items if item.get_closest_marker("one_database")]
    dropped = [item for item in marked if _dialect(item) not in (None, _kept(item))]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        left_out = set(dropped)
        items[:] = [item for item in items if item not in left_out]


def _dialect(item: pytest.Item) -> str | None:
    """Return a test's database; None for one that has none, in a file that is marked whole."""
    called = getattr(item, "callspec", None)
    return called.params.get("dialect") if called else None


def _kept(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return _DIALECTS[zlib.crc32(item.originalname.encode()) % 2]
