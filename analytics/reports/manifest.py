"""The manifest: what a run was made from and what it gave. Its SM3 is the run root, which is anchored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.reports.basis import ARTIFACTS, Basis
from kernel import canonical
from kernel.digest import sha256_hex, sm3_hex
from kernel.files_atomic import write_atomic

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Finding:
    """Something that does not agree: which file, and what about it."""

    file: str
    problem: str


def write(folder: Path, basis: Basis) -> str:
    """Write ``manifest.json`` over the artefacts in ``folder`` and return the run root."""
    outputs = [_entry(folder, name, media) for name, media in ARTIFACTS]
    data = canonical.dumps(
        {
            **basis.header.as_json(), "environment": basis.environment, "input_root": basis.input_root,
            "inputs": list(basis.inputs), "outputs": outputs,
        }
    )
    write_atomic(folder / MANIFEST, data)
    return sm3_hex(data)


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run's folder; ValueError where it is not canonical JSON."""
    data: dict[str, Any] = canonical.loads((folder / MANIFEST).read_bytes())
    return data


def verify(folder: Path, run_root: str) -> list[Finding]:
    """Return every disagreement between the files of a run, its manifest and its root; none is a pass.

    The manifest is trusted only where its SM3 is ``run_root``; files that it does not name are findings too.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return [Finding(MANIFEST, "缺失 missing")]
    found = []
    if sm3_hex(path.read_bytes()) != run_root:
        found.append(Finding(MANIFEST, "与运行根不符 differs from the run root"))
    try:
        manifest = read(folder)
        entries = [*((item["file"], item) for item in manifest["inputs"]),
                   *((item["name"], item) for item in manifest["outputs"])]
    except (ValueError, KeyError, TypeError):
        return [*found, Finding(MANIFEST, "无法解析 cannot be read")]
    found += [finding for name, item in entries for finding in _check(folder, name, item)]
    return found + _unknown(folder, {MANIFEST, *(name for name, _ in entries)})


def same_bytes(left: Path, right: Path, names: Sequence[str]) -> dict[str, bool]:
    """Tell for each file whether both folders hold the same bytes."""
    return {name: _bytes(left / name) == _bytes(right / name) is not None for name in names}


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _entry(folder: Path, name: str, media: str) -> dict[str, Any]:
    data = (folder / name).read_bytes()
    return {"name": name, "media_type": media, "bytes": len(data), "sha256": sha256_hex(data), "sm3": sm3_hex(data)}


def _check(folder: Path, name: str, item: dict[str, Any]) -> Iterable[Finding]:
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        return [Finding(name, "路径越界 path leaves the run")]
    if not place.is_file():
        return [Finding(name, "缺失 missing")]
    data = place.read_bytes()
    if (len(data), sha256_hex(data), sm3_hex(data)) != (item.get("bytes"), item.get("sha256"), item.get("sm3")):
        return [Finding(name, "内容与清单不符 content differs from the manifest")]
    return []


def _unknown(folder: Path, known: set[str]) -> list[Finding]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [Finding(name, "清单未列 not in the manifest") for name in names if name not in known]
