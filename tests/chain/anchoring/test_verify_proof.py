"""verify_proof.py as a reader of proofs uses it: valid ones only 0, anything touched or forged never 0."""

import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import coincurve
import pytest

from chain.anchoring import verify_proof as v
from crypto.sm import sm2
from kernel import canonical
from tests.chain.anchoring.worlds import World, encode

RECORDS = [{"code": f"XC-{number:04d}", "name": "名录𝄞", "level": number, "open": True} for number in range(9)]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def proofs(world: World) -> list[bytes]:
    return world.proofs(RECORDS)


def changed(proof: bytes, *path: Any, value: Any) -> bytes:
    """The proof with one field replaced, canonical again."""
    whole = canonical.loads(proof.rstrip())
    at = whole
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return encode(whole)


def test_a_valid_proof_is_authenticated(world: World, proofs: list[bytes]) -> None:
    for index, proof in enumerate(proofs):
        result = v.verify(proof, world.trust())
        assert (result.status, result.reasons, result.exit_code) == ("authenticated", (), 0)
        assert result.facts["index"] == index and result.facts["size"] == len(RECORDS)
        assert result.facts["object"] == {"type": "data_entry", "id": f"E{index}", "version": 1}
        assert result.facts["sealer"] == "0x" + world.sealer_address.hex()


def test_without_trust_it_is_only_consistent(proofs: list[bytes]) -> None:
    assert v.verify(proofs[0], None).exit_code == 3


def test_any_flipped_byte_is_never_authenticated(world: World, proofs: list[bytes], scale: Any) -> None:
    verifier = v.Verifier(v.Trust(world.trust()))
    proof = proofs[3]
    picked = random.Random(7).sample(range(len(proof)), scale.of(250, len(proof)))
    for at in picked:
        for mask in (0x01, 0x20) if scale.of(0, 1) else (0x01,):
            touched = proof[:at] + bytes([proof[at] ^ mask]) + proof[at + 1 :]
            assert verifier.verify(touched).exit_code == 1, (at, touched[max(0, at - 20) : at + 20])


def test_removed_and_added_bytes_are_refused(world: World, proofs: list[bytes]) -> None:
    trust, proof = world.trust(), proofs[0]
    for other in (proof[:-1], proof + b"\n", b" " + proof, proof[:-2] + b" }\n", proof[:50], b"", proof + proof):
        assert v.verify(other, trust).exit_code == 1


def test_one_byte_form_only(world: World, proofs: list[bytes]) -> None:
    value = json.loads(proofs[0])
    for text in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value, separators=(",", ":"))):
        assert v.verify(text.encode() + b"\n", world.trust()).reasons == ("not_canonical",)


@pytest.mark.parametrize("path", [
    ("record", "code"), ("object", "id"), ("object", "type"), ("salt",), ("checkpoint", "time"),
    ("checkpoint", "origin"), ("checkpoint", "stream"), ("checkpoint", "root"), ("checkpoint", "signature"),
    ("checkpoint", "key"), ("path", 0), ("chain", "header"), ("chain", "sealer"), ("chain", "receipt", 0), ("format",),
])  # fmt: skip
def test_every_text_field_is_bound(world: World, proofs: list[bytes], path: tuple[Any, ...]) -> None:
    at = canonical.loads(proofs[2].rstrip())
    for step in path:
        at = at[step]
    for value in (at[:-1] + ("0" if at[-1] != "0" else "1"), at.upper() + "A", at + "00", "", None, 5, [at], {"a": at}):
        assert v.verify(changed(proofs[2], *path, value=value), world.trust()).exit_code == 1


@pytest.mark.parametrize("path", [("index",), ("checkpoint", "size"), ("object", "version"), ("chain", "transaction")])
def test_every_number_is_bound(world: World, proofs: list[bytes], path: tuple[Any, ...]) -> None:
    for value in (0, 1, 3, 4, 10, 2**40, -1, True, None, "2"):
        other = changed(proofs[2], *path, value=value)
        if other != proofs[2]:
            assert v.verify(other, world.trust()).exit_code == 1, value


