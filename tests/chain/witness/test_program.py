"""A witness with real files: what it signs, what it refuses, what it keeps; kill -9 between storing and signing."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chain.anchoring import rules as anchoring
from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from chain.witness.program import commands, service
from chain.witness.program.service import Witness
from chain.witness.program.store import Store
from chain.witness.rules import Checkpoint, Request
from crypto.sm import sm2
from kernel.errors import MulianError
from tests.chain.anchoring.test_kill import in_child
from tests.chain.anchoring.worlds import World


class Platform:
    """Whoever holds the platform's checkpoint key: it may sign anything."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ask(self, tree: Tree, size: int, old: int, *, time: int = 5, **changes: Any) -> bytes:
        fields = {"origin": self.world.origin, "stream": "catalog", "size": size, "root": tree.root(size),
                  "time": f"2026-11-21T03:04:{time:02d}.000006Z", "key": sm2.public_of(self.world.checkpoint)} | changes
        point = Checkpoint(**fields, signature=bytes(64))
        signed = Checkpoint(**fields, signature=sm2.sign(self.world.checkpoint, point.body()))
        return Request(signed, old, tree.consistency(old, size) if 0 < old <= size else []).as_bytes()


def tree(size: int, changed: int | None = None) -> Tree:
    grown = Tree(MemoryTiles())
    grown.append([leaf_hash(b"forged" if at == changed else bytes([at])) for at in range(size)])
    return grown


TRUE, FORGED = tree(40), tree(40, changed=2)


@pytest.fixture
def platform() -> Platform:
    return Platform(World())


@pytest.fixture
def witness(tmp_path: Path, platform: Platform) -> Witness:
    return service.init(tmp_path / "witness", name="审计局", trust=platform.world.trust())


def refused(witness: Witness, data: bytes) -> MulianError:
    with pytest.raises(MulianError) as caught:
        witness.cosign(data)
    return caught.value


def test_it_signs_what_continues(witness: Witness, platform: Platform) -> None:
    for size, old in ((5, 0), (5, 5), (17, 5), (40, 17)):
        answer = witness.cosign(platform.ask(TRUE, size, old))
        body = anchoring.cosignature_bytes(
            platform.world.origin, "catalog", size, TRUE.root(size), "2026-11-21T03:04:05.000006Z", answer.time
        )
        sm2.verify(witness.key, body, answer.signature)
    assert [row["size"] for row in witness.status()["streams"]] == [40]
    again = Witness(witness.root)
    assert again.key == witness.key and again.status() == witness.status()


def test_it_refuses_another_history_and_keeps_the_evidence(witness: Witness, platform: Platform) -> None:
    witness.cosign(platform.ask(TRUE, 5, 0))
    witness.cosign(platform.ask(TRUE, 17, 5))
    for size, old in ((17, 17), (40, 17), (5, 0)):
        assert refused(witness, platform.ask(FORGED, size, old)).code == "chain.witness.inconsistent"
    evidence = [json.loads(path.read_text()) for path in sorted((witness.root / "conflicts").iterdir())]
    assert len(evidence) == 3
    for case in evidence:
        for point in (case["known"], case["refused"]["checkpoint"]):  # both are signed by the platform
            body = anchoring.checkpoint_bytes(
                point["origin"], point["stream"], point["size"], bytes.fromhex(point["root"]), point["time"]
            )
            sm2.verify(bytes.fromhex(point["key"]), body, bytes.fromhex(point["signature"]))
    assert refused(witness, platform.ask(TRUE, 9, 5)).params["size"] == 17
    assert witness.cosign(platform.ask(TRUE, 40, 17)).size == 40, "a refusal does not stop the true history"


