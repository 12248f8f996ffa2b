"""``make bench``: run every benchmark module (or those whose name contains an argument) and collect their JSON.

A module ``bench/NAME.py`` has ``run() -> dict`` with at least ``{"rows": [{"name", "ratio", "unit", …}]}``, or
``{"skipped": "why"}`` where its rival is not on this machine. Each runs in a process of its own, so that peak
memory and imports are its own, and one that fails does not keep the others from running.
"""

import gc
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from mulian.cli import GARBAGE_THRESHOLDS

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"
ALONE = "--alone"


def main(wanted: list[str]) -> int:
    """Run the benchmarks and write ``bench/results/NAME.json``; non-zero if one failed."""
    if wanted[:1] == [ALONE]:
        alone(wanted[1])
        return 0
    RESULTS.mkdir(exist_ok=True)
    names = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
    failed = []
    for name in names:
        if wanted and not any(word in name for word in wanted):
            continue
        print(f"== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run([sys.executable, "-m", "bench", ALONE, name], cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
        print(f"-- {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def alone(name: str) -> None:
    """Run one benchmark in this process, whose garbage is collected as the command's is."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    result = importlib.import_module(f"bench.{name}").run()
    result["machine"] = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1, default=str) + "\n")
    print(json.dumps(result.get("rows", result), ensure_ascii=False, indent=1, default=str), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
