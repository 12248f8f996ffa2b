"""``make test`` runs a service's tests on one database each: half of them on SQLite, half on PostgreSQL.

What stands on the dialect itself, ``tests/kernel``, runs on both, but for what is marked as dear. Small counts are for
quick answers; ``make prove`` runs every test on both.
"""

import zlib
from pathlib import Path

import pytest

_DIALECTS = ("sqlite", "postgresql")
_ON_BOTH = Path(__file__).resolve().parents[1] / "kernel"


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other database of each test that runs on one; which is kept follows from the test's name."""
    dropped = [item for item in items if _runs_on_one(item) and _dialect(item) not in (None, _kept(item))]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        left_out = set(dropped)
        items[:] = [item for item in items if item not in left_out]


def _runs_on_one(item: pytest.Item) -> bool:
    return _ON_BOTH not in item.path.parents or item.get_closest_marker("one_database") is not None


def _dialect(item: pytest.Item) -> str | None:
    """Return a test's database; None for one that has none."""
    called = getattr(item, "callspec", None)
    return called.params.get("dialect") if called else None


def _kept(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return _DIALECTS[zlib.crc32(item.originalname.encode()) % 2]
