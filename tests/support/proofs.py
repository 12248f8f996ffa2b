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
        # reports of several workers come mixed
        of_it = next((one for one in reversed(_results) if one["test"] == report.nodeid), None)
        if counts and of_it is not None:
            of_it["counts"] = counts[-1]


def write() -> None:
    """Write the results where ``tests.prove`` asked for them."""
    target = os.environ.get("MULIAN_PROOF_FILE")
    # with several workers the one that they report to writes
    if target and "PYTEST_XDIST_WORKER" not in os.environ:
        Path(target).write_text(json.dumps(_results, ensure_ascii=False))
