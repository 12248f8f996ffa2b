"""A part of an installation as a fork of the supervisor."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mulian import fork

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_a_part_that_raises_ends_with_1_and_has_no_files_but_its_log_and_the_one_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def part(arguments: Sequence[str]) -> int:
        print(*arguments, os.environ["SEEN"], [number for number in range(3, 1024) if _is_open(number)])
        raise RuntimeError("a broken part")

    monkeypatch.setattr(fork, "_main", part)
    # pytest's own stand-ins write to files that a part must not have
    monkeypatch.setattr(sys, "stdout", open(1, "w", closefd=False))
    monkeypatch.setattr(sys, "stderr", open(2, "w", closefd=False))
    (kept, end), log = os.pipe(), tmp_path / "log"
    with log.open("ab") as out:
        process = fork.start("part", ["worker"], {"SEEN": "yes"}, out, kept)
    assert process.wait(20) and process.poll() == 1
    first, *trace = log.read_text().splitlines()
    assert first == f"worker yes [{kept}]" and "RuntimeError: a broken part" in trace
    assert "SEEN" not in os.environ
    for number in (kept, end):
        os.close(number)


def test_what_is_preloaded_leaves_the_stack_its_limit() -> None:
    """With the EVM's limit a deeply nested JSON file would end the API's process instead of being refused."""
    code = "import json; from mulian import fork; fork.preload(); json.loads('[' * 100_000)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "RecursionError" in done.stderr


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