def test_extra_or_missing_fields_are_refused(world: World, proofs: list[bytes]) -> None:
    for path in (("note",), ("checkpoint", "note"), ("chain", "note"), ("object", "note")):
        assert v.verify(changed(proofs[0], *path, value="free text"), world.trust()).exit_code == 1
    whole = json.loads(proofs[0])
    for key in whole:
        less = {name: value for name, value in whole.items() if name != key}
        assert v.verify(encode(less), world.trust()).exit_code == 1


def test_fields_of_two_valid_proofs_do_not_mix(world: World, proofs: list[bytes]) -> None:
    one, two = json.loads(proofs[0]), json.loads(proofs[5])
    other_batch = json.loads(world.proofs(RECORDS[:3])[0])
    for donor in (two, other_batch):
        for key in one:
            if donor[key] != one[key]:
                assert v.verify(encode(one | {key: donor[key]}), world.trust()).exit_code == 1, key


FORGERIES: dict[str, dict[str, Any]] = {
    "everything own": {
        "sealer": coincurve.PrivateKey(), "checkpoint": sm2.generate()[0], "registry": b"\x66" * 20,
        "genesis": b"\x66" * 32, "chain_id": 4,
    },
    "own sealer": {"sealer": coincurve.PrivateKey()},
    "own checkpoint key": {"checkpoint": sm2.generate()[0]},
    "own registry": {"registry": b"\x66" * 20},
    "own genesis": {"genesis": b"\x66" * 32},
    "own chain id": {"chain_id": 4},
    "own block and checkpoint, true names": {
        "sealer": coincurve.PrivateKey(), "checkpoint": sm2.generate()[0],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_consistently_forged_proof_is_not_authenticated(world: World, name: str) -> None:
    """The forger recomputes record, tree, receipt, trie, block, seal and checkpoint; only keys are not his."""
    forger = replace(world, **FORGERIES[name])
    forged = forger.proofs([{"code": "XC-0003", "name": "forged"}])[0]
    assert v.verify(forged, forger.trust()).exit_code == 0
    assert v.verify(forged, world.trust()).exit_code == 3


def test_forging_one_layer_and_keeping_the_true_ones_is_invalid(world: World, proofs: list[bytes]) -> None:
    """Own upper layers over true lower ones, and the other way round."""
    forger = replace(world, sealer=coincurve.PrivateKey(), checkpoint=sm2.generate()[0])
    true, forged = json.loads(proofs[0]), json.loads(forger.proofs([{"code": "forged"}, *RECORDS[1:]])[0])
    layers = [("record", "salt"), ("record", "salt", "path"), ("checkpoint",), ("chain",), ("path", "checkpoint")]
    layers += [("record", "salt", "path", "checkpoint"), ("record", "salt", "path", "chain")]
    for layer in layers:
        mixed = true | {key: forged[key] for key in layer}
        assert v.verify(encode(mixed), world.trust()).exit_code == 1, layer


def test_seals_outside_the_range_are_not_authenticated(world: World) -> None:
    proof = world.proofs(RECORDS[:1])[0]
    address = "0x" + world.sealer_address.hex()
    entry = {"engine": "mulian-poa", "addresses": [address]}
    assert v.verify(proof, world.trust(sealers=[{**entry, "from": 1, "to": 1}])).exit_code == 0
    assert v.verify(proof, world.trust(sealers=[{**entry, "from": 2, "to": None}])).exit_code == 3
    assert v.verify(proof, world.trust(sealers=[{**entry, "from": 0, "to": 0}])).exit_code == 3
    assert v.verify(proof, world.trust(sealers=[])).exit_code == 3


def test_a_failed_transaction_or_a_foreign_event_is_invalid(world: World) -> None:
    for wrong in ("status", "emitter"):
        forger = WrongReceipt(**vars(world))
        forger.wrong = wrong
        result = v.verify(forger.proofs(RECORDS[:1])[0], world.trust())
        assert result.exit_code == 1


class WrongReceipt(World):
    """A sealer that is honest about the block but whose receipt does not show a successful anchor call."""

    wrong = ""

    def evidence(self, size: int, root: bytes, **more: Any) -> dict[str, Any]:
        if self.wrong == "emitter":
            return super(WrongReceipt, replace(self, registry=b"\x55" * 20)).evidence(size, root, **more)
        return super().evidence(size, root, status=b"", **more)


def test_hostile_input_is_only_invalid(world: World) -> None:
    trust = v.Trust(world.trust())
    for data in (b"[" * 100_000 + b"\n", b"null\n", b"1\n", b'{"format":"mulian-proof-1"}\n', b"\xff\xfe\n",
        bytes(5 << 20)):
        assert v.Verifier(trust).verify(data).exit_code == 1


def test_trust_is_canonical_too(world: World) -> None:
    trust = world.trust()
    assert v.Trust(trust).fingerprint == v.sm3(trust).hex()
    for wrong in (trust[:-1], trust.replace(b":0,", b":0 ,"), world.trust(engine="x"), world.trust(registry="0xAB")):
        with pytest.raises(v.Invalid):
            v.Trust(wrong)


@pytest.fixture
def alone(tmp_path: Path, world: World, proofs: list[bytes]) -> Path:
    """An empty folder with a copy of the one file, the proofs and the trust file."""
    shutil.copy(v.__file__, tmp_path / "verify_proof.py")
    (tmp_path / "trust.json").write_bytes(world.trust())
    for number, proof in enumerate(proofs):
        (tmp_path / f"{number}.proof.json").write_bytes(proof)
    return tmp_path


def run(folder: Path, *arguments: str, network: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "verify_proof.py", *arguments]
    if not network:
        code = (
            "import socket,sys,runpy\n"
            "def no(*a, **k): raise AssertionError('network used')\n"
            "socket.socket = socket.create_connection = socket.getaddrinfo = no\n"
            "sys.argv = sys.argv[1:]\n"
            "runpy.run_path('verify_proof.py', run_name='__main__')"
        )
        command = [sys.executable, "-I", "-S", "-c", code, "verify_proof.py", *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, encoding="utf-8", check=False)


def test_command_line(alone: Path, world: World) -> None:
    fine = run(alone, "0.proof.json", "1.proof.json", "--trust", "trust.json", network=False)
    assert fine.returncode == 0, fine.stderr
    assert "已认证" in fine.stdout and v.Trust(world.trust()).fingerprint in fine.stdout
    folder = run(alone, ".", "--trust", "trust.json", "--json")
    report = json.loads(folder.stdout)
    assert folder.returncode == 0 and report["summary"]["counts"]["authenticated"] == len(RECORDS)
    assert report["proofs"][4]["facts"]["index"] == 4
    assert run(alone, "0.proof.json").returncode == 3
    (alone / "bad.proof.json").write_bytes(b"{}\n")
    assert run(alone, ".", "--trust", "trust.json").returncode == 1
    assert run(alone, "missing.proof.json", "--trust", "trust.json").returncode == 1
    assert run(alone, "0.proof.json", "--trust", "bad.proof.json").returncode == 2
    (alone / "none").mkdir()
    assert run(alone, "none", "--trust", "trust.json").returncode == 1


def test_standard_library_only() -> None:
    import ast

    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(Path(v.__file__).read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_pure_sm3_verifies_too(alone: Path) -> None:
    """An interpreter whose hashlib has no SM3 gives the same answers."""
    code = (
        "import hashlib,sys,runpy\n"
        "def new(name, *a): raise ValueError(name)\n"
        "hashlib.new = new\n"
        "sys.argv = ['verify_proof.py', '.', '--trust', 'trust.json']\n"
        "runpy.run_path('verify_proof.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=alone, env={}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_many_proofs_share_their_block(world: World, scale: Any) -> None:
    """4,432 proofs in one call take less than 20 s on one core (here: the verifier alone)."""
    import time

    count = scale.of(1000, 4432)
    many = world.proofs([{"code": f"XC-{number}", "name": "目录"} for number in range(count)])
    verifier = v.Verifier(v.Trust(world.trust()))
    start = time.process_time()
    assert all(verifier.verify(proof).exit_code == 0 for proof in many)
    assert time.process_time() - start < 20 * count / 4432
