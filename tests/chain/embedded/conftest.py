"""A rehearsal node in this process, and the real chain process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import NodeProvider, in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel.home import Home
from tests.chain.embedded.process import ChainProcess


@pytest.fixture
def provider(home: Home) -> Iterator[NodeProvider]:
    """A provider that seals each submission at once."""
    with Node(home, Options(rehearsal=True)) as node, in_process(node) as made:
        yield made


@pytest.fixture
def ledger(provider: NodeProvider) -> Web3Ledger:
    return Web3Ledger("in-process", provider)


@pytest.fixture
def start_chain(home: Home) -> Iterator[Callable[..., ChainProcess]]:
    """Start chain processes on the test's home; they are ended with the test."""
    started: list[ChainProcess] = []

    def start(*options: str) -> ChainProcess:
        process = ChainProcess(home.root, *options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainProcess]:
    """One chain process for the tests that only talk to it; who changes its lists puts them back."""
    process = ChainProcess(Path(tmp_path_factory.mktemp("chain")) / "home")
    yield process
    process.kill()


@pytest.fixture(scope="module")
def shared_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProvider]:
    """One rehearsal node for the examples of a property test."""
    place = Home(tmp_path_factory.mktemp("shared") / "home")
    place.prepare()
    with Node(place, Options(rehearsal=True)) as node, in_process(node) as made:
        yield made
