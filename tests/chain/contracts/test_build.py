"""The committed build output is what the compiler makes of the sources."""

import json
import shutil
from pathlib import Path

import pytest

from contracts_sc import artifacts, build
from kernel.digest import sha256_hex
from tests.support import closing


@pytest.mark.engine("node")
def test_a_rebuild_gives_the_committed_bytes(tmp_path: Path) -> None:
    if build.find_node() is None or shutil.which("npm") is None:
        closing.missing("node")
        pytest.skip("no node and npm on this machine")
    try:
        modules = build.install(tmp_path)
    except Exception as error:  # no registry and no cache: the compiler cannot be had here
        closing.missing("solc (npm)")
        pytest.skip(f"npm could not install the pinned compiler: {error}")
    for name, data in build.build(modules).items():
        assert (build.BUILD / name).read_bytes() == data, f"{name}: run python -m contracts_sc.build --write"


def test_digests_name_every_source_and_the_sources_are_those_beside_them() -> None:
    digests = json.loads((build.BUILD / "digests.json").read_bytes())
    for name in ("input.json", "output.json"):
        assert digests[name] == sha256_hex((build.BUILD / name).read_bytes())
    sources = json.loads((build.BUILD / "input.json").read_bytes())["sources"]
    for unit, source in sources.items():
        assert digests[unit] == sha256_hex(source["content"].encode())
    for path in (build.HERE / "src").glob("*.sol"):
        assert sources[f"src/{path.name}"]["content"] == path.read_text("utf-8"), "a source changed without a build"
    assert set(digests) == {"input.json", "output.json", *sources}


def test_a_damaged_output_is_not_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("output.json", "digests.json"):
        (tmp_path / name).write_bytes((build.BUILD / name).read_bytes())
    (tmp_path / "output.json").write_bytes((tmp_path / "output.json").read_bytes().replace(b"6080", b"6081", 1))
    monkeypatch.setattr(artifacts, "_BUILD", tmp_path)
    artifacts.artifact.cache_clear()
    with pytest.raises(ValueError, match="digest"):
        artifacts.artifact("AnchorRegistry")
    artifacts.artifact.cache_clear()


def test_the_lock_names_no_registry() -> None:
    text = (build.HERE / "package-lock.json").read_text()
    assert '"resolved"' not in text and '"integrity"' in text


@pytest.mark.pure
def test_storage_of_the_immutable_registry_is_where_proofs_look_for_it() -> None:
    layout = {item["label"]: item["slot"] for item in artifacts.artifact("AnchorRegistry").storage_layout["storage"]}
    assert layout == {"_roles": "0", "_heads": "1", "_records": "2"}
    assert artifacts.artifact("AnchorRegistry").immutables == {}
