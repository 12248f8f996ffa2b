"""The whole path on the real embedded chain: its registry, its headers and seals, its receipts."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.anchoring import batching, facts, queries, rules, service, streams, verify_proof
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel import clock
from kernel.home import Home
from kernel.runtime import Runtime
from tests.chain.anchoring.conftest import append


@pytest.fixture
def chain(runtime: Runtime) -> Iterator[Runtime]:
    """A runtime whose ledger is a real node in this process, sealing at once."""
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        yield runtime


def all_valid(runtime: Runtime, expected: int) -> dict[str, bytes]:
    with runtime.database.read() as session:
        proofs = dict(service.each_proof(session))
        verifier = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
    assert len(proofs) == expected
    results = [verifier.verify(proof) for proof in proofs.values()]
    assert {result.status for result in results} <= {"authenticated"}, {result.reasons for result in results}
    return proofs


@pytest.mark.requirement("S4-17")
def test_from_record_to_offline_check(chain: Runtime, tmp_path: Path) -> None:
    append(chain.database, 0, 40)
    done = batching.flush(chain)
    assert done.as_dict() == {"leaves": 40, "batches": 1, "waiting": 0, "errors": {}}
    append(chain.database, 40, 3)
    append(chain.database, 0, 2, stream="reports")
    assert batching.flush(chain).batches == 2
    proofs = all_valid(chain, 45)
    name = rules.stream_id("catalog")
    head = streams.open_ledger(chain).head_of(name)
    assert (head.seq, head.size) == (2, 43)

    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copy(verify_proof.__file__, folder / "verify_proof.py")
    (folder / "trust.json").write_bytes(service.trust(chain))
    for file, data in proofs.items():
        (folder / file).write_bytes(data)
    command = [sys.executable, "-I", "-S", "verify_proof.py", ".", "--trust", "trust.json"]
    finished = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
    # a byte of the header, as a last stop: the seal is that of the real node
    data = proofs["catalog-00000000.proof.json"]
    at = data.index(b'"header":"') + 100
    flipped = data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]
    assert verify_proof.verify(flipped, service.trust(chain)).exit_code == 1


def test_agreement_reads_the_root_from_the_chain(chain: Runtime) -> None:
    start = clock.now()
    append(chain.database, 0, 9)
    batching.flush(chain)
    end = clock.now()
    found = facts.agreement(chain, start, end)
    assert (found.checked, found.agreeing, found.differing) == (9, 9, [])

    def tamper(session: Any) -> None:
        row = queries.leaf_of(session, "data_entry", "E4", 1)
        assert row is not None
        row.record = {"code": "XC-4", "hash": "cd" * 32}
        # whoever changes rows may change our copies of hash, root and checkpoint too
        data = rules.leaf_bytes(row.record, row.object_type, row.object_id, row.version, row.salt)
        row.leaf_hash = verify_proof.sm3(b"\0" + data)

    chain.database.run(tamper)
    found = facts.agreement(chain, start, end)
    assert (found.checked, found.agreeing, found.differing) == (9, 8, [("data_entry", "E4", 1)])
    current = facts.agreement(chain, start, end, records=lambda session, kind, keys: {})
    assert (current.checked, current.agreeing) == (9, 0)
    with chain.database.read() as session:
        counts = facts.anchored_counts(session, start, end)
    assert [(row.stream, row.appended, row.anchored) for row in counts] == [("catalog", 9, 9)]


class ChainProcess:
    """``python -m chain.ledger.embedded`` on a free port; may be killed and started again."""

    def __init__(self, home: Home) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "chain.ledger.embedded", "--home", str(self.home.root), "--port",
            str(self.port)]
        self.process = subprocess.Popen(command)
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, "the chain did not start"
                time.sleep(0.05)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def process(runtime: Runtime) -> Iterator[ChainProcess]:
    started = ChainProcess(runtime.home)
    use_ledger(runtime, Web3Ledger(started.url))
    yield started
    started.kill()


def test_kill_the_chain_while_anchoring(runtime: Runtime, process: ChainProcess, scale: Any) -> None:
    """kill -9 of the chain process at random moments of the flush; records are anchored once all the same."""
    import random

    choose, total = random.Random(3), 0
    append(runtime.database, 0, 10)
    assert not batching.flush(runtime).errors
    total = 10
    for _ in range(scale.of(1, 20)):
        append(runtime.database, total, 25)
        total += 25
        timer = threading.Timer(choose.uniform(0.0, 1.2), process.kill)
        timer.start()
        batching.flush(runtime, wait_seconds=2)
        timer.join()
        process.kill()
        process.start()
    done = batching.flush(runtime)
    assert not done.errors and done.waiting == 0
    proofs = all_valid(runtime, total)
    assert len(set(proofs.values())) == total
    with runtime.database.read() as session:
        batches = list(session.scalars(queries.batches("catalog", "final")))
    head = streams.open_ledger(runtime).head_of(rules.stream_id("catalog"))
    assert head.seq == len(batches) and head.size == total


def test_a_whole_catalogue_in_seconds(runtime: Runtime, process: ChainProcess, scale: Any) -> None:
    """4,432 records: written, anchored on the durable chain and all proofs checked."""
    batching.flush(runtime)
    append(runtime.database, 0, scale.of(1000, 4432))
    start = time.monotonic()
    done = batching.flush(runtime)
    anchored = time.monotonic() - start
    assert done.leaves == scale.of(1000, 4432) and done.batches == 1 and not done.errors
    start = time.process_time()
    all_valid(runtime, done.leaves)
    checked = time.process_time() - start
    print(f"anchored {done.leaves} in {anchored:.1f} s, made and checked their proofs in {checked:.1f} CPU seconds")
    # the limits of the design, the first with room for a machine that does other things at the same time
    assert anchored < 60 and checked < 20


def test_the_flusher_dies_on_the_real_chain(runtime: Runtime, process: ChainProcess) -> None:
    """A child flushing over HTTP is killed after it sent and before it wrote; the next flush finishes the batch."""
    append(runtime.database, 0, 5)
    batching.flush(runtime)
    append(runtime.database, 5, 5)
    runtime.database.close()
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from chain.anchoring import batching\n"
        "from chain.anchoring.adapters.registry import RegistryLedger\n"
        "from crypto import servicekeys\n"
        "from kernel.db import Database\n"
        "from kernel.home import Home\n"
        "from kernel.runtime import Runtime\n"
        "from kernel.settings import Settings\n"
        "from mulian import wiring\n"
        "wiring.load_models()\n"
        "home = Home(Path(sys.argv[1]))\n"
        "settings = Settings(home=home.root, rpc_url=sys.argv[2])\n"
        "runtime = Runtime(settings, home, Database.sqlite(home.database_file), servicekeys.open_box(home))\n"
        "send = RegistryLedger.send\n"
        "def send_and_die(self, raw):\n"
        "    send(self, raw)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "RegistryLedger.send = send_and_die\n"
        "batching.flush(runtime)\n"
    )
    command = [sys.executable, "-c", code, str(runtime.home.root), process.url]
    died = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=False, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with runtime.database.read() as session:
        assert queries.prepared(session, "catalog") is not None
    assert batching.flush(runtime).leaves == 5
    all_valid(runtime, 10)
    assert streams.open_ledger(runtime).head_of(rules.stream_id("catalog")).seq == 2