def test_it_knows_one_platform(witness: Witness, platform: Platform, tmp_path: Path) -> None:
    stranger = Platform(World())
    assert refused(witness, stranger.ask(TRUE, 5, 0)).code == "chain.witness.foreign"
    assert refused(witness, platform.ask(TRUE, 5, 0, origin=stranger.world.origin)).params["reason"] == "origin"
    other_key = platform.ask(TRUE, 5, 0, key=sm2.public_of(stranger.world.checkpoint))
    assert refused(witness, other_key).params["reason"] == "key"
    whole = json.loads(platform.ask(TRUE, 5, 0))
    whole["checkpoint"]["size"] = 6
    from kernel import canonical

    assert refused(witness, canonical.dumps(whole) + b"\n").params["reason"] == "signature"
    assert refused(witness, b"{}\n").code == "chain.witness.request"
    assert witness.store.streams() == []
    with pytest.raises(MulianError, match="another chain"):
        service.init(witness.root, name="x", trust=stranger.world.trust())
    for wrong in (b"{}\n", b"", b"[1]\n"):
        with pytest.raises(MulianError, match="home"):
            service.init(tmp_path / "new", name="x", trust=wrong)
    with pytest.raises(MulianError, match="home"):
        Witness(tmp_path / "nothing")
    fresh = service.init(witness.root, name="新名", trust=platform.world.trust())
    assert fresh.key == witness.key and fresh.known.name == "新名"


def test_a_torn_line_is_cut_off(witness: Witness, platform: Platform) -> None:
    witness.cosign(platform.ask(TRUE, 5, 0))
    witness.cosign(platform.ask(TRUE, 9, 5))
    path = witness.root / "seen" / "catalog.log"
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    for cut in (1, len(lines[1]) // 2, len(lines[1]) - 1):
        path.write_bytes(data[:-cut])
        last = witness.store.last("catalog")
        assert last is not None and last.size == 5
        assert witness.cosign(platform.ask(TRUE, 9, 5)).size == 9
        assert len(path.read_bytes().splitlines()) == 2
    path.write_bytes(lines[0][:-3])
    assert witness.store.last("catalog") is None
    assert witness.cosign(platform.ask(TRUE, 9, 0)).size == 9


def test_kill_between_storing_and_signing(witness: Witness, platform: Platform) -> None:
    """Whenever it dies: before the line is whole it has promised nothing, after that only the same root is signed."""
    witness.cosign(platform.ask(TRUE, 5, 0))
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def attempt(name: str) -> int:
        def work() -> int:
            if name == "before":
                Store.append = lambda self, point: die()  # type: ignore[method-assign]
            elif name == "unsynced":
                os.fsync = lambda descriptor: die()  # type: ignore[assignment]
            else:
                Witness._sign = lambda self, point: die()  # type: ignore[assignment,method-assign,return-value]
            Witness(witness.root).cosign(platform.ask(TRUE, 9, 5))
            return 0

        return in_child(work)

    for name in ("before", "unsynced", "stored"):
        assert os.WIFSIGNALED(attempt(name)), name
        last = witness.store.last("catalog")
        assert last is not None and last.size == (5 if name == "before" else 9), name
        if name != "before":
            assert refused(witness, platform.ask(FORGED, 9, 5)).code == "chain.witness.inconsistent"
        assert witness.cosign(platform.ask(TRUE, 9, 5)).size == 9
        path = witness.root / "seen" / "catalog.log"
        path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert witness.cosign(platform.ask(TRUE, 9, 5, time=7)).size == 9


def test_commands(tmp_path: Path, platform: Platform) -> None:
    home, trust = tmp_path / "w", tmp_path / "trust.json"
    trust.write_bytes(platform.world.trust())

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(commands.app, list(arguments))

    made = run("init", "--home", str(home), "--trust", str(trust), "--name", "审计局", "--json")
    assert made.exit_code == 0, made.output
    assert (home / "keys/service/witness-sm2.key").stat().st_mode & 0o077 == 0
    asked, answers = tmp_path / "asked", tmp_path / "answers"
    asked.write_bytes(platform.ask(TRUE, 5, 0) + platform.ask(TRUE, 9, 5))
    assert run("cosign", str(asked), "--home", str(home), "-o", str(answers)).exit_code == 0
    lines = [json.loads(line) for line in answers.read_bytes().splitlines()]
    assert [line["size"] for line in lines] == [5, 9] and lines[0]["key"] == json.loads(made.stdout)["key"]
    assert run("status", "--home", str(home)).exit_code == 0
    asked.write_bytes(platform.ask(TRUE, 17, 9) + platform.ask(FORGED, 40, 17))
    wrong = run("cosign", str(asked), "--home", str(home), "-o", str(answers))
    assert isinstance(wrong.exception, MulianError) and wrong.exception.code == "chain.witness.inconsistent"
    assert json.loads(answers.read_bytes())["size"] == 17
    shown = run("status", "--home", str(home), "--json")
    assert shown.exit_code == 1 and json.loads(shown.stdout)["conflicts"] == 1
