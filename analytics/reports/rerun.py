"""Recomputes a run in a fresh process: ``python -m analytics.reports.rerun`` inside a folder that holds only
``manifest.json``, ``inputs/`` and the code. Prints the new manifest's root on its last line.
"""

import sys
from pathlib import Path

from analytics.reports import manifest
from analytics.reports.build import build
from analytics.reports.header import Header


def main(folder: Path) -> str:
    """Rebuild the artefacts of ``folder`` from its manifest and inputs, and return the new run root."""
    old = manifest.read(folder)
    basis = build(folder, Header.from_json(old), old["inputs"], lambda message: None)
    return manifest.write(folder, basis)


if __name__ == "__main__":
    sys.stdout.write(main(Path.cwd()) + "\n")
