"""Registering, looking, voting and lists over a network of fake Besu nodes with real blocks, on both databases."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chain.ledger.accounts import new_signer
from chain.nodes import lists, queries, sampling, service, votes
from chain.nodes.models import ChainNode, ChainNodeVote
from kernel import clock
from kernel.approvals import service as approvals
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity import service as identity
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.jobs.context import JobContext
from kernel.runtime import Runtime
from kernel.watch import jobs as watch_jobs
from kernel.watch.models import WatchAlarm, WatchTarget
from tests.chain.engines.besu import FakeBesu
from tests.chain.nodes.conftest import SYSTEM, People, register


def node_named(database: Database, name: str) -> ChainNode:
    with database.read() as session:
        return session.scalars(select(ChainNode).where(ChainNode.name == name)).one()


def refused(database: Database, unit: Any) -> str:
    with pytest.raises(MulianError) as caught:
        database.run(unit)
    return caught.value.code


def agreed(database: Database, people: People, node: ChainNode, *, add: bool) -> None:
    """Propose and agree to a vote."""
    asked = database.run(lambda s: votes.propose(s, people.maker, node_id=node.id, add=add, reason="扩容").id)
    assert refused(database, lambda s: approvals.decide(s, people.maker, asked, approve=True)).endswith("same_person")
    database.run(lambda s: approvals.decide(s, people.checker, asked, approve=True))


def the_vote(database: Database) -> ChainNodeVote:
    with database.read() as session:
        return session.scalars(queries.votes()).all()[0]


def test_a_look_fills_in_who_a_node_is(database: Database, besu: FakeBesu, installed: Runtime) -> None:
    own = node_named(database, sampling.OWN_NAME)
    other = node_named(database, "node4")
    assert own.own and own.engine == "qbft" and set(own.members or ()) == besu.validators
    assert (own.state, other.state) == ("ok", "ok")
    assert (other.enode, other.signer) == (besu.nodes[4].enode, besu.nodes[4].address)
    assert (own.role, other.role) == ("validator", "observer")
    with database.read() as session:
        sample = queries.latest_sample(session, other.id)
    assert sample is not None and (sample.lag, sample.peers, sample.pending) == (0, 4, 0) and sample.version


def test_a_node_that_is_down_on_another_chain_or_no_node_is_told(
    database: Database, besu: FakeBesu, installed: Runtime
) -> None:
    # a URL that is not declared is not reached at all
    database.run(lambda s: service.register(
        s, SYSTEM, name="undeclared", url=f"http://127.0.0.2:{besu.nodes[0].url[-4:]}", role="observer",
    ))
    database.run(lambda s: register(s, "gone", "http://127.0.0.1:9"))
    readings = sampling.sample(installed)
    gone, undeclared = node_named(database, "gone"), node_named(database, "undeclared")
    assert (gone.state, undeclared.state) == ("down", "down")
    assert "127.0.0.2" in (readings[str(undeclared.id)].reason or "")
    besu.nodes[2].answer = _other_genesis(besu.nodes[2].answer)  # type: ignore[method-assign]
    sampling.sample(installed)
    assert node_named(database, "node2").state == "foreign"


def _other_genesis(answer: Any) -> Any:
    def changed(method: str, params: list[Any]) -> Any:
        found = answer(method, params)
        return found | {"hash": "0x" + "77" * 32} if method == "eth_getBlockByNumber" and params[0] == "0x0" else found
    return changed


def test_history_is_kept_in_samples_and_hours(database: Database, installed: Runtime) -> None:
    sampling.sample(installed)
    node = node_named(database, "node1")
    now = clock.now()
    with database.read() as session:
        samples = service.history(session, SYSTEM, node.id, now - timedelta(hours=1), now + timedelta(hours=1), 100)
        hours = service.hours(session, SYSTEM, node.id, now - timedelta(hours=2), now + timedelta(hours=1))
    assert len(samples) == 2 and sum(row.samples for row in hours) == 2
    assert sum(row.states.get("ok", 0) for row in hours) == 2 and all(row.latency_max > 0 for row in hours)


def test_a_validator_is_added_and_removed_by_two_persons(
    database: Database, besu: FakeBesu, installed: Runtime, people: People
) -> None:
    node = node_named(database, "node4")
    agreed(database, people, node, add=True)
    # decided once is proposed no second time while it is cast
    assert refused(database, lambda s: votes.propose(
        s, people.maker, node_id=node.id, add=True, reason="再次")) == "chain.vote.open"
    votes.advance(installed)
    assert besu.nodes[4].address in besu.validators
    assert list(votes.advance(installed).values()) == ["passed"] and votes.advance(installed) == {}
    vote = the_vote(database)
    assert vote.state == "passed" and list(vote.casts.values()).count("cast") == 4 and vote.finished_at
    sampling.sample(installed)
    agreed(database, people, node_named(database, "node4"), add=False)
    votes.advance(installed)
    votes.advance(installed)
    assert len(besu.validators) == 4 and all(not item.votes for item in besu.nodes)
    with database.read() as session:
        trail = session.scalars(select(AuditLog.action).where(AuditLog.action.startswith("chain.vote"))).all()
    assert sorted(trail) == ["chain.vote.passed"] * 2 + ["chain.vote.start"] * 2


def test_the_guard_holds_at_proposal_and_at_casting(
    database: Database, besu: FakeBesu, installed: Runtime, people: People
) -> None:
    four = node_named(database, "node1")
    propose = votes.propose
    assert refused(database, lambda s: propose(
        s, people.maker, node_id=four.id, add=False, reason="撤下")) == "chain.vote.below_safe"
    assert refused(database, lambda s: propose(
        s, people.maker, node_id=four.id, add=True, reason="加入")) == "chain.vote.member"
    assert refused(database, lambda s: propose(
        s, people.checker, node_id=four.id, add=True, reason="无权")) == "identity.permission.denied"
    agreed(database, people, node_named(database, "node4"), add=True)
    # before it is cast two validators stop: the larger quorum could not be met any more
    database.run(lambda s: [
        service.configure(s, SYSTEM, node_id=node_named(database, name).id, url=f"http://127.0.0.1:9/{name}")
        for name in ("node1", "node2", "node4")
    ])
    sampling.sample(installed)
    assert list(votes.advance(installed).values()) == ["refused"]
    assert len(besu.validators) == 4 and all(not node.votes for node in besu.nodes)
    assert "停止出块" in the_vote(database).outcome


def test_a_vote_without_a_majority_runs_out_and_is_taken_back(
    database: Database, besu: FakeBesu, installed: Runtime, people: People
) -> None:
    # the platform manages one validator of four: the other departments do not vote
    database.run(lambda s: [
        service.configure(s, SYSTEM, node_id=node_named(database, f"node{index}").id, managed=False)
        for index in (1, 2, 3)
    ])
    agreed(database, people, node_named(database, "node4"), add=True)
    votes.advance(installed)
    assert the_vote(database).state == "casting" and besu.nodes[0].votes

    def later(session: Any) -> None:
        row = session.get(ChainNodeVote, the_vote(database).id)
        row.expires_at = clock.now() - timedelta(seconds=1)

    database.run(later)
    votes.advance(installed)
    assert the_vote(database).state == "expired" and not besu.nodes[0].votes and len(besu.validators) == 4


def test_lists_follow_what_is_registered_and_drift_is_told(
    database: Database, besu: FakeBesu, installed: Runtime, people: People
) -> None:
    for node in besu.nodes:
        node.accounts = []
    sender, stranger = new_signer().address, new_signer().address
    account = database.run(lambda s: service.list_account(s, people.maker, address=sender, note="存证账户").id)
    first = lists.reconcile(installed)
    assert len(first) == 5 and not any(item.drift or item.error for item in first)
    assert all(node.accounts == [sender] for node in besu.nodes)
    assert all(not item.changed for item in lists.reconcile(installed))

    # somebody changes a node behind our back
    intruder = "enode://" + "9a" * 64 + "@10.0.0.9:30303"
    besu.nodes[2].accounts = [stranger]
    besu.nodes[2].nodes.append(intruder)
    found = {item.node: item for item in lists.reconcile(installed)}["node2"]
    assert set(found.drift) == {
        f"账户被移除：{sender}", f"未登记的账户：{stranger}", f"未登记的节点：{intruder}",
    }
    assert besu.nodes[2].accounts == [sender] and intruder not in besu.nodes[2].nodes
    assert node_named(database, "node2").lists["drift"]  # type: ignore[index]
    assert not any(item.drift for item in lists.reconcile(installed))

    # what we change ourselves is no drift
    database.run(lambda s: service.strike_account(s, people.maker, account_id=account))
    other = new_signer().address
    database.run(lambda s: service.list_account(s, people.maker, address=other, note="新账户"))
    assert not any(item.drift for item in lists.reconcile(installed)) and besu.nodes[4].accounts == [other]


def test_a_validator_that_nobody_registered_is_not_cut_off(
    database: Database, besu: FakeBesu, installed: Runtime
) -> None:
    lists.reconcile(installed)
    database.run(lambda s: service.configure(
        s, SYSTEM, node_id=node_named(database, "node3").id, enabled=False))
    found = lists.reconcile(installed)
    assert all(any("未登记的节点" in line for line in item.drift) for item in found)
    assert all(besu.nodes[3].enode in node.nodes for node in besu.nodes[:3])


def test_lists_are_not_touched_while_a_node_is_unknown(
    database: Database, besu: FakeBesu, installed: Runtime
) -> None:
    database.run(lambda s: register(s, "unknown", "http://127.0.0.1:9"))
    with database.read() as session:
        assert lists.wanted(session).nodes is None
    before = [list(node.nodes) for node in besu.nodes]
    lists.reconcile(installed)
    assert [list(node.nodes) for node in besu.nodes] == before


def test_an_alarm_fires_once_and_clears(database: Database, besu: FakeBesu, installed: Runtime) -> None:
    context = JobContext(installed, lambda session: None, name="test")
    database.run(lambda s: [
        service.configure(s, SYSTEM, node_id=node_named(database, name).id, enabled=False)
        for name in ("node2", "node3", "node4")
    ])
    watch_jobs.sync(context, {})
    node = node_named(database, "node1")
    url = node.url

    def turn(times: int) -> list[WatchAlarm]:
        for _ in range(times):
            sampling.sample(installed)
            with database.write() as session:
                for target in session.scalars(select(WatchTarget).where(WatchTarget.source == "chain.nodes")):
                    target.next_at = clock.now()
            watch_jobs.probe_due(context, {})
        with database.read() as session:
            return list(session.scalars(select(WatchAlarm)))

    assert turn(1) == []
    database.run(lambda s: service.configure(s, SYSTEM, node_id=node.id, url="http://127.0.0.1:9"))
    assert turn(1) == [] and node_named(database, "node1").state == "down"
    fired = turn(2)
    assert len(fired) == 1 and "node1" in fired[0].title_zh and "不可达" in fired[0].title_zh
    database.run(lambda s: service.configure(s, SYSTEM, node_id=node.id, url=url))
    cleared = turn(2)
    assert len(cleared) == 1 and cleared[0].closed_at is not None


def test_registering_refuses_what_cannot_be(database: Database, installed: Runtime, people: People) -> None:
    url = node_named(database, "node1").url
    assert refused(database, lambda s: register(s, "again", url)) == "chain.node.url_taken"
    assert refused(database, lambda s: register(s, "odd", "http://127.0.0.1:1", enode="enode://zz@h:1")) \
        == "chain.node.enode_invalid"
    assert refused(database, lambda s: register(s, "odd", "ftp://127.0.0.1")) == "kernel.outbound.url_invalid"
    own = node_named(database, sampling.OWN_NAME)
    assert refused(database, lambda s: service.configure(
        s, people.maker, node_id=own.id, url="http://127.0.0.1:1")) == "chain.node.own"
    assert refused(database, lambda s: service.register(
        s, people.checker, name="x", url="http://127.0.0.1:2", role="observer")) == "identity.permission.denied"


def test_a_department_sees_its_own_nodes(database: Database, installed: Runtime) -> None:
    def unit(session: Any) -> tuple[uuid.UUID, uuid.UUID]:
        ids = []
        for code in ("甲局", "乙局"):
            row = _department(session, code)
            ids.append(row.id)
            register(session, f"{code}节点", f"http://127.0.0.1:9/{len(ids)}", department_id=row.id)
        return ids[0], ids[1]

    mine, _ = database.run(unit)
    reader = Actor(None, "读者", mine, frozenset({"chain.node.read"}), "own")
    with database.read() as session:
        names = {row.name for row, _ in service.nodes(session, reader)}
        lines = service.by_department(session, reader)
        foreign = node_named(database, "乙局节点")
        with pytest.raises(MulianError) as caught:
            service.node(session, reader, foreign.id)
    assert "甲局节点" in names and "乙局节点" not in names and caught.value.code == "chain.node.not_found"
    assert [line.department_id for line in lines] == [None, mine] and lines[0].running == 5


def _department(session: Any, name: str) -> Department:
    return identity.create_department(session, SYSTEM, name=name, kind="bureau")
