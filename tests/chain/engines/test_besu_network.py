"""The files of a Besu network, and the compose profile that mounts them."""

import json
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import rlp
import yaml
from coincurve import PrivateKey

from chain.ledger.engines import besu_network
from chain.ledger.engines import enode as enodes
from kernel.errors import MulianError
from tests.support import closing

ROOT = Path(__file__).resolve().parents[3]
SENDER = "0x" + "5a" * 20


def test_four_validators_agree_on_genesis_keys_and_lists(tmp_path: Path) -> None:
    made = besu_network.init(tmp_path / "net", accounts=[SENDER])
    genesis = json.loads((tmp_path / "net/genesis.json").read_bytes())
    vanity, validators, vote, number, seals = rlp.decode(bytes.fromhex(genesis["extraData"][2:]))
    assert (vanity, vote, number, seals) == (b"\0" * 32, [], b"", [])
    assert ["0x" + address.hex() for address in validators] == sorted(address for _, address, _ in made.nodes)
    assert genesis["extraData"].startswith("0xf87aa0" + "00" * 32 + "f85494")
    assert genesis["extraData"].endswith("c080c0")
    assert genesis["config"]["zeroBaseFee"] is True and genesis["baseFeePerGas"] == "0x0"
    assert int(genesis["gasLimit"], 16) == 2**50 and genesis["config"]["chainId"] == made.chain_id
    every = {enode for _, _, enode in made.nodes}
    for name, address, enode in made.nodes:
        place = tmp_path / "net" / name
        assert stat.S_IMODE((place / "key").stat().st_mode) == 0o600
        key = PrivateKey(bytes.fromhex((place / "key").read_text()[2:]))
        assert key.public_key.format(compressed=False)[1:].hex() == enodes.public_key(enode)
        assert enodes.address(enode) == address and enodes.normalise(enode) == enode
        assert set(json.loads((place / "static-nodes.json").read_bytes())) == every - {enode}
        lists = tomllib.loads((place / "permissions_config.toml").read_text())
        assert set(lists["nodes-allowlist"]) == every and lists["accounts-allowlist"] == [SENDER]


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    besu_network.init(tmp_path / "net", accounts=[])
    with pytest.raises(MulianError) as caught:
        besu_network.init(tmp_path / "net", accounts=[])
    assert caught.value.code == "chain.besu.folder"


def test_the_compose_profile_names_what_init_writes(tmp_path: Path) -> None:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    made = besu_network.init(tmp_path / "net", accounts=[])
    for name, _, enode in made.nodes:
        service = document["services"][name]
        assert service["profiles"] == ["besu"] and service["networks"]["besu"]["ipv4_address"] in enode
        assert service["environment"]["BESU_P2P_HOST"] in enode
        mounts = [mount.split(":")[0].removeprefix("./deploy/besu/") for mount in service["volumes"]]
        assert all((tmp_path / "net" / mount).exists() for mount in mounts) and len(mounts) == 2
        assert "--host-allowlist=besu1,besu2,besu3,besu4,localhost" in service["command"]


def test_docker_reads_the_compose_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        closing.missing("docker compose")
        pytest.skip("no docker compose on this machine")
    found = subprocess.run(
        [docker, "compose", "--profile", "besu", "-f", str(ROOT / "docker-compose.yml"), "config", "--services"],
        capture_output=True, text=True, check=False,
    )
    assert found.returncode == 0, found.stderr
    assert {"besu1", "besu2", "besu3", "besu4"} <= set(found.stdout.split())
