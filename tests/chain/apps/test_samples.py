"""The samples, and the whole way as a script goes it that knows only docs/consumers/evidence.md."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.anchoring import batching
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from gateway.signing import rules as signing
from tests.chain.apps.offices import Application, Office, digest
from tests.conftest import ROOT, Live
from tests.support import closing
from tests.support.scale import Scale

DOCS = ROOT / "docs" / "consumers"


@pytest.fixture
def office(live_server: Live) -> Iterator[Office]:
    """An office whose chain is a real node in this process, sealing at once."""
    runtime = live_server.runtime
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        yield Office(live_server)


class Desk:
    """A developer's folder: the samples, the verifier, a list of digests, and a credential in the environment."""

    def __init__(self, folder: Path, url: str, application: Application, first: int, count: int) -> None:
        self.folder = folder
        folder.mkdir()
        for file in ("mulian_evidence.py", "mulian_sign.py", "MulianEvidence.java"):
            shutil.copy(DOCS / "samples" / file, folder)
        shutil.copy(ROOT / "chain" / "anchoring" / "verify_proof.py", folder)
        lines = [f"HT-{number:06d}\t{digest(number)}\n" for number in range(first, first + count)]
        (folder / "digests.txt").write_text("".join(lines), "utf-8")
        python = Path(sys.executable).parent
        self.env = {
            "PATH": f"{python}:{os.environ['PATH']}", "MULIAN_URL": url, "MULIAN_KEY": application.key,
            "MULIAN_SECRET": application.secret, "CLIENT_ID": f"HT-{first:06d}", "LANG": "C.UTF-8",
        }

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def blocks() -> list[str]:
    """The commands of the page, block by block."""
    return re.findall(r"^```sh\n(.*?)^```", (DOCS / "evidence.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def anchor(office: Office) -> None:
    """Anchor as the worker does, turn after turn: on a busy machine one turn is too short for 10,000 digests."""
    while (done := batching.flush(office.runtime)).waiting:
        assert not done.errors
    assert not done.errors


def walk(office: Office, desk: Desk) -> str:
    """Do what the page says, line by line; a worker anchors meanwhile, here between two lines."""
    said = ""
    store, prove = blocks()
    for line in [*store.splitlines(), *prove.splitlines()]:
        if line.endswith("wait"):
            anchor(office)
        said += desk.run("bash", "-ec", line)
    return said


def test_a_script_that_knows_only_the_page(office: Office, tmp_path: Path, scale: Scale) -> None:
    """Test environment, promotion, production, one proof offline: 10,000 digests each at full size."""
    count, url = scale.of(50, 10_000), office.live.url
    app_id = office.register("contract")["id"]
    started, cpu = time.monotonic(), time.process_time()
    said = walk(office, Desk(tmp_path / "test", url, office.issue(app_id), 0, count))
    took, spent = time.monotonic() - started, time.process_time() - cpu
    print(f"{count} digests twice, anchored, proven: {took:.1f} s, {spent:.1f} CPU s in server and anchoring")
    assert f'"accepted": {count}, "repeated": 0' in said and f'"accepted": 0, "repeated": {count}' in said
    assert "已认证" in said
    report = office.contact.post(f"/chain/apps/{app_id}/reports", json={"conclusion": "联调通过"})
    assert report.status_code == 201, report.text
    asked = office.contact.post(f"/chain/apps/{app_id}/application", json={"daily_quota": 50_000}).json()
    assert office.decide(asked["approval_id"]).status_code == 200
    real = Desk(tmp_path / "production", url, office.issue(app_id, "production"), 500_000, count)
    assert "已认证" in walk(office, real)
    proof = (real.folder / "evidence.proof.json").read_text("utf-8")
    assert '"environment":"production"' in proof and digest(500_000) in proof
    shown = office.contact.get(f"/chain/apps/{app_id}").json()["places"]
    assert [(one["stream"], one["anchored"], one["waiting"]) for one in shown] == [
        ("test.contract", count, 0), ("app.contract", count, 0)
    ]


def test_the_java_sample(office: Office, tmp_path: Path) -> None:
    if shutil.which("javac") is None or shutil.which("java") is None:
        closing.missing("java")
        pytest.skip("no Java compiler on this machine")
    desk = Desk(tmp_path / "java", office.live.url, office.issue(office.register("java")["id"]), 0, 3)
    # Java 8's language and classes; a JDK that no longer compiles for 8 says so
    desk.run("javac", "-encoding", "UTF-8", "--release", "8", "-Xlint:-options", "MulianEvidence.java")
    java = ("java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "MulianEvidence")
    with (desk.folder / "digests.txt").open("a", encoding="utf-8") as file:
        file.write(f"合同 一&二\t{digest(9)}\n")
    said = desk.run(*java, "store", "digests.txt")
    assert '"accepted":4' in said
    assert not batching.flush(office.runtime).errors
    desk.run(*java, "proof", "合同 一&二", "one.proof.json")
    shutil.copy(desk.folder / "one.proof.json", desk.folder / "evidence.proof.json")
    for line in blocks()[1].splitlines()[1:]:
        said = desk.run("bash", "-ec", line)
    assert "已认证" in said
    (desk.folder / "empty").write_bytes(b"")
    expected = "sm3:" + signing.EMPTY_BODY.decode()
    assert desk.run(*java, "digest", "empty").strip() == expected


def test_the_python_sample_refuses_in_words(office: Office, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "python", office.live.url, office.issue(office.register("words")["id"]), 0, 2)
    (desk.folder / "bad.txt").write_text(f"HT-1\t{digest(1)}\nHT-2\tsm3:00\n", "utf-8")
    command = [sys.executable, "mulian_evidence.py", "store", "bad.txt", "--receipts", "r.csv"]
    done = subprocess.run(command, cwd=desk.folder, env=desk.env, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "chain.evidence.item" in done.stderr and "第 1 条" in done.stderr
