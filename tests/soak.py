"""``make soak``: hours of the durability and property tests at full counts with fresh seeds, until the time is over.

Every round writes a line; the first failing round ends the run with its log, so that the seed can be found again.
"""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MATTER = "kill or crash or random or property or interleav or restart or lost"


def main(hours: float) -> int:
    """Run rounds for ``hours``; return 1 at the first failure."""
    end, number = time.monotonic() + hours * 3600, 0
    while time.monotonic() < end:
        number += 1
        started, seed = time.monotonic(), secrets.randbelow(2**32)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-k", MATTER, f"--hypothesis-seed={seed}", "-p", "no:cacheprovider"],
            cwd=ROOT, env=os.environ | {"MULIAN_TEST_SIZE": "prove"}, capture_output=True, text=True, check=False,
        )
        last = done.stdout.strip().splitlines()[-1:] or ["no output"]
        print(f"round {number}, seed {seed}: {last[0]} ({time.monotonic() - started:.0f} s)", flush=True)
        if done.returncode != 0:
            print(done.stdout[-20_000:])
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(float(os.environ.get("HOURS", "1"))))
