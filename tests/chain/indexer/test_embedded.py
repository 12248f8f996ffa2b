"""The job on a real chain whose history was sealed a second time."""

import shutil
from pathlib import Path
from typing import Any

from bench._chain import AnchorLoad, Sender
from chain.indexer import check, jobs, queries
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel.home import Home
from kernel.jobs.context import JobContext
from kernel.runtime import Runtime


def seal(home: Home, runtime: Runtime, raws: list[bytes]) -> dict[str, Any]:
    """Seal transactions on a chain and run the job, as the worker does, under a fence."""
    guarded: list[Any] = []
    with Node(home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Web3Ledger("in-process", provider)
        for raw in raws:
            ledger.send_raw(raw)
        use_ledger(runtime, ledger)
        runtime.extras.pop("chain.indexer", None)
        done = jobs.index(JobContext(runtime, guarded.append, name=jobs.FOLLOW), {})
        assert guarded and check.verify(runtime, last=None).findings == []
        again = len(guarded)
        assert jobs.index(JobContext(runtime, guarded.append, name=jobs.FOLLOW), {})["blocks"] == 0
        assert len(guarded) == again, "an idle round writes nothing"
    return done


def test_a_second_sealed_history_replaces_the_first(runtime: Runtime, tmp_path: Path) -> None:
    with Node(runtime.home, Options(rehearsal=True)) as node:
        chain_id = node.engine.chain_id
    load, other = AnchorLoad(chain_id), Sender(chain_id)
    assert seal(runtime.home, runtime, load.deployment())["height"] == 2
    # the same chain and sealer key elsewhere, as after a restore: what is sealed from here on differs
    copy = Home(tmp_path / "second")
    shutil.copytree(runtime.home.chain_dir, copy.chain_dir)
    shutil.copytree(runtime.home.service_keys_dir, copy.service_keys_dir)
    copy.prepare()
    first = seal(runtime.home, runtime, list(load.anchors(3)))
    assert (first["blocks"], first["taken_back"]) == (3, 0)
    with runtime.database.read() as session:
        hashes = [queries.block_hash(session, number) for number in range(3, 6)]
    second = seal(copy, runtime, [other.send(load.address, b"\1\2\3\4", gas=100_000) for _ in range(4)])
    assert (second["blocks"], second["taken_back"], second["height"]) == (4, 3, 6)
    with runtime.database.read() as session:
        assert all(queries.block_hash(session, 3 + at) != one for at, one in enumerate(hashes))
        whole = queries.rollups(session, "quarter", 0, 2**32)[0][1]
    assert whole.blocks == 6 and whole.failures == {"revert": 4}
