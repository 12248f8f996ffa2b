"""Reads the committed build output; needs no node."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    immutable_names: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def artifact(name: str) -> Artifact:
    """Return the artifact of a contract of the build, the proxy among them; raise KeyError for an unknown one.

    The digest of the build output is checked on every load: a damaged file must not be deployed.
    """
    raw = (_BUILD / "output.json").read_bytes()
    digests: dict[str, str] = json.loads((_BUILD / "digests.json").read_bytes())
    if sha256_hex(raw) != digests["output.json"]:
        raise ValueError("contracts_sc/build/output.json does not match its digest")
    document = json.loads(raw)
    return parse(name, _find(document["contracts"], name), document.get("immutables", {}).get(name))


def parse(name: str, contract: Mapping[str, Any], immutable_names: Mapping[str, str] | None = None) -> Artifact:
    """Return the artifact of one contract of a compiler's standard JSON output.

    ``immutable_names`` are variables by their number in the syntax tree, where they are known. Raises KeyError
    when the output lacks ABI, code or layout, ValueError when the code is not linked with its libraries.
    """
    runtime = bytes.fromhex(contract["evm"]["deployedBytecode"]["object"])
    return Artifact(
        name=name,
        abi=tuple(contract["abi"]),
        creation=bytes.fromhex(contract["evm"]["bytecode"]["object"]),
        runtime=runtime,
        code_hash=sha256_hex(runtime),
        storage_layout=contract["storageLayout"],
        immutables=contract["evm"]["deployedBytecode"].get("immutableReferences", {}),
        selectors=contract["evm"]["methodIdentifiers"],
        immutable_names=dict(immutable_names or {}),
    )


def _find(contracts: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    """Return the output of the one contract of that name; raise KeyError."""
    for unit in contracts.values():
        if name in unit:
            return unit[name]
    raise KeyError(name)


def compiler_version() -> str:
    """Return the version of the npm package ``solc`` that made the build output."""
    version: str = json.loads((_BUILD / "output.json").read_bytes())["compiler"]
    return version
