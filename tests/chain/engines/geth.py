"""A real Clique network of the tests' own: geth nodes on loopback in a temporary folder."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from coincurve import PublicKey
from eth_account import Account

from chain.ledger import accounts
from chain.ledger.accounts import Signer
from chain.ledger.web3_ledger import Web3Ledger
from kernel import clock
from kernel.errors import MulianError
from tests.support import closing
from tests.support.scale import Scale
from tests.support.servers import free_port

GAS_LIMIT = 2**50
CHAIN_ID = 1_337_013
_PASSWORD = "tests only"
_MODULES = "eth,net,web3,admin,clique,txpool,miner,debug"


def binary() -> str | None:
    """Return a geth that can seal Clique (1.13), None where there is none."""
    found = shutil.which("geth")
    if found is None:
        return None
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout
    return found if "\nVersion: 1.13." in said else None


@dataclass
class GethNode:
    """One node; ``signer`` seals when ``seals``."""

    folder: Path
    seals: bool
    signer: Signer = field(default_factory=accounts.new_signer)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    port: int = field(default_factory=free_port)
    rpc: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rpc}"

    @property
    def enode(self) -> str:
        public = PublicKey.from_secret(self.key).format(compressed=False)[1:]
        return f"enode://{public.hex()}@127.0.0.1:{self.port}"

    @property
    def ledger(self) -> Web3Ledger:
        return Web3Ledger(self.url, timeout=10)

    def start(self, *, wait: bool = True) -> None:
        """Start the node, and wait until it answers and takes transactions at price 0."""
        found = binary()
        assert found is not None
        seal = [
            "--mine", "--miner.etherbase", self.signer.address, "--unlock", self.signer.address,
            "--password", str(self.folder / "password"), "--allow-insecure-unlock",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [found, "--datadir", str(self.folder), "--config", str(self.folder / "config.toml"),
                 "--networkid", str(CHAIN_ID), "--port", str(self.port), "--nodekeyhex", self.key.hex(),
                 "--http", "--http.addr", "127.0.0.1", "--http.port", str(self.rpc), "--http.api", _MODULES,
                 "--authrpc.port", str(free_port()), "--ipcdisable", "--nodiscover", "--nat", "none",
                 "--netrestrict", "127.0.0.0/8", "--syncmode", "full", "--gcmode", "archive", "--cache", "16",
                 "--snapshot=false", "--miner.gasprice", "0", "--miner.gaslimit", str(GAS_LIMIT),
                 "--txpool.pricelimit", "0", "--verbosity", "2", *(seal if self.seals else [])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | {"GOMAXPROCS": "2"},
            )
        if wait:
            self.ready()

    def ready(self) -> None:
        """Wait for the answer to a call."""
        limit = time.monotonic() + 60
        while True:
            with contextlib.suppress(MulianError):
                # 0 on the command line is taken for "not given" and becomes 1 gwei
                self.ledger.request("miner_setGasPrice", "0x0")
                return
            if time.monotonic() > limit or (self.process is not None and self.process.poll() is not None):
                raise RuntimeError(f"geth did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def stop(self) -> None:
        """End in order, so that the newest blocks are on disk."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None


@dataclass
class GethNetwork:
    """Nodes of one genesis; the first ``signers`` of them are its first signers."""

    nodes: list[GethNode]
    signers: int

    @classmethod
    @contextlib.contextmanager
    def run(cls, folder: Path, *, signers: int, nodes: int) -> Iterator["GethNetwork"]:
        """Start a network and end it with the block; nodes beyond the signers do not seal."""
        network = cls([GethNode(folder / f"node{index}", seals=index < signers) for index in range(nodes)], signers)
        network._prepare(folder)
        try:
            for node in network.nodes:
                node.start(wait=False)
            for node in network.nodes:
                node.ready()
            yield network
        finally:
            for node in network.nodes:
                node.kill()

    def _prepare(self, folder: Path) -> None:
        found = binary()
        assert found is not None
        genesis = folder / "genesis.json"
        genesis.write_text(json.dumps(genesis_of([node.signer.address for node in self.nodes[:self.signers]])))
        seed = folder / "seed"
        # one initialisation, copied: each costs half a second
        subprocess.run(
            [found, "--datadir", str(seed), "--state.scheme", "hash", "init", str(genesis)], check=True,
            capture_output=True,
        )
        for node in self.nodes:
            shutil.copytree(seed, node.folder)
            (node.folder / "geth" / "nodekey").unlink(missing_ok=True)
            others = [other.enode for other in self.nodes if other is not node]
            (node.folder / "config.toml").write_text(f"[Node.P2P]\nStaticNodes = {json.dumps(others)}\n")
            (node.folder / "password").write_text(_PASSWORD)
            keystore = node.folder / "keystore"
            keystore.mkdir(exist_ok=True)
            # one round: the key guards nothing
            sealed = Account.encrypt(node.signer.secret, _PASSWORD, kdf="pbkdf2", iterations=1)
            (keystore / node.signer.address.removeprefix("0x")).write_text(json.dumps(sealed))


@contextlib.contextmanager
def at_full_size(scale: Scale, *, signers: int, nodes: int) -> Iterator[GethNetwork]:
    """Run a network for what takes minutes on it; skip below full size and where there is no geth that can."""
    if not scale.full:
        pytest.skip("minutes on real geth nodes: make prove runs it")
    if binary() is None:
        closing.missing("geth 1.13")
        pytest.skip("no geth 1.13 on PATH")
    with tempfile.TemporaryDirectory(prefix="mulian-geth-") as folder, GethNetwork.run(
        Path(folder), signers=signers, nodes=nodes
    ) as network:
        yield network


def genesis_of(signers: list[str], period: int = 1) -> dict[str, object]:
    """Return a Clique genesis at London with base fee 0 and gas limit 2**50."""
    forks = (
        "homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul", "berlin",
        "london",
    )
    listed = "".join(sorted(address.removeprefix("0x") for address in signers))
    return {
        "config": {
            "chainId": CHAIN_ID, **{f"{fork}Block": 0 for fork in forks},
            "clique": {"period": period, "epoch": 30_000},
        },
        "difficulty": "0x1", "gasLimit": hex(GAS_LIMIT), "baseFeePerGas": "0x0",
        # a little ahead: signers that seal before they know each other need ten seconds to agree on one block 1
        "timestamp": hex(int(clock.now().timestamp()) + 2),
        "extraData": "0x" + "00" * 32 + listed + "00" * 65, "alloc": {},
    }
