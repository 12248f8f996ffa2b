"""ethers 6 and viem drive a chain process: the scripts know only its URL, a key and an ABI."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench._chain import STREAM
from contracts_sc.artifacts import artifact
from tests.chain.embedded.process import ChainProcess
from tests.support import closing

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainProcess]:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "viem").exists() or not (HERE / "node_modules" / "ethers").exists():
        closing.missing("ethers and viem (npm)")
        pytest.skip("no node, or no tests/chain/js/node_modules")
    started = ChainProcess(tmp_path_factory.mktemp("js") / "home")
    yield started
    started.kill()


def run(process: ChainProcess, script: str) -> dict[str, Any]:
    built = artifact("AnchorRegistry")
    given = {
        "url": process.url, "key": "0x" + secrets.token_hex(32), "abi": list(built.abi),
        "creation": "0x" + built.creation.hex(), "stream": "0x" + STREAM.hex(), "chain": process.ledger().chain_id(),
    }
    done = subprocess.run(
        ["node", str(HERE / script)], input=json.dumps(given), capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production"}, check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.engine("node")
def test_ethers(process: ChainProcess) -> None:
    found = run(process, "ethers.mjs")
    assert found.pop("gas") != "reverts"
    assert found == {
        "fee": "0", "status": 1, "seq": "1", "leaves": "12", "events": ["0x" + "07" * 32],
        "refused": "UNSUPPORTED_OPERATION", "revert": {"code": "CALL_EXCEPTION", "name": "NotSequential"},
        "heard": True, "headed": True, "block": True,
    }


@pytest.mark.engine("node")
def test_viem(process: ChainProcess) -> None:
    assert run(process, "viem.mjs") == {
        "status": "success", "changes": ["0x" + "07" * 32], "arrived": True, "seq": "1", "leaves": "12",
        "revert": "NotSequential", "heard": True, "headed": 66, "overridden": 42, "nodes": True, "base": "0",
        "uninstalled": True, "fee": "0",
    }
