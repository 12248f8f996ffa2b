"""The static analysis in a report: what slither finds, and every reason why nothing was looked at."""

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from chain.contracts import analysis, compiling, packages
from contracts_sc import build, slither
from tests.support import closing
from tests.support.scale import Scale

SOURCE = {"language": "Solidity", "sources": {"src/A.sol": {"content": "contract A {}"}}, "settings": {}}
FOUND = {"success": True, "results": {"detectors": [{
    "check": "reentrancy-eth", "impact": "High", "elements": [{
        "type": "function", "name": "pay", "type_specific_fields": {"parent": {"name": "A"}},
        "source_mapping": {"filename_relative": "src/A.sol"},
    }],
}]}}


def tool(folder: Path, name: str, script: str) -> str:
    """Put an executable of this name into a folder that is searched first."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools before the machine's own, which has none of ours yet."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(slither, "find_slither", lambda: shutil.which("slither", path=str(tmp_path)))
    monkeypatch.setattr(compiling, "find", lambda: shutil.which("solc", path=str(tmp_path)))
    return tmp_path


def report(source: Any = SOURCE, compiler: str = "0.8.30+commit.73712a01", **given: Any) -> dict[str, Any]:
    asked = {"origin": "upload", "contract": "src/A.sol:A"} | given
    return analysis.analyse(compiler=compiler, source=source, **asked)


def compiler(tools: Path, version: str = "0.8.30+commit.73712a01") -> None:
    said = json.dumps({"contracts": {}, "sources": {}})
    tool(tools, "solc", f"""case "$1" in --version) echo "Version: {version}" ;;
*) cat >/dev/null; echo '{said}' ;; esac""")


def test_findings_are_reported_with_their_place(tools: Path) -> None:
    compiler(tools)
    tool(tools, "slither", f"""while [ "$1" != --json ]; do shift; done; cat > "$2" <<'END'
{json.dumps(FOUND)}
END
exit 255""")
    assert report() == {"tool": "slither", "skipped": None, "detail": None, "findings": [
        {"check": "reentrancy-eth", "impact": "High", "where": "A.pay", "reason": None},
    ]}


def test_what_was_not_looked_at_says_why(tools: Path) -> None:
    named = SOURCE | {"sources": {"src/A.sol": {"keccak256": "0x" + "00" * 32, "urls": ["ipfs://x"]}}}
    assert report(named)["skipped"] == "sources_missing"
    assert report()["skipped"] == "no_slither"
    tool(tools, "slither", "echo broken >&2; exit 1")
    assert (report()["skipped"], report()["detail"]) == ("no_compiler", "0.8.30+commit.73712a01")
    compiler(tools, "0.8.29+commit.ab55807c")
    assert report()["skipped"] == "other_compiler"
    compiler(tools)
    failed = report()
    assert failed["skipped"] == "failed" and "broken" in failed["detail"] and failed["findings"] == []
    assert report(SOURCE | {"settings": None})["skipped"] == "failed", "settings are anybody's too"


@pytest.mark.parametrize("unit", ["../outside.sol", "/tmp/outside.sol", "hardhat.config.js", "artifacts/build-info/x"])
def test_a_source_cannot_leave_its_folder(tools: Path, unit: str) -> None:
    compiler(tools)
    tool(tools, "slither", f"touch {tools}/ran; exit 1")
    found = report(SOURCE | {"sources": {unit: {"content": "contract A {}"}}})
    assert found["skipped"] == "failed" and not (tools / "ran").exists()


def test_a_contract_of_this_program_shows_the_baseline() -> None:
    source = packages.builtin("NodeRegistry")[1]
    places = {}
    for name in ("NodeRegistry", "KeyRotationLog"):
        found = report(source, origin="builtin", contract=f"src/{name}.sol:{name}")
        places[name] = {one["where"].partition(".")[0] for one in found["findings"]}
    assert {"NodeRegistry", "AccountRules"} <= places["NodeRegistry"] and "Approvals" not in places["NodeRegistry"]
    assert not places["KeyRotationLog"] & {"AccountRules", "NodeRegistry", "Approvals"}
    assert all(one["reason"] for one in found["findings"]) and found["detail"] == slither.baseline()["slither"]


@pytest.mark.engine("slither")
def test_slither_itself_over_our_sources(tmp_path: Path, scale: Scale, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's own sources handed in as somebody's: the same findings as the build's baseline."""
    if slither.find_slither() is None or build.find_node() is None or shutil.which("npm") is None:
        closing.missing("slither")
        pytest.skip("no slither, node or npm on this machine")
    if not scale.full:
        pytest.skip("it takes twenty seconds of processor time: make prove runs it")
    try:
        modules = build.install(tmp_path)
    except Exception as error:  # no registry and no cache: the compiler cannot be had here
        closing.missing("solc (npm)")
        pytest.skip(f"npm could not install the pinned compiler: {error}")
    version = json.loads((modules / "solc" / "package.json").read_text())["version"]
    solc = tool(tmp_path, "solc", f"""case "$1" in --version) echo "Version: {version}+commit.00000000" ;;
*) cd {modules.parent}; exec node -e "{build._COMPILE}" ;; esac""")
    monkeypatch.setattr(compiling, "find", lambda: solc)
    found = analysis.analyse(
        origin="upload", contract="src/Approvals.sol:Approvals", compiler=version, source=build.standard_input(modules)
    )
    assert (found["skipped"], found["detail"]) == (None, None)
    seen = [{key: one[key] for key in ("check", "impact", "where")} for one in found["findings"]]
    assert slither.new_findings(seen) == ([], [])
