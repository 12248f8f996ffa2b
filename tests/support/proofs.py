"""Collecting the results of a proving run: one JSON document per area, merged by ``tests.prove``."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_results: list[dict[str, Any]] = []


def collect(report: pytest.TestReport) -> None:
    """Remember the outcome of a test's call (or of the phase that kept it from being called)."""
    if report.when == "call" or report.outcome != "passed":
        _results.append({"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 3)})
    if report.when == "teardown":
        counts = [value for name, value in report.user_properties if name == "counts" and value]
        if counts and _results and _results[-1]["test"] == report.nodeid:
            _results[-1]["counts"] = counts[-1]


def write() -> None:
    """Write the results where ``tests.prove`` asked for them."""
    target = os.environ.get("MULIAN_PROOF_FILE")
    if target:
        Path(target).write_text(json.dumps(_results, ensure_ascii=False))
