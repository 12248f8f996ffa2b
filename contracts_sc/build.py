"""Rebuild the contracts from source: ``python -m contracts_sc.build [--modules DIR] [--write]``.

Without ``--write`` the result is compared byte by byte with ``build/``. The compiler is the pinned npm package
``solc`` (the same wasm on every machine), fed with standard JSON; ``evmVersion`` is london because geth 1.13,
the last line that seals Clique, runs it. CBOR metadata is left out so that deployed runtime code can be
compared without masking; what was compiled is named by the digests instead.

``build/input.json`` holds our sources and names those of the pinned package by digest (``urls`` and ``keccak256``,
as the format allows): they are other people's, and are read from the package when the compiler runs.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from kernel import canonical
from kernel.digest import sha256_hex

HERE = Path(__file__).parent
BUILD = HERE / "build"
# what can be deployed, by source unit; abstract contracts are not among it
UNITS = {
    **{name: f"src/{name}.sol" for name in (
        "AnchorRegistry", "Approvals", "CatalogRegistry", "DataUsageLog", "InterfaceRegistry", "KeyRotationLog",
        "NodeRegistry", "ReleaseRegistry",
    )},
    "ERC1967Proxy": "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
}
_IMPORT = re.compile(r'^\s*import\s[^;]*?"([^"]+)"\s*;', re.MULTILINE)
OUTPUTS = (
    "abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers", "storageLayout",
)
SETTINGS: dict[str, Any] = {
    "evmVersion": "london",
    "optimizer": {"enabled": True, "runs": 200},
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}
_COMPILE = "const s=require('solc');let d='';process.stdin.on('data',c=>d+=c);" \
    "process.stdin.on('end',()=>process.stdout.write(s.compile(d)));"


def find_node() -> str | None:
    """Return the path of node, or None where there is none."""
    return shutil.which("node")


def install(folder: Path) -> Path:
    """Install the locked npm packages below ``folder`` and return its node_modules; needs npm."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True, capture_output=True,
        timeout=300,
    )
    return folder / "node_modules"


def standard_input(modules: Path, units: Mapping[str, str] = UNITS, root: Path = HERE) -> dict[str, Any]:
    """Return the compiler's standard JSON input: sources below ``root``/src and, literally, all that they import."""
    sources: dict[str, dict[str, str]] = {}
    waiting = sorted(set(units.values()))
    while waiting:
        unit = waiting.pop()
        if unit in sources:
            continue
        path = root / unit if unit.startswith("src/") else modules / unit
        text = path.read_text(encoding="utf-8")
        sources[unit] = {"content": text}
        for target in _IMPORT.findall(text):
            waiting.append(os.path.normpath(os.path.join(os.path.dirname(unit), target))
                           if target.startswith(".") else target)
    wanted: dict[str, dict[str, list[str]]] = {unit: {"": ["ast"]} for unit in sources}
    for name, unit in units.items():
        wanted[unit][name] = list(OUTPUTS)
    settings = {**SETTINGS, "outputSelection": wanted}
    return {"language": "Solidity", "sources": dict(sorted(sources.items())), "settings": settings}


def by_reference(document: dict[str, Any], modules: Path) -> dict[str, Any]:
    """Return the input with a package's sources named by place and Keccak-256 instead of held."""

    def named(unit: str, source: dict[str, str]) -> dict[str, Any]:
        if unit.startswith("src/"):
            return source
        package = "/".join(unit.split("/")[:2])
        version = json.loads((modules / package / "package.json").read_text())["version"]
        inside = unit.removeprefix(package + "/")
        return {
            "keccak256": "0x" + keccak(source["content"].encode()).hex(),
            "urls": [f"npm:{package}@{version}/{inside}"],
        }

    return document | {"sources": {unit: named(unit, source) for unit, source in document["sources"].items()}}


def compile_input(document: dict[str, Any], modules: Path) -> dict[str, Any]:
    """Run solc over a standard JSON input; raise RuntimeError with the compiler's text on any error or warning."""
    node = find_node()
    if node is None:
        raise RuntimeError("node was not found")
    done = subprocess.run(
        [node, "-e", _COMPILE], input=json.dumps(document).encode(), cwd=modules.parent, check=True,
        capture_output=True, timeout=300,
    )
    output: dict[str, Any] = json.loads(done.stdout)
    problems = [entry["formattedMessage"] for entry in output.get("errors", [])]
    if problems:
        raise RuntimeError("\n".join(problems))
    return output


def build(modules: Path) -> dict[str, bytes]:
    """Return the bytes of every file of ``build/`` by name."""
    document = standard_input(modules)
    output = compile_input(document, modules)
    compiler = json.loads((modules / "solc" / "package.json").read_text())["version"]
    files = {
        "input.json": canonical.dumps(by_reference(document, modules)) + b"\n",
        "output.json": canonical.dumps({
            "compiler": compiler, "contracts": output["contracts"], "immutables": immutable_names(output),
        }) + b"\n",
    }
    digests = {name: sha256_hex(data) for name, data in files.items()}
    digests |= {unit: sha256_hex(source["content"].encode()) for unit, source in document["sources"].items()}
    # the input as the compiler saw it, the package's sources included
    digests["compiled-input.json"] = sha256_hex(canonical.dumps(document) + b"\n")
    files["digests.json"] = canonical.dumps(digests) + b"\n"
    return files


def immutable_names(output: dict[str, Any]) -> dict[str, str]:
    """Return the names of all immutables by their number in the syntax tree."""
    names: dict[str, str] = {}
    for source in output["sources"].values():
        for contract in source["ast"]["nodes"]:
            for node in contract.get("nodes", []):
                if node["nodeType"] == "VariableDeclaration" and node.get("mutability") == "immutable":
                    names[str(node["id"])] = node["name"]
    return names


def main(arguments: list[str] | None = None) -> int:
    """Build, then write (``--write``) or compare; exit 1 and name the files that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path, help="an existing node_modules; without it npm ci runs in a temp dir")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mulian-solc-") as temporary:
        files = build(options.modules or install(Path(temporary)))
    if options.write:
        BUILD.mkdir(exist_ok=True)
        for name, data in files.items():
            (BUILD / name).write_bytes(data)
        return 0
    wrong = [name for name, data in files.items() if (BUILD / name).read_bytes() != data]
    for name in wrong:
        print(f"build/{name} is not what the compiler makes of src/", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
