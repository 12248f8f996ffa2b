"""Nodes and their lists as targets of the watch: its machine makes an alarm once and clears it."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.nodes import queries
from chain.nodes.models import ChainNode
from chain.nodes.rules import RUNNING, STATE_TITLES
from chain.nodes.sampling import POLL_SECONDS
from kernel import clock
from kernel.runtime import Runtime
from kernel.watch.registry import ProbeFailed, TargetSpec, callable_probe, target_source
from kernel.watch.rules import Policy

_HEALTH, _LISTS = "chain.node", "chain.lists"
# one look may fall into a restart; two in a row are an alarm
_POLICY = Policy(interval=POLL_SECONDS, down_after=2, up_after=2, late_after=180)
# drift is a fact, not a flicker
_ONCE = Policy(interval=60, down_after=1, up_after=1, late_after=600)
_STALE = timedelta(seconds=6 * POLL_SECONDS)


def targets(session: Session) -> list[TargetSpec]:
    """Return one target a node for its health, and one for its lists where the platform sets them."""
    found = []
    for row in queries.enabled(session):
        spec = {"node_id": str(row.id)}
        found.append(TargetSpec(
            f"chain.node.{row.id}", "callable", f"链节点 {row.name}", f"chain node {row.name}", {"name": _HEALTH, **spec},
            _POLICY, row.department_id,
        ))
        if row.managed:
            found.append(TargetSpec(
                f"chain.lists.{row.id}", "callable", f"链节点 {row.name} 的准入名单", f"allow-lists of chain node {row.name}",
                {"name": _LISTS, **spec}, _ONCE, row.department_id,
            ))
    return found


def probe_health(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Say what the newest look showed; no new look is the prober's own failure, not the node's."""
    with runtime.database.read() as session:
        row = _node(session, spec)
        sample = queries.latest_sample(session, row.id)
        if sample is None or clock.now() - sample.at > _STALE:
            raise RuntimeError("no recent look at the node")
        if row.state not in RUNNING:
            raise ProbeFailed(f"{STATE_TITLES[row.state][0]} {sample.reason or ''}".strip())


def probe_lists(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Fail while the last comparison found drift."""
    with runtime.database.read() as session:
        drift = (_node(session, spec).lists or {}).get("drift")
    if drift:
        raise ProbeFailed("；".join(drift)[:300])


def _node(session: Session, spec: dict[str, Any]) -> ChainNode:
    row = session.get(ChainNode, uuid.UUID(spec["node_id"]))
    if row is None:
        raise LookupError("the node is gone")
    return row


target_source("chain.nodes", targets)
callable_probe(_HEALTH, probe_health)
callable_probe(_LISTS, probe_lists)
