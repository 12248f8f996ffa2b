"""The demo, whole, at small counts: every step checks itself; here its artefacts are looked at from outside."""

import json
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kernel.errors import MulianError
from kernel.settings import Settings
from mulian.demo.run import STEPS, run
from mulian.demo.world import Size
from tests.support.scale import Scale

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "beijing_open_data_listing.xlsx"


@pytest.mark.requirement("S4-01", "S4-08", "S4-13", "S4-14", "S4-24", "S4-25", "S4-27")
def test_the_whole_path(tmp_path: Path, scale: Scale) -> None:
    home = tmp_path / "home"
    listing = REAL if scale.full and REAL.is_file() else None
    size = Size(scale.of(600, 10_000), scale.of(60, 1_000))
    steps = run(Settings(home=home), listing, size)
    assert steps.ok, steps.rows
    assert [row["name"] for row in steps.rows] == [name for name, _, _ in STEPS]
    counts = steps.counts
    assert counts["anchored"] == counts["published"] + counts["linked"] == counts["proven"]
    if listing is not None:
        assert steps.counts["imported"] == 4432
    _proofs_verify(home / "demo", steps.counts["proven"])
    _credentials(home / "demo" / "credentials.json")
    _nothing_twice(home)
    with pytest.raises(MulianError) as caught:
        run(Settings(home=home), None, size)
    assert caught.value.code == "mulian.demo.not_fresh"


def _proofs_verify(folder: Path, count: int) -> None:
    """Exit 0 with the trust file; with another installation's trust file nothing is authenticated."""
    verifier = ROOT / "chain" / "anchoring" / "verify_proof.py"

    def verify(trust: Path) -> int:
        arguments = [sys.executable, "-I", "-S", str(verifier), str(folder / "proofs"), "--trust", str(trust)]
        return subprocess.run(arguments, cwd="/", capture_output=True, check=False).returncode

    assert len(list((folder / "proofs").glob("*.proof.json"))) == count
    assert verify(folder / "trust.json") == 0
    other = json.loads((folder / "trust.json").read_text())
    other["chain_id"] += 1
    foreign = folder / "foreign-trust.json"
    foreign.write_text(json.dumps(other, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
    assert verify(foreign) in (1, 3)


def _credentials(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    roles = {entry["role"] for entry in json.loads(path.read_text())}
    assert len(roles) == 12


def _nothing_twice(home: Path) -> None:
    """Read with plain SQL: every leaf has one place in its tree, every batch one transaction."""
    with sqlite3.connect(f"file:{home}/mulian.db?mode=ro", uri=True) as database:
        grouped = 'SELECT stream, epoch, "index", count(*) FROM anchor_leaf GROUP BY 1, 2, 3'
        places = database.execute(grouped).fetchall()
        assert all(count == 1 for *_, count in places)
        batches = database.execute("SELECT tx_hash, count(*) FROM anchor_batch GROUP BY 1").fetchall()
        assert all(count == 1 for _, count in batches)
