"""Reads the committed build output; needs no node."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel.digest import sha256_hex

_BUILD = Path(__file__).parent / "build"


@dataclass(frozen=True)
class Artifact:
    """One compiled contract. ``creation`` and ``runtime`` are code bytes; ``code_hash`` is SHA-256 of ``runtime``."""

    name: str
    abi: tuple[dict[str, Any], ...]
    creation: bytes
    runtime: bytes
    code_hash: str
    storage_layout: dict[str, Any]
    immutables: dict[str, list[dict[str, int]]]
    selectors: dict[str, str]


@functools.cache
def artifact(name: str) -> Artifact:
    """Return the artifact of ``src/<name>.sol``; raise KeyError for an unknown contract.

    The digest of the build output is checked on every load: a damaged file must not be deployed.
    """
    raw = (_BUILD / "output.json").read_bytes()
    digests: dict[str, str] = json.loads((_BUILD / "digests.json").read_bytes())
    if sha256_hex(raw) != digests["output.json"]:
        raise ValueError("contracts_sc/build/output.json does not match its digest")
    contract = json.loads(raw)["contracts"][f"src/{name}.sol"][name]
    runtime = bytes.fromhex(contract["evm"]["deployedBytecode"]["object"])
    return Artifact(
        name=name,
        abi=tuple(contract["abi"]),
        creation=bytes.fromhex(contract["evm"]["bytecode"]["object"]),
        runtime=runtime,
        code_hash=sha256_hex(runtime),
        storage_layout=contract["storageLayout"],
        immutables=contract["evm"]["deployedBytecode"]["immutableReferences"],
        selectors=contract["evm"]["methodIdentifiers"],
    )


def compiler_version() -> str:
    """Return the version of the npm package ``solc`` that made the build output."""
    version: str = json.loads((_BUILD / "output.json").read_bytes())["compiler"]
    return version
