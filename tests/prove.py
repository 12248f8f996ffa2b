"""``make prove``: the issues' full counts, area by area, resumable, with a report.

An area that passed for the same commit and an unchanged tree is not run again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "proof-report.json"


def main(wanted: list[str]) -> int:
    """Prove the areas that are asked for (all by default); return the exit status."""
    report = _previous(_tree())
    known = sorted(p.name for p in (ROOT / "tests").iterdir() if _is_area(p))
    if unknown := [area for area in wanted if area not in known]:
        print(f"no such area: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    areas = wanted or known
    for area in areas:
        if report["areas"].get(area, {}).get("exit") == 0:
            print(f"{area}: proven before for this tree")
            continue
        report["areas"][area] = _prove(area)
        REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    failed = [area for area in areas if report["areas"][area]["exit"] != 0]
    for area in areas:
        entry = report["areas"][area]
        print(f"{area:14} {entry['passed']:5} passed {entry['failed']:3} failed {entry['skipped']:3} skipped "
              f"{entry['seconds']:7.1f} s")
    print(f"proof report: {REPORT}")
    return 1 if failed else 0


def _is_area(path: Path) -> bool:
    return path.is_dir() and path.name != "support" and any(path.rglob("test_*.py"))


def _prove(area: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("r", suffix=".json") as results:
        environment = os.environ | {"MULIAN_TEST_SIZE": "prove", "MULIAN_PROOF_FILE": results.name}
        started = time.monotonic()
        workers = os.environ.get("MULIAN_TEST_WORKERS", "auto")
        command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", f"tests/{area}"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        text = results.read()
        tests: list[dict[str, Any]] = json.loads(text) if text else []
    outcomes = [test["outcome"] for test in tests]
    return {
        "exit": done.returncode,
        "seconds": round(time.monotonic() - started, 1),
        "passed": outcomes.count("passed"),
        "failed": outcomes.count("failed"),
        "skipped": outcomes.count("skipped"),
        "counted": {test["test"]: test["counts"] for test in tests if "counts" in test},
        "not_passed": [test["test"] for test in tests if test["outcome"] != "passed"],
    }


def _tree() -> dict[str, Any]:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    return {
        "commit": git("rev-parse", "HEAD"),
        "changed": git("status", "--porcelain"),
        "python": sys.version.split()[0],
        "seed": "hypothesis derandomized in make test; full counts use random seeds printed on failure",
    }


def _previous(tree: dict[str, Any]) -> dict[str, Any]:
    if REPORT.exists():
        report: dict[str, Any] = json.loads(REPORT.read_text())
        if {key: report.get(key) for key in tree} == tree:
            return report
    return tree | {"areas": {}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
