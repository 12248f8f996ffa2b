"""Registering and sampling nodes. The network is asked outside any unit of work."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.errors import NODE_NOT_FOUND
from chain.explorer.service import status_of
from chain.ledger.access import ledger_of, url_of
from chain.ledger.port import Ledger
from chain.nodes import queries
from chain.nodes.models import ChainNode, ChainNodeSample
from chain.nodes.rules import judge
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.runtime import Runtime

OWN_NAME = "平台链节点"
RETENTION = timedelta(days=400)
_DEFAULT_PERIOD = 5


@dataclass(frozen=True)
class Reading:
    """One look at a node; ``latency`` is microseconds."""

    state: str
    height: int | None = None
    head_at: datetime | None = None
    pending: int | None = None
    latency: int | None = None
    version: str | None = None
    reason: str | None = None


def read(ledger: Ledger) -> Reading:
    """Ask a node how it is; never raises for a node that is down."""
    started = time.perf_counter()
    try:
        version = ledger.client_version()
        latency = int((time.perf_counter() - started) * 1_000_000)
        status = status_of(ledger)
        block = ledger.block(ledger.height())
    except MulianError as error:
        return Reading("down", reason=error.text("zh")[:300])
    if block is None:
        return Reading("down", reason="no head block")
    return _judged(status or {}, block.number, block.timestamp, latency, version)


def _judged(status: dict[str, Any], height: int, timestamp: int, latency: int, version: str) -> Reading:
    pending = status["pending"] if status else None
    failure = status.get("failure")
    state = judge(
        pending=pending, head_age=int(clock.now().timestamp()) - timestamp,
        period=status.get("period", _DEFAULT_PERIOD), failure=failure, clock_back=status.get("clockBackSeconds", 0),
    )
    return Reading(
        state, height, clock.from_micros(timestamp * 1_000_000), pending, latency, version[:120],
        failure[:300] if failure else None,
    )


def sample(runtime: Runtime) -> Reading:
    """Look at the platform's own node and keep what was seen; registers it at the first time."""
    reading = read(ledger_of(runtime))
    url = url_of(runtime)

    def write(session: Session) -> None:
        node = _own_node(session, url)
        session.add(ChainNodeSample(
            id=ids.new(), node_id=node.id, at=clock.now(), state=reading.state, height=reading.height,
            head_at=reading.head_at, pending=reading.pending, latency=reading.latency, version=reading.version,
            reason=reading.reason,
        ))
        queries.delete_before(session, clock.now() - RETENTION)

    runtime.database.run(write, write=True)
    return reading


def _own_node(session: Session, url: str) -> ChainNode:
    node = queries.own(session, OWN_NAME)
    if node is None:
        node = ChainNode(
            id=ids.new(), name=OWN_NAME, url=url, role="validator", department_id=None, created_at=clock.now()
        )
        session.add(node)
    node.url = url
    session.flush()
    return node


def nodes(session: Session) -> list[tuple[ChainNode, ChainNodeSample | None]]:
    """Return every node with its newest sample."""
    return [(node, queries.latest_sample(session, node.id)) for node in queries.nodes(session)]


def history(session: Session, node_id: uuid.UUID, start: datetime, end: datetime, limit: int) -> list[ChainNodeSample]:
    """Return samples of [start, end), oldest first, the newest ``limit`` of them; raise ``chain.node.not_found``."""
    if session.get(ChainNode, node_id) is None:
        raise NODE_NOT_FOUND()
    return list(queries.samples(session, node_id, start, end, limit))
