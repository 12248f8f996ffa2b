"""Votes on validators: proposed by one person, agreed to by another, cast at every node that the platform manages.

The row is written in the transaction of the decision; a job casts, watches and closes it. Casting is idempotent, and
the quorum guard is asked again before every round, with what the network shows then.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.ledger.engines.detect import engine_of
from chain.ledger.engines.port import Engine
from chain.nodes import queries
from chain.nodes.errors import VOTE_NO_SIGNER, VOTE_NOT_READY, VOTE_OPEN, VOTE_UNSEEN
from chain.nodes.models import ChainNode, ChainNodeVote
from chain.nodes.overview import capabilities_of
from chain.nodes.reach import Target, line_to, target_of
from chain.nodes.rules import RUNNING, STATE_TITLES, check_vote
from chain.nodes.service import node
from kernel import clock, ids
from kernel.approvals import queries as approval_queries
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime

KIND = "chain.node.vote"
PROPOSE, APPROVE = "chain.vote.propose", "chain.vote.approve"
OBJECT = "chain_node"
JOB = "chain.vote.cast"
VALID_FOR = timedelta(hours=1)


def propose(session: Session, actor: Actor, *, node_id: uuid.UUID, add: bool, reason: str) -> Approval:
    """Propose to add or remove a node's validator; a second person decides. Raises the guard's errors
    (``chain.vote.*``) by what the newest looks showed."""
    require(actor, PROPOSE)
    row = node(session, actor, node_id)
    if row.signer is None:
        raise VOTE_NO_SIGNER(name=row.name)
    if queries.open_votes(session) or approval_queries.pending_on(session, OBJECT, [str(row.id)]):
        raise VOTE_OPEN(address=row.signer)
    _guard(session, row, row.signer, add=add)
    verb = ("增加", "Add") if add else ("移除", "Remove")
    return approvals.propose(
        session, actor, kind=KIND, params=_params(row, row.signer, add=add, reason=reason),
        title_zh=f"{verb[0]}验证节点「{row.name}」（{row.signer}）", title_en=f"{verb[1]} validator {row.name} ({row.signer})",
        department_id=None, object_type=OBJECT, object_id=str(row.id),
    )


def _params(row: ChainNode, address: str, *, add: bool, reason: str) -> dict[str, Any]:
    return {"node_id": str(row.id), "address": address, "add": add, "reason": reason}


def start(session: Session, approval: Approval) -> None:
    """Use an approval: write the vote and queue its casting, in the transaction of the decision."""
    actor = system_actor("chain.nodes")
    given = approval.params
    approvals.consume(session, actor, approval.id, kind=KIND, params=given)
    row = node(session, actor, uuid.UUID(given["node_id"]))
    if queries.open_votes(session):
        raise VOTE_OPEN(address=given["address"])
    _guard(session, row, given["address"], add=given["add"])
    vote_id, now = ids.new(), clock.now()
    audit_id = record(
        session, actor, action="chain.vote.start", object_type="chain_node_vote", object_id=str(vote_id),
        detail={"address": given["address"], "add": given["add"], "approval": str(approval.id)},
    )
    session.add(ChainNodeVote(
        id=vote_id, node_id=row.id, address=given["address"], add=given["add"], reason=given["reason"], state="casting",
        casts={}, outcome="", approval_id=approval.id, maker_name=approval.maker_name,
        checker_name=approval.checker_name or "", created_at=now, expires_at=now + VALID_FOR, finished_at=None,
        audit_id=audit_id,
    ))
    session.flush()
    enqueue(session, actor, JOB, {})


def _guard(session: Session, row: ChainNode, address: str, *, add: bool) -> None:
    rows = queries.enabled(session)
    source = next((item for item in rows if item.own), None)
    if source is None or source.members is None or source.engine is None:
        raise VOTE_UNSEEN()
    if add and row.state not in RUNNING:
        raise VOTE_NOT_READY(name=row.name, state=STATE_TITLES[row.state][0])
    known = {item.signer: item.state for item in rows if item.signer is not None}
    check_vote(
        capabilities_of(source.engine), source.members.keys(), running(source.members, known, address, add=add),
        address, add=add,
    )


def running(members: dict[str, int], known: dict[str, str], address: str, *, add: bool) -> set[str]:
    """Return the members that take part: registered ones by their state, others by what they sealed lately."""
    able = {item for item, sealed in members.items() if (known[item] in RUNNING if item in known else sealed > 0)}
    return able | {address} if add and known.get(address) in RUNNING else able


@dataclass(frozen=True)
class _Voter:
    target: Target
    engine: Engine


def advance(runtime: Runtime) -> dict[str, str]:
    """Cast open votes where they are missing, and close those that passed or ran out; returns {vote id: state}.

    Asked outside any unit of work; safe to repeat at any time.
    """
    with runtime.database.read() as session:
        votes = [(row.id, row.address, row.add, row.expires_at) for row in queries.open_votes(session)]
        rows = queries.enabled(session)
        targets = [target_of(row) for row in rows]
        known = {row.signer: row.state for row in rows if row.signer is not None}
    if not votes:
        return {}
    voters, failures = _reached(runtime, targets)
    done = {}
    for vote_id, address, add, expires_at in votes:
        state, outcome, casts = _round(voters, known, address, add=add, expired=clock.now() >= expires_at)
        _write(runtime, vote_id, state, outcome, failures | casts)
        done[str(vote_id)] = state
    return done


def _reached(runtime: Runtime, targets: list[Target]) -> tuple[list[_Voter], dict[str, str]]:
    voters, failures = [], {}
    for target in targets:
        if not target.managed:
            continue
        try:
            voters.append(_Voter(target, engine_of(line_to(runtime, target).ledger)))
        except MulianError as error:
            failures[target.name] = error.text("zh")[:200]
    return [voter for voter in voters if voter.engine.capabilities.votes], failures


def _round(
    voters: list[_Voter], known: dict[str, str], address: str, *, add: bool, expired: bool
) -> tuple[str, str, dict[str, str]]:
    """Return (state, outcome, casts) after one round."""
    if not voters:
        return ("expired", "没有可投票的节点", {}) if expired else ("casting", "", {})
    sets = [voter.engine.validators() for voter in voters]
    if all((address in members) is add for members in sets):
        _take_back(voters, address)
        return "passed", "", {}
    if expired:
        _take_back(voters, address)
        return "expired", "在规定时间内未获多数", {}
    try:
        activity = {item.address: item.sealed for item in voters[0].engine.activity()}
        members = {item: activity.get(item, 0) for item in sets[0]}
        if (address in members) is not add:
            check_vote(
                voters[0].engine.capabilities, members.keys(), running(members, known, address, add=add), address,
                add=add,
            )
    except MulianError as error:
        _take_back(voters, address)
        return "refused", error.text("zh"), {}
    return "casting", "", {voter.target.name: _cast(voter, sets[0], address, add=add) for voter in voters}


def _cast(voter: _Voter, members: frozenset[str], address: str, *, add: bool) -> str:
    if voter.target.signer not in members:
        return "observer"
    try:
        if voter.engine.proposals().get(address) is not add:
            voter.engine.propose(address, add=add)
    except MulianError as error:
        return error.text("zh")[:200]
    return "cast"


def _take_back(voters: list[_Voter], address: str) -> None:
    """Discard what is left at the nodes: a proposal that stays would vote again after the next change."""
    for voter in voters:
        if address in voter.engine.proposals():
            voter.engine.discard(address)


def _write(runtime: Runtime, vote_id: uuid.UUID, state: str, outcome: str, casts: dict[str, str]) -> None:
    def unit(session: Session) -> None:
        row = session.get(ChainNodeVote, vote_id)
        if row is None or row.state != "casting":
            return
        row.casts = {**row.casts, **casts}
        if state != "casting":
            row.state, row.outcome, row.finished_at = state, outcome, clock.now()
            row.audit_id = record(
                session, system_actor("chain.nodes"), action=f"chain.vote.{state}", object_type="chain_node_vote",
                object_id=str(vote_id), detail={"address": row.address, "add": row.add, "outcome": outcome},
            )

    runtime.database.run(unit, write=True)
