"""A real Clique network through our services: votes, a stopped node, rejoin, peers that nobody registered.

At full size only: four geth nodes run for minutes. The small size meets geth in tests/chain/engines.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from chain.ledger import accounts
from chain.ledger.access import use_ledger
from chain.nodes import lists, queries, sampling, service, votes
from chain.nodes.models import ChainNode
from kernel import clock
from kernel.approvals import service as approvals
from kernel.db import Database
from kernel.jobs.context import JobContext
from kernel.runtime import Runtime
from kernel.watch import jobs as watch_jobs
from kernel.watch.models import WatchAlarm, WatchTarget
from tests.chain.engines import geth
from tests.chain.nodes.conftest import SYSTEM, People, person, register
from tests.support.scale import Scale


@pytest.fixture
def network(scale: Scale) -> Iterator[geth.GethNetwork]:
    """Four nodes, three signers; one node does not seal."""
    with geth.at_full_size(scale, signers=3, nodes=4) as found:
        yield found


@pytest.fixture
def platform(network: geth.GethNetwork, runtime: Runtime) -> Runtime:
    """An installation on the first node, the others registered and managed."""
    use_ledger(runtime, network.nodes[0].ledger)
    runtime.settings = runtime.settings.model_copy(update={"rpc_url": network.nodes[0].url})

    def unit(session: Session) -> None:
        for index, node in enumerate(network.nodes[1:], 1):
            register(session, f"geth{index}", node.url, enode=node.enode, signer=node.signer.address)

    runtime.database.run(unit)
    until(lambda: min(node.ledger.height() for node in network.nodes) > 2, 90)
    return runtime


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for a condition; return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not come in time"
        time.sleep(0.5)
    return time.monotonic() - started


def state_of(database: Database, name: str) -> str:
    return found(database, name).state


def found(database: Database, name: str) -> ChainNode:
    with database.read() as session:
        return next(row for row in queries.nodes(session) if row.name == name)


def vote(runtime: Runtime, people: People, node: ChainNode, *, add: bool) -> None:
    """Propose, agree, cast, and wait until the network has taken it."""
    asked = runtime.database.run(lambda s: votes.propose(s, people.maker, node_id=node.id, add=add, reason="扩容").id)
    runtime.database.run(lambda s: approvals.decide(s, people.checker, asked, approve=True))
    assert list(votes.advance(runtime).values()) == ["casting"]
    until(lambda: "passed" in votes.advance(runtime).values(), 120)


def sends(node: geth.GethNode) -> bool:
    """Tell whether a transaction handed to a node is sealed."""
    raw, digest = accounts.sign(
        accounts.new_signer(), chain_id=geth.CHAIN_ID, nonce=0, to="0x" + "11" * 20, data=b"", gas=21_000
    )
    node.ledger.send_raw(raw)
    return node.ledger.wait_receipt(digest, timeout=60).succeeded


def alarms(runtime: Runtime) -> list[tuple[str, bool]]:
    """Probe every target of ours now; return (title, closed) of all alarms."""
    context = JobContext(runtime, lambda session: None, name="test")
    with runtime.database.write() as session:
        for target in session.query(WatchTarget).where(WatchTarget.source == "chain.nodes"):
            target.next_at = clock.now()
    watch_jobs.probe_due(context, {})
    with runtime.database.read() as session:
        return [(row.title_zh, row.closed_at is not None) for row in session.query(WatchAlarm)]


def test_the_life_of_a_real_network(platform: Runtime, network: geth.GethNetwork) -> None:
    database = platform.database
    people = People(
        person(database, "chain.node.manage", "chain.vote.propose"), person(database, "chain.vote.approve")
    )
    watch_jobs.sync(JobContext(platform, lambda session: None, name="test"), {})
    sampling.sample(platform)
    assert {row.state for row in _rows(database)} == {"ok"} and {row.engine for row in _rows(database)} == {"clique"}
    fourth = network.nodes[3]
    assert [row.role for row in _rows(database)].count("validator") == 3 and not alarms(platform)

    # a validator is added by vote: the node begins to seal when it is restarted with its key
    vote(platform, people, found(database, "geth3"), add=True)
    fourth.stop()
    fourth.seals = True
    fourth.start()
    until(lambda: fourth.signer.address in {
        block.sealer for node in network.nodes[:1] for number in range(node.ledger.height() - 8, node.ledger.height())
        if (block := node.ledger.block(number)) is not None
    }, 120)
    sampling.sample(platform)
    assert [row.role for row in _rows(database)].count("validator") == 4

    # one node is killed: the next look finds it, the one after alarms, and the network goes on
    network.nodes[1].kill()
    stopped = clock.now()
    sampling.sample(platform)
    assert state_of(database, "geth1") == "down"
    assert (clock.now() - stopped).total_seconds() < sampling.POLL_SECONDS
    assert not alarms(platform)
    before = network.nodes[0].ledger.height()
    sampling.sample(platform)
    assert [closed for _, closed in alarms(platform)] == [False]
    until(lambda: network.nodes[0].ledger.height() > before + 3, 60)
    assert sends(network.nodes[2])

    # it comes back by itself and the alarm closes
    network.nodes[1].start()
    until(lambda: network.nodes[1].ledger.height() >= network.nodes[0].ledger.height() - 2, 120)
    sampling.sample(platform)
    alarms(platform)
    sampling.sample(platform)
    assert state_of(database, "geth1") == "ok" and [closed for _, closed in alarms(platform)] == [True]

    # and a validator is removed by vote again
    vote(platform, people, found(database, "geth3"), add=False)
    sampling.sample(platform)
    assert [row.role for row in _rows(database)].count("validator") == 3
    before = network.nodes[0].ledger.height()
    until(lambda: network.nodes[0].ledger.height() > before + 3, 60)

    # below the safe number nobody can be voted out
    with pytest.raises(Exception, match="below_safe"):
        database.run(lambda s: votes.propose(
            s, people.maker, node_id=found(database, "geth2").id, add=False, reason="撤下"))


def test_a_peer_that_nobody_registered_is_dropped_and_alarmed(platform: Runtime, network: geth.GethNetwork) -> None:
    database = platform.database
    sampling.sample(platform)
    until(lambda: not any(item.drift for item in lists.reconcile(platform)), 30)
    database.run(lambda s: service.configure(s, SYSTEM, node_id=found(database, "geth3").id, enabled=False))
    drift = [line for item in lists.reconcile(platform) for line in item.drift]
    # what was ours until now leaves without an alarm; that it calls again is drift
    assert not drift
    until(lambda: any("未登记的节点" in line for item in lists.reconcile(platform) for line in item.drift), 120)
    watch_jobs.sync(JobContext(platform, lambda session: None, name="test"), {})
    assert any("准入名单" in title for title, _ in alarms(platform))


def _rows(database: Database) -> list[ChainNode]:
    with database.read() as session:
        return [row for row in queries.nodes(session) if row.enabled]
