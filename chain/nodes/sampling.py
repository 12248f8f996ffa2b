"""Looking at every node at once, outside any unit of work, and keeping what was seen in one."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.ledger.access import url_of
from chain.ledger.engines.detect import engine_of
from chain.ledger.engines.port import Engine
from chain.ledger.port import Ledger
from chain.nodes import queries
from chain.nodes.models import ChainNode, ChainNodeHour, ChainNodeSample
from chain.nodes.reach import Line, Target, line_to, target_of
from chain.nodes.rules import judge
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.runtime import Runtime

OWN_NAME = "平台链节点"
# how often every node is looked at
POLL_SECONDS = 15
RETENTION = timedelta(days=35)
_DEFAULT_PERIOD = 5
_INTERVAL_BLOCKS = 8
# Clique's head may still be exchanged; deeper than this two nodes must agree
_AGREED_DEPTH = 12
_AT_ONCE = 16


@dataclass(frozen=True)
class Reading:
    """One look at a node; ``latency`` is microseconds, the rest as in :class:`ChainNodeSample`."""

    state: str
    height: int | None = None
    head_at: datetime | None = None
    pending: int | None = None
    latency: int | None = None
    version: str | None = None
    reason: str | None = None
    lag: int | None = None
    peers: int | None = None
    skew: int | None = None
    engine: str | None = None
    enode: str | None = None
    signer: str | None = None
    members: dict[str, int] | None = None
    genesis: str | None = None
    period: int = _DEFAULT_PERIOD
    heartbeat: int | None = None
    clock_back: int = 0
    # when the height was read, on this process's own clock: nodes are not asked at the same instant
    asked: float = 0.0
    head_age: int = 0
    ledger: Ledger | None = field(default=None, compare=False, repr=False)


def sample(runtime: Runtime) -> dict[str, Reading]:
    """Look at every enabled node and keep what was seen; returns {node id: reading}, the platform's own first."""
    targets = runtime.database.run(lambda session: _targets(session, url_of(runtime)), write=True)
    with ThreadPoolExecutor(min(_AT_ONCE, len(targets)), thread_name_prefix="node") as pool:
        seen = list(pool.map(lambda target: _read(line_to(runtime, target)), targets))
    readings = _judged(seen)
    taken = list(zip(targets, readings, strict=True))
    runtime.database.run(lambda session: _store(session, taken), write=True)
    return {str(target.id): reading for target, reading in taken}


def read(line: Line) -> Reading:
    """Look at one node alone."""
    return _judged([_read(line)])[0]


def _read(line: Line) -> Reading:
    """Ask a node how it is; never raises for one that is down. Its state is judged with the others'."""
    started = time.perf_counter()
    try:
        version = line.ledger.client_version()
        latency = int((time.perf_counter() - started) * 1_000_000)
        skew = line.skew()
        return replace(_facts(line.ledger), version=version[:120], latency=latency, skew=skew)
    except MulianError as error:
        return Reading("down", reason=error.text("zh")[:300])
    except (ValueError, KeyError, TypeError) as error:
        # whatever answers at that address, it is no node
        return Reading("down", reason=f"{type(error).__name__}: {error}"[:300])


def _facts(ledger: Ledger) -> Reading:
    engine = engine_of(ledger)
    height, asked = ledger.height(), time.monotonic()
    block = ledger.block(height)
    if block is None:
        return Reading("down", reason="no head block")
    status = ledger.request("mulian_status") if engine.capabilities.key == "embedded" else {}
    older = ledger.block(max(height - _INTERVAL_BLOCKS, 0))
    steps = max(min(height, _INTERVAL_BLOCKS), 1)
    period = status.get("period") or max(1, round((block.timestamp - (older or block).timestamp) / steps))
    heartbeat = (status.get("idle") or None) if status else period if engine.capabilities.heartbeat else None
    failure = status.get("failure")
    identity = engine.identity()
    return Reading(
        "unknown", height=height, head_at=clock.from_micros(block.timestamp * 1_000_000), pending=_pending(engine),
        reason=failure[:300] if failure else None, peers=len(engine.peers()) if engine.capabilities.peers else None,
        engine=engine.capabilities.key, enode=identity.enode, signer=identity.signer, members=_members(engine),
        genesis=ledger.genesis_hash(), period=int(period), heartbeat=heartbeat,
        clock_back=int(status.get("clockBackSeconds", 0)), asked=asked,
        head_age=int(clock.now().timestamp()) - block.timestamp, ledger=ledger,
    )


def _pending(engine: Engine) -> int | None:
    return engine.pool().pending if engine.capabilities.pool else None


