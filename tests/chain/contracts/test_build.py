"""The committed build output is what the compiler makes of the sources."""

import json
import shutil
from pathlib import Path

import pytest

from contracts_sc import artifacts, build
from kernel.digest import sha256_hex
from tests.chain.contracts import upgrades
from tests.support import closing
from tests.support.scale import Scale


@pytest.mark.engine("node")
def test_a_rebuild_gives_the_committed_bytes(tmp_path: Path, scale: Scale) -> None:
    if build.find_node() is None or shutil.which("npm") is None:
        closing.missing("node")
        pytest.skip("no node and npm on this machine")
    try:
        modules = build.install(tmp_path)
    except Exception as error:  # no registry and no cache: the compiler cannot be had here
        closing.missing("solc (npm)")
        pytest.skip(f"npm could not install the pinned compiler: {error}")
    if not scale.full:
        # the compiler takes ten seconds for all: here one, whose sources and package are those of all
        units = {"KeyRotationLog": build.UNITS["KeyRotationLog"]}
        made = build.compile_input(build.standard_input(modules, units), modules)["contracts"]
        committed = json.loads((build.BUILD / "output.json").read_bytes())["contracts"]
        unit = units["KeyRotationLog"]
        for part in ("abi", "evm"):
            assert made[unit]["KeyRotationLog"][part] == committed[unit]["KeyRotationLog"][part]
        return
    for name, data in build.build(modules).items():
        assert (build.BUILD / name).read_bytes() == data, f"{name}: run python -m contracts_sc.build --write"
    assert upgrades.build(modules) == upgrades.FILE.read_bytes(), "run python -m tests.chain.contracts.upgrades"


def test_digests_name_every_source_and_the_sources_are_those_beside_them() -> None:
    digests = json.loads((build.BUILD / "digests.json").read_bytes())
    for name in ("input.json", "output.json"):
        assert digests[name] == sha256_hex((build.BUILD / name).read_bytes())
    sources = json.loads((build.BUILD / "input.json").read_bytes())["sources"]
    for path in (build.HERE / "src").glob("*.sol"):
        text = path.read_text("utf-8")
        assert sources[f"src/{path.name}"] == {"content": text}, "a source changed without a build"
        assert digests[f"src/{path.name}"] == sha256_hex(text.encode())
    assert set(digests) == {"input.json", "output.json", "compiled-input.json", *sources}


def test_sources_of_others_are_named_and_not_held() -> None:
    sources = json.loads((build.BUILD / "input.json").read_bytes())["sources"]
    locked = json.loads((build.HERE / "package-lock.json").read_text())["packages"]
    version = locked["node_modules/@openzeppelin/contracts"]["version"]
    foreign = {unit: source for unit, source in sources.items() if not unit.startswith("src/")}
    assert "@openzeppelin/contracts/access/AccessControl.sol" in foreign
    for unit, source in foreign.items():
        inside = unit.removeprefix("@openzeppelin/contracts/")
        assert set(source) == {"keccak256", "urls"} and len(source["keccak256"]) == 66
        assert source["urls"] == [f"npm:@openzeppelin/contracts@{version}/{inside}"]


def test_the_registry_of_existing_installations_keeps_its_code() -> None:
    # proofs name its address, and a deployment compares code: these bytes are what installations have
    built = artifacts.artifact("AnchorRegistry")
    assert built.code_hash == "cfbd8b0d8eb825c5e2a2dc7b8124878dd607d4705a5ee5dfd48c3ee52b134eff"
    assert len(built.creation) == 3_425


def test_every_contract_has_code_below_the_limit_and_an_unknown_one_is_named() -> None:
    for name in build.UNITS:
        built = artifacts.artifact(name)
        # EIP-170 and EIP-3860
        assert 0 < len(built.runtime) <= 24_576 and len(built.creation) <= 49_152
        assert set(built.immutables) <= set(built.immutable_names)
    with pytest.raises(KeyError, match="Nobody"):
        artifacts.artifact("Nobody")


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
