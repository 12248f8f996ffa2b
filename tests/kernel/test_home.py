"""The home: refusals that say what to do, exclusive locks that end with their process, atomic files."""

import subprocess
import sys
from pathlib import Path

import pytest

from kernel import home as homes
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.settings import Settings
from mulian import wiring

ROOT = Path(__file__).resolve().parents[2]


def refused(place: Home) -> MulianError:
    with pytest.raises(MulianError) as caught:
        place.prepare()
    assert caught.value.fix("zh") and caught.value.fix("en")
    return caught.value


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert refused(Home(file / "home")).code == "kernel.home.not_writable"


def test_a_full_disk_and_a_network_file_system(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Home, "free_bytes", lambda self: 1024)
    assert refused(home).code == "kernel.home.full"
    monkeypatch.setattr(homes, "filesystem_kind", lambda path: "nfs4")
    assert refused(home).code == "kernel.home.network"


def test_a_folder_that_is_no_home_yet(tmp_path: Path) -> None:
    with pytest.raises(MulianError) as caught:
        wiring.open_runtime(Settings(home=tmp_path / "nothing"))
    assert caught.value.code == "kernel.home.missing" and "mulian init" in caught.value.fix("zh")


def test_keys_are_private(home: Home) -> None:
    for folder in (home.keys_dir, home.service_keys_dir, home.data_keys_dir):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_lock_is_exclusive_names_its_holder_and_ends_with_it(home: Home) -> None:
    code = """
import sys
from kernel.home import Home
with Home(sys.argv[1]).lock("x"):
    print("held", flush=True)
    input()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(MulianError) as caught, home.lock("x"):
        pass
    assert caught.value.params["holder"] == f"pid {holder.pid}"
    holder.kill()
    holder.wait()
    with home.lock("x"):
        pass


def test_the_file_system_of_a_path_is_found() -> None:
    assert homes.filesystem_kind(Path("/proc/self")) == "proc"


def test_an_atomic_write_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "f"
    write_atomic(target, b"old", mode=0o600)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("cut here")))
    with pytest.raises(OSError, match="cut here"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old" and target.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
