"""Anchoring against the durable fake ledger, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.anchoring import service
from kernel.db import Database
from tests.chain.anchoring.fakechain import FakeChain


@pytest.fixture
def ledger(tmp_path: Path) -> FakeChain:
    return FakeChain(tmp_path / "fake-chain.db")


def append(database: Database, first: int, count: int, stream: str = "catalog", **more: Any) -> list[Any]:
    """Append records number first..first+count-1 in one transaction."""
    leaves = [
        service.NewLeaf({"code": f"XC-{number}", "hash": "ab" * 32}, "data_entry", f"E{number}", 1, **more)
        for number in range(first, first + count)
    ]
    return database.run(lambda session: service.append_leaves(session, stream=stream, leaves=leaves))


@pytest.fixture
def append_records() -> Callable[..., list[Any]]:
    return append
