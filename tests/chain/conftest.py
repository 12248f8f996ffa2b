"""An installation on a chain in this process that can lose its process at any call."""

import functools
from collections.abc import Iterator

import pytest

from chain.contracts import deploying, rehearsal, rehearsing
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel.runtime import Runtime
from tests.chain.contracts import life as samples
from tests.chain.contracts.test_deployment import Watched


@pytest.fixture
def watched(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(rehearsal, "run", rehearsing.rehearse)
    for module in (rehearsing, deploying):
        monkeypatch.setattr(module, "artifact", functools.cache(samples.proxy_artifact))
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Watched(Web3Ledger("in-process", provider))
        use_ledger(runtime, ledger)  # type: ignore[arg-type]
        yield ledger
