"""What four QBFT validators start with: genesis, node keys, static nodes, allow-lists (``mulian chain init-besu``).

Sources: Besu documentation, "QBFT" (extra data, genesis), "Free gas networks", "Use local permissioning".
"""

import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rlp
from coincurve import PrivateKey

from chain.ledger.engines import enode as enodes
from chain.ledger.errors import BESU_FOLDER
from chain.ledger.headers import BFT_MIX_HASH
from kernel import clock
from kernel.files_atomic import write_atomic

GAS_LIMIT = 2**50
P2P_PORT = 30303
FIRST_ADDRESS = ipaddress.ip_address("172.28.77.11")


@dataclass(frozen=True)
class Made:
    """The network: its chain id, and each validator's folder, address and enode."""

    chain_id: int
    nodes: tuple[tuple[str, str, str], ...]


def init(folder: Path, *, accounts: Sequence[str], hosts: Sequence[str] = (), period: int = 2) -> Made:
    """Write the files of a network into an empty folder; keys are 0600. ``accounts`` may send; ``hosts`` are the
    validators' addresses (four in ``docker-compose.yml``). Raises ``chain.besu.folder`` where something is there."""
    if folder.exists() and any(folder.iterdir()):
        raise BESU_FOLDER(path=str(folder))
    places = list(hosts) or [str(FIRST_ADDRESS + index) for index in range(4)]
    keys = [PrivateKey() for _ in places]
    listed = [
        f"enode://{key.public_key.format(compressed=False)[1:].hex()}@{place}:{P2P_PORT}"
        for key, place in zip(keys, places, strict=True)
    ]
    chain_id = 1_000_000 + secrets.randbits(31)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / "genesis.json", genesis([enodes.address(enode) for enode in listed], chain_id, period))
    nodes = []
    for index, (key, enode) in enumerate(zip(keys, listed, strict=True), 1):
        place = folder / f"besu{index}"
        place.mkdir(mode=0o700)
        write_atomic(place / "key", b"0x" + key.secret.hex().encode(), mode=0o600)
        _write(place / "static-nodes.json", [other for other in listed if other != enode])
        write_atomic(place / "permissions_config.toml", permissions(listed, accounts).encode())
        nodes.append((place.name, enodes.address(enode), enode))
    return Made(chain_id, tuple(nodes))


def genesis(validators: Sequence[str], chain_id: int, period: int) -> dict[str, Any]:
    """Return a QBFT genesis at London with free gas."""
    return {
        "config": {
            "chainId": chain_id, "berlinBlock": 0, "londonBlock": 0, "zeroBaseFee": True,
            "qbft": {"blockperiodseconds": period, "epochlength": 30_000, "requesttimeoutseconds": 2 * period},
        },
        "nonce": "0x0", "timestamp": hex(int(clock.now().timestamp())), "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": "0x0", "difficulty": "0x1", "mixHash": BFT_MIX_HASH, "coinbase": "0x" + "0" * 40,
        "extraData": extra_data(validators), "alloc": {},
    }


def extra_data(validators: Sequence[str]) -> str:
    """Return RLP([vanity of 32 bytes, validators, no vote, round 0, no seals])."""
    addresses = sorted(bytes.fromhex(address[2:]) for address in validators)
    return "0x" + bytes(rlp.encode([b"\0" * 32, addresses, [], b"", []])).hex()


def permissions(nodes: Sequence[str], accounts: Sequence[str]) -> str:
    """Return ``permissions_config.toml``."""
    return f"nodes-allowlist={json.dumps(list(nodes))}\naccounts-allowlist={json.dumps(list(accounts))}\n"


def _write(path: Path, document: Any) -> None:
    write_atomic(path, json.dumps(document, indent=2).encode() + b"\n")
