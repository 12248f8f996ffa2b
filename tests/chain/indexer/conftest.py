"""A fake ledger with several histories, on both databases."""

import pytest

from tests.chain.indexer.fake import FakeLedger


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()
