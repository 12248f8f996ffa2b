"""可回溯: a run is computed again where only manifest, inputs and code are, and compared byte for byte."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.errors import REPRODUCE_FAILED
from analytics.inputs.frozen import FOLDER
from analytics.reports import environment, manifest
from kernel import canonical

_SECONDS = 900
_PACKAGES = ("analytics", "kernel")
# -I keeps the environment and user site out; the code folder is put in front of everything installed
_START = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from analytics.reports import rerun
sys.stdout.write(rerun.main(Path.cwd()) + chr(10))
"""


@dataclass(frozen=True)
class Reproduction:
    """What came out: equality of every artefact and figure, and what differs in the environment."""

    run_id: str
    run_root: str
    new_root: str
    files: dict[str, bool]
    figures_equal: bool
    differing_figures: tuple[str, ...]
    environment: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """True when every byte of every artefact and of the manifest came out the same."""
        return self.run_root == self.new_root and all(self.files.values())

    @property
    def passed(self) -> bool:
        """Byte-identical; or, in another environment, every figure equal (differing files are listed)."""
        return self.identical or (bool(self.environment) and self.figures_equal)

    def as_json(self) -> dict[str, Any]:
        """Return the result for the CLI."""
        return {**vars(self), "identical": self.identical, "passed": self.passed}


def reproduce(folder: Path, run_root: str) -> Reproduction:
    """Recompute the run of ``folder`` in a fresh process and an empty folder; raise when that process fails."""
    old = manifest.read(folder)
    with tempfile.TemporaryDirectory(prefix="mulian-reproduce-") as name:
        place = Path(name)
        run, code = place / "run", place / "code"
        _lay_out(folder, run, code)
        new_root = _rerun(old["run_id"], run, code)
        new = manifest.read(run)
        names = [item["name"] for item in old["outputs"]] + [manifest.MANIFEST]
        differing = _differing(folder, run)
        return Reproduction(
            old["run_id"], run_root, new_root, manifest.same_bytes(folder, run, names), not differing, differing,
            _changed(old["environment"], new["environment"]),
        )


def _lay_out(folder: Path, run: Path, code: Path) -> None:
    shutil.copytree(folder / FOLDER, run / FOLDER)
    shutil.copyfile(folder / manifest.MANIFEST, run / manifest.MANIFEST)
    ignore = shutil.ignore_patterns("__pycache__")
    for package in _PACKAGES:
        shutil.copytree(environment.ROOT / package, code / package, ignore=ignore)
    lock = environment.ROOT / environment.LOCK
    if lock.is_file():
        shutil.copyfile(lock, code / environment.LOCK)


def _rerun(run_id: str, run: Path, code: Path) -> str:
    env = {"PATH": os.defpath, "HOME": str(run.parent), "TZ": "UTC", "LANG": "C.UTF-8", "MPLCONFIGDIR": str(run.parent)}
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", _START, str(code)], cwd=run, env=env, capture_output=True, text=True,
        timeout=_SECONDS, check=False,
    )
    if done.returncode:
        raise REPRODUCE_FAILED(run=run_id, reason=(done.stderr.strip().splitlines() or ["?"])[-1])
    return done.stdout.strip().splitlines()[-1]


def _differing(left: Path, right: Path) -> tuple[str, ...]:
    """Return the keys of figures that are not equal, whatever the bytes of the file are."""
    old, new = (_figures(folder / "figures.json") for folder in (left, right))
    return tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)))


def _figures(path: Path) -> dict[str, Any]:
    try:
        return {figure["key"]: figure for figure in canonical.loads(path.read_bytes().rstrip(b"\n"))}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _changed(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)))
