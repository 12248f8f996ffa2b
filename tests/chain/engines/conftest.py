"""Every engine that this machine has, each as the same small set of things that the acceptance suite needs."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import NodeProvider, in_process
from chain.ledger.embedded.rules import ACCOUNTS_FILE, write_list
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError
from kernel.home import Home
from tests.chain.embedded.process import ChainProcess
from tests.chain.engines import geth
from tests.chain.engines.besu import FakeBesu
from tests.support import closing
from tests.support.servers import free_port

# the embedded chain's RPC over HTTP is tested by its own suite; here a process of its own costs two seconds
ENGINES = ("embedded", "clique", "besu-fake", "anvil") + (
    ("embedded-http",) if os.environ.get("MULIAN_TEST_SIZE") == "prove" else ()
)


@dataclass
class Network:
    """A network under test. ``other`` is a second node of it (the same where there is one), ``lists`` one that holds
    account lists; ``newcomer`` an address that is no validator."""

    name: str
    ledger: Web3Ledger
    other: Web3Ledger
    newcomer: str = "0x" + "ab" * 20
    lists: Web3Ledger | None = None


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProvider]:
    place = Home(tmp_path_factory.mktemp("engines") / "home")
    place.prepare()
    with Node(place, Options(rehearsal=True)) as node, in_process(node) as provider:
        yield provider


@pytest.fixture(scope="session")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProvider]:
    """A node that keeps an account list: only who stands on it may send."""
    place = Home(tmp_path_factory.mktemp("engines-lists") / "home")
    place.prepare()
    write_list(place.chain_dir / ACCOUNTS_FILE, frozenset())
    with Node(place, Options(rehearsal=True)) as node, in_process(node) as provider:
        yield provider


@pytest.fixture(scope="session")
def clique() -> Iterator[geth.GethNetwork]:
    """Three nodes of which two sign: as little as shows votes and a node that does not seal."""
    if geth.binary() is None:
        closing.missing("geth 1.13")
        pytest.skip("no geth 1.13 on PATH")
    with tempfile.TemporaryDirectory(prefix="mulian-geth-") as folder, geth.GethNetwork.run(
        Path(folder), signers=2, nodes=3
    ) as network:
        yield network


@pytest.fixture(scope="session")
def fake_besu(rehearsal: NodeProvider) -> Iterator[FakeBesu]:
    with FakeBesu(rehearsal, nodes=5, validators=4).serve() as network:
        network.nodes[3].accounts = []
        yield network


@pytest.fixture(scope="session")
def embedded_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainProcess]:
    process = ChainProcess(tmp_path_factory.mktemp("engines-chain") / "home")
    yield process
    process.kill()


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """A foreign RPC at price 0."""
    found = shutil.which("anvil")
    if found is None:
        closing.missing("anvil")
        pytest.skip("no anvil on PATH (npm @foundry-rs/anvil)")
    port = free_port()
    process = subprocess.Popen(
        [found, "--port", str(port), "--silent", "--gas-price", "0", "--block-base-fee-per-gas", "0", "--accounts",
         "1", "--gas-limit", str(2**50)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    limit = time.monotonic() + 30
    while True:
        try:
            Web3Ledger(url).chain_id()
            break
        except MulianError:
            assert time.monotonic() < limit
            time.sleep(0.05)
    yield url
    process.kill()
    process.wait(10)


@pytest.fixture(scope="session", params=ENGINES)
def network(request: pytest.FixtureRequest) -> Network:
    """A network of each engine; what is not on this machine is skipped with the reason."""
    name = str(request.param)
    if name == "embedded":
        ledger = Web3Ledger("in-process", request.getfixturevalue("rehearsal"))
        lists = Web3Ledger("in-process", request.getfixturevalue("listing"))
        return Network(name, ledger, ledger, lists=lists)
    if name == "embedded-http":
        ledger = request.getfixturevalue("embedded_process").ledger()
        return Network(name, ledger, ledger, lists=Web3Ledger("in-process", request.getfixturevalue("listing")))
    if name == "anvil":
        ledger = Web3Ledger(request.getfixturevalue("anvil"))
        return Network(name, ledger, ledger)
    if name == "clique":
        found: geth.GethNetwork = request.getfixturevalue("clique")
        return Network(name, found.nodes[0].ledger, found.nodes[2].ledger, found.nodes[2].signer.address)
    fake: FakeBesu = request.getfixturevalue("fake_besu")
    return Network(name, fake.nodes[0].ledger(), fake.nodes[4].ledger(), fake.nodes[4].address, fake.nodes[3].ledger())