def _members(engine: Engine) -> dict[str, int] | None:
    if engine.capabilities.key == "foreign":
        return None
    sealed = {item.address: item.sealed for item in engine.activity()}
    return {address: sealed.get(address, 0) for address in engine.validators()}


def _judged(seen: list[Reading]) -> list[Reading]:
    """Judge nodes against each other: who is behind, who is on another chain or branch."""
    answering = [item for item in seen if item.height is not None]
    genesis = answering[0].genesis if answering else None
    ours = [item for item in answering if item.genesis == genesis]
    top = max(ours, key=lambda item: item.height or 0, default=None)
    branch = _branch(ours)
    return [item if top is None else _judge(item, genesis, top, branch) for item in seen]


def _behind(item: Reading, top: Reading) -> int:
    """Blocks behind the highest node, less those that were sealed between the two looks."""
    sealed = max(0, math.ceil((top.asked - item.asked) / top.period))
    return max(0, (top.height or 0) - (item.height or 0) - sealed)


def _judge(item: Reading, genesis: str | None, top: Reading, branch: dict[int, str]) -> Reading:
    if item.height is None or item.head_at is None:
        return item
    if item.genesis != genesis:
        return replace(item, state="foreign")
    lag = _behind(item, top)
    state: str = judge(
        pending=item.pending, head_age=item.head_age, period=item.period,
        failure=item.reason, clock_back=item.clock_back, heartbeat=item.heartbeat, lag=lag, skew=item.skew or 0,
    )
    if id(item) in branch:
        state = "forked"
    return replace(item, state=state, lag=lag, reason=item.reason or branch.get(id(item)))


def _branch(readings: list[Reading]) -> dict[int, str]:
    """Return {id(reading): why} of the nodes whose block, where all must agree, is not the majority's."""
    common = min((item.height or 0 for item in readings), default=0) - _AGREED_DEPTH
    if common <= 0 or len(readings) < 2:
        return {}
    hashes = {id(item): _hash_at(item, common) for item in readings}
    told = [found for found in hashes.values() if found is not None]
    most = max(told, key=told.count, default=None)
    return {
        key: f"block {common} is {found}, most nodes have {most}"
        for key, found in hashes.items() if found is not None and found != most
    }


def _hash_at(item: Reading, number: int) -> str | None:
    try:
        block = item.ledger.block(number) if item.ledger is not None else None
    except MulianError:
        return None
    return None if block is None else block.hash


def _targets(session: Session, url: str) -> list[Target]:
    node = queries.own(session)
    if node is None:
        node = ChainNode(
            id=ids.new(), name=OWN_NAME, url=url, role="validator", department_id=None, created_at=clock.now(),
            own=True, enabled=True, managed=True, enode=None, signer=None, contact="", declared=[],
            engine=None, state="unknown",
            since=None, members=None, lists=None, version=1,
        )
        session.add(node)
    node.url = url
    session.flush()
    return [target_of(row) for row in queries.enabled(session)]


def _store(session: Session, taken: list[tuple[Target, Reading]]) -> None:
    now = clock.now()
    for target, reading in taken:
        node = session.get(ChainNode, target.id)
        if node is None or not node.enabled:
            continue
        _keep(session, node, reading, now)
    queries.delete_before(session, now - RETENTION)


def _keep(session: Session, node: ChainNode, reading: Reading, now: datetime) -> None:
    values: dict[str, Any] = {
        name: getattr(reading, name)
        for name in ("state", "height", "head_at", "pending", "latency", "version", "reason", "lag", "peers", "skew")
    }
    session.add(ChainNodeSample(id=ids.new(), node_id=node.id, at=now, **values))
    if node.state != reading.state:
        node.state, node.since = reading.state, now
    if reading.engine is not None:
        node.engine, node.members = reading.engine, reading.members
        # what an operator registered stands: a node may know itself by another address than its peers do
        node.enode, node.signer = node.enode or reading.enode, node.signer or reading.signer
        if reading.members is not None and node.signer is not None:
            node.role = "validator" if node.signer in reading.members else "observer"
    _add_to_hour(session, node, reading, now)


def _add_to_hour(session: Session, node: ChainNode, reading: Reading, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = session.get(ChainNodeHour, (node.id, hour))
    if row is None:
        row = ChainNodeHour(
            node_id=node.id, hour=hour, samples=0, states={}, height=None, lag_max=0, latency_sum=0, latency_max=0
        )
        session.add(row)
    row.samples += 1
    row.states = {**row.states, reading.state: row.states.get(reading.state, 0) + 1}
    row.height = row.height if reading.height is None else reading.height
    row.lag_max = max(row.lag_max, reading.lag or 0)
    row.latency_sum += reading.latency or 0
    row.latency_max = max(row.latency_max, reading.latency or 0)
