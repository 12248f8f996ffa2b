"""``make bench``: run every benchmark module (or those whose name contains an argument) and collect their JSON.

A module ``bench/NAME.py`` has ``run() -> dict`` with at least ``{"rows": [{"name", "ratio", "unit", …}]}``, or
``{"skipped": "why"}`` where its rival is not on this machine.
"""

import importlib
import json
import os
import platform
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"


def main(wanted: list[str]) -> int:
    """Run the benchmarks and write ``bench/results/NAME.json``."""
    RESULTS.mkdir(exist_ok=True)
    names = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
    for name in names:
        if wanted and not any(word in name for word in wanted):
            continue
        print(f"== {name}", flush=True)
        result = importlib.import_module(f"bench.{name}").run()
        result["machine"] = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1, default=str) + "\n")
        print(json.dumps(result.get("rows", result), ensure_ascii=False, indent=1, default=str), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
