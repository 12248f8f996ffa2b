"""A platform that anchors on the durable fake chain, and a witness that knows it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain.anchoring import service as anchoring
from chain.witness.program import service as program
from chain.witness.program.service import Witness
from kernel.db import Database
from kernel.runtime import Runtime
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush


@pytest.fixture
def ledger(tmp_path: Path) -> FakeChain:
    return FakeChain(tmp_path / "fake-chain.db")


@pytest.fixture
def grow(ledger: FakeChain) -> Callable[..., None]:
    """Append so many records and anchor them as one batch."""
    made = {"count": 0}

    def go(database: Database, count: int, stream: str = "catalog") -> None:
        append(database, made["count"], count, stream=stream)
        made["count"] += count
        assert not flush(database, ledger).errors

    return go


@pytest.fixture
def make_witness(tmp_path: Path) -> Callable[..., Witness]:
    """Make a witness that knows the platform by its trust file."""

    def make(runtime: Runtime, name: str = "区审计局") -> Witness:
        return program.init(tmp_path / f"witness-{name}", name=name, trust=anchoring.trust(runtime))

    return make
