"""Slither's findings are those of the baseline, each with a reason."""

import shutil
from pathlib import Path

import pytest

from contracts_sc import build, slither
from tests.support import closing
from tests.support.scale import Scale


@pytest.mark.engine("slither")
def test_slither_finds_what_the_baseline_says(tmp_path: Path, scale: Scale) -> None:
    found = slither.find_slither()
    if found is None or build.find_node() is None or shutil.which("npm") is None:
        closing.missing("slither")
        pytest.skip("no slither, node or npm on this machine")
    if not scale.full:
        pytest.skip("it takes twenty seconds of processor time: make prove runs it")
    try:
        modules = build.install(tmp_path)
    except Exception as error:  # no registry and no cache: the compiler cannot be had here
        closing.missing("solc (npm)")
        pytest.skip(f"npm could not install the pinned compiler: {error}")
    assert slither.new_findings(slither.analyse(build.standard_input(modules), modules, found)) == ([], [])


@pytest.mark.pure
def test_every_finding_of_the_baseline_has_a_reason_and_none_is_grave() -> None:
    entries = slither.baseline()["findings"]
    assert entries == sorted(entries, key=lambda entry: (entry["check"], entry["impact"], entry["where"]))
    for entry in entries:
        assert set(entry) == {"check", "impact", "where", "reason"} and len(entry["reason"]) > 20
        assert entry["impact"] in ("Low", "Informational", "Optimization")


@pytest.mark.pure
def test_new_and_gone_findings_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"check": "a", "impact": "Low", "where": "X.f"}
    monkeypatch.setattr(slither, "baseline", lambda: {"findings": [known | {"reason": "it is so"}]})
    fresh = {"check": "b", "impact": "High", "where": "X.g"}
    assert slither.new_findings([known]) == ([], [])
    assert slither.new_findings([fresh]) == ([fresh], [known])
