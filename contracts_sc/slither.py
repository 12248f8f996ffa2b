"""Static analysis: ``python -m contracts_sc.slither [--modules DIR]`` compares slither's findings with the baseline.

Slither is no dependency: it runs where it is found (``slither`` on PATH, or ``--slither``). It never compiles by
itself; it is given what our own compiler run made, in the form in which hardhat keeps it.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from contracts_sc import build

BASELINE = build.HERE / "slither.json"
# where build tools keep other people's sources, and the names that a hardhat folder has a meaning for
_PACKAGES = ("@", "node_modules/", "lib/")
_OWN_FILES = ("artifacts", "hardhat.config.js", "report.json")
_OUTPUTS = ["abi", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers", "userdoc", "devdoc"]


def find_slither() -> str | None:
    """Return the path of slither, or None where there is none."""
    return shutil.which("slither")


def analyse(document: dict[str, Any], modules: Path, slither: str) -> list[dict[str, str]]:
    """Return the findings of a standard JSON input, sorted: ``check``, ``impact``, ``where`` (contract.function).

    Findings wholly inside packages are left out. Raises RuntimeError with slither's words when it fails.
    """
    document = asking(document)
    output = build.compile_input(document, modules)
    version = json.loads((modules / "solc" / "package.json").read_text())["version"]
    return examine(document, output, version, slither)


def asking(document: dict[str, Any]) -> dict[str, Any]:
    """Return a standard JSON input that asks the compiler for what slither reads."""
    settings = document.get("settings", {}) | {"outputSelection": {"*": {"*": _OUTPUTS, "": ["ast"]}}}
    return document | {"settings": settings}


def examine(
    document: dict[str, Any], output: dict[str, Any], version: str, slither: str, *, seconds: int = 600
) -> list[dict[str, str]]:
    """Return the findings about what a compiler made of an :func:`asking` input; sources may be anybody's.

    Raises RuntimeError when slither fails, ends late, or a source's name leads out of the folder it is given.
    """
    with tempfile.TemporaryDirectory(prefix="mulian-slither-") as temporary:
        folder = Path(temporary).resolve()
        for unit, source in document["sources"].items():
            path = (folder / unit).resolve()
            if not path.is_relative_to(folder) or unit.split("/")[0] in _OWN_FILES:
                raise RuntimeError(f"a source named {unit!r}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source["content"], "utf-8")
        (folder / "hardhat.config.js").write_text("module.exports = {};\n")
        info = folder / "artifacts" / "build-info"
        info.mkdir(parents=True)
        (info / "all.json").write_text(json.dumps({
            "solcVersion": version.partition("+")[0], "solcLongVersion": version, "input": document, "output": output,
        }))
        return _run(folder, slither, seconds)


def _run(folder: Path, slither: str, seconds: int) -> list[dict[str, str]]:
    report = folder / "report.json"
    try:
        done = subprocess.run(
            [slither, ".", "--ignore-compile", "--compile-force-framework", "hardhat", "--exclude-dependencies",
             "--json", str(report)],
            cwd=folder, capture_output=True, timeout=seconds, check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"not done after {seconds} s") from late
    # it exits with 255 when there are findings: the report says whether it worked
    result: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {"success": False}
    if not result["success"]:
        raise RuntimeError(result.get("error") or done.stderr.decode(errors="replace")[-2000:])
    found = {
        (item["check"], item["impact"], _where(item["elements"]))
        for item in result["results"].get("detectors", [])
        if any(_is_ours(element) for element in item["elements"])
    }
    return [{"check": check, "impact": impact, "where": where} for check, impact, where in sorted(found)]


def _is_ours(element: dict[str, Any]) -> bool:
    """Whether an element stands in sources of its authors, not of a package."""
    name = str(element.get("source_mapping", {}).get("filename_relative", ""))
    return name != "" and not name.startswith(_PACKAGES)


def _where(elements: list[dict[str, Any]]) -> str:
    """Return the first element by name: lines move with every edit, names do not."""
    ours = [element for element in elements if _is_ours(element)] or elements
    for element in ours:
        if element["type"] == "function":
            return f"{element['type_specific_fields']['parent']['name']}.{element['name']}"
    first = ours[0]
    parent = first.get("type_specific_fields", {}).get("parent", {}).get("name")
    return f"{parent}.{first['name']}" if parent else str(first["name"])


def new_findings(found: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return (findings that the baseline lacks, baseline entries that are found no more)."""
    known = [{key: entry[key] for key in ("check", "impact", "where")} for entry in baseline()["findings"]]
    return [item for item in found if item not in known], [item for item in known if item not in found]


def baseline() -> dict[str, Any]:
    """Return the committed baseline: slither's version and the findings, each with the reason why it stands."""
    document: dict[str, Any] = json.loads(BASELINE.read_text("utf-8"))
    return document


def main(arguments: list[str] | None = None) -> int:
    """Print findings beyond the baseline and entries that are gone; exit 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path, help="an existing node_modules; without it npm ci runs in a temp dir")
    parser.add_argument("--slither", default=find_slither())
    options = parser.parse_args(arguments)
    if options.slither is None:
        print("slither was not found", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="mulian-solc-") as temporary:
        modules = options.modules or build.install(Path(temporary))
        found = analyse(build.standard_input(modules), modules, options.slither)
    new, gone = new_findings(found)
    for sign, items in (("+", new), ("-", gone)):
        for item in items:
            print(f"{sign} {item['impact']} {item['check']} {item['where']}")
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main())
