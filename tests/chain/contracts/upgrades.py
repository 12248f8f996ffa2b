"""Next versions of CatalogRegistry for upgrade tests: ``python -m tests.chain.contracts.upgrades MODULES``.

Made from its source, compiled once and committed beside this file; the rebuild test makes them again where node is.
"""

import json
import sys
import tempfile
from pathlib import Path

from contracts_sc import build as contracts
from contracts_sc.artifacts import Artifact, parse
from kernel import canonical

FILE = Path(__file__).with_name("upgrades.json")
_ENTRIES = "    mapping(bytes32 id => Entry) private _entries;\n"
_OFFERS = "    mapping(bytes32 id => Offer) private _offers;\n"
_MIGRATION = """
    function migrate(uint64 mark) external reinitializer(2) {
        _mark = mark;
    }

    function marked() external view returns (uint64) {
        return _mark;
    }
"""


def sources() -> dict[str, str]:
    """Return the source of each next version: one that adds a variable behind the others, one before them,
    and one that turns two members of a struct round."""
    now = (contracts.HERE / "src" / "CatalogRegistry.sol").read_text("utf-8")
    variable = "    uint64 private _mark;\n"
    return {
        "CatalogAppended": now.replace(_OFFERS, _OFFERS + variable + _MIGRATION),
        "CatalogClashing": now.replace(_ENTRIES, variable + _ENTRIES + _MIGRATION),
        "CatalogStruct": now.replace("        bytes32 department;\n        bytes32 digest;\n        uint64 version;  ",
                                     "        bytes32 digest;\n        bytes32 department;\n        uint64 version;  "),
    }


def build(modules: Path) -> bytes:
    """Return the bytes of the committed file."""
    made = {}
    with tempfile.TemporaryDirectory(prefix="mulian-upgrades-") as temporary:
        root = Path(temporary)
        (root / "src").mkdir()
        governed = (contracts.HERE / "src" / "Governed.sol").read_text("utf-8")
        (root / "src" / "Governed.sol").write_text(governed, "utf-8")
        units = {}
        for name, text in sources().items():
            units[name] = f"src/{name}.sol"
            # the namespace stays: it is the same contract, later
            renamed = text.replace("contract CatalogRegistry is", f"contract {name} is")
            assert renamed != text
            (root / units[name]).write_text(renamed, "utf-8")
        output = contracts.compile_input(contracts.standard_input(modules, units, root), modules)
        for name, unit in units.items():
            made[name] = output["contracts"][unit][name]
    return canonical.dumps(made) + b"\n"


def next_version(name: str) -> Artifact:
    """Return a compiled next version."""
    return parse(name, json.loads(FILE.read_bytes())[name])


if __name__ == "__main__":
    FILE.write_bytes(build(Path(sys.argv[1])))
