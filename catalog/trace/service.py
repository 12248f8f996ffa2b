"""Tracing: from anything up to the legal basis, or down to the columns, in a constant number of statements."""

import uuid
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.links import service as links
from catalog.links.kinds import ENDS
from catalog.trace import queries
from catalog.trace.queries import STEPS, Pair, Step
from catalog.trace.rules import ORDER, gaps, steps
from catalog.trace.schemas import TraceEdge, TraceLevel, TraceNode, TraceOut
from kernel.identity.actor import Actor

LIMIT: Final = 5000
"""Links that one step follows at most; ``cut`` names the levels that are not whole."""


class _Walk:
    """The levels reached so far, and the pairs that led there."""

    def __init__(self, session: Session, key: str, start: uuid.UUID) -> None:
        self._session = session
        self.reached: dict[str, dict[uuid.UUID, None]] = {one: {} for one in ORDER}
        self.reached[key][start] = None
        self.pairs: dict[str, dict[Pair, None]] = {}
        self.followed: dict[tuple[str, str], set[uuid.UUID]] = {}
        self.cut: set[str] = set()

    def go(self, source: str, target: str) -> None:
        """Follow one step from everything reached on level ``source``."""
        step, side = _step(source, target)
        found = queries.pairs(self._session, step, side, list(self.reached[source]), LIMIT + 1)
        if len(found) > LIMIT:
            self.cut.add(target)
        else:
            self.followed[source, target] = {pair[0 if side == "upper" else 1] for pair in found}
        for pair in found[:LIMIT]:
            self.pairs.setdefault(step.link, {})[pair] = None
            self.reached[target][pair[1 if side == "upper" else 0]] = None


def _step(source: str, target: str) -> tuple[Step, str]:
    for step in STEPS:
        if {step.upper, step.lower} == {source, target}:
            return step, "upper" if step.upper == source else "lower"
    raise ValueError(f"no step from {source} to {target}")


def trace(session: Session, actor: Actor, key: str, node_id: uuid.UUID, direction: str) -> TraceOut:
    """What lies above (``up``: the legal basis) or below (``down``: the columns) of a node, item or column.

    Raises ``catalog.node.unknown`` where the actor does not see the start; other nodes that the actor does not see
    are left out.
    """
    links.visible_end(session, actor, key, node_id)
    walk = _Walk(session, key, node_id)
    for source, target in steps(key, direction):
        walk.go(source, target)
    levels = [_level(session, actor, one, list(walk.reached[one])) for one in ORDER if walk.reached[one]]
    seen = {node.id: node for level in levels for node in level.nodes}
    edges = [
        TraceEdge(link=name, upper=upper, lower=lower)
        for name, pairs in walk.pairs.items() for upper, lower in pairs if upper in seen and lower in seen
    ]
    shown = {level.kind: [node.id for node in level.nodes] for level in levels}
    return TraceOut(
        start=seen[node_id], direction=direction, levels=levels, edges=edges,
        gaps=gaps(shown, walk.followed, direction), cut=sorted(walk.cut),
    )


def _level(session: Session, actor: Actor, key: str, ids: list[uuid.UUID]) -> TraceLevel:
    rows = queries.described(session, actor, key, ids)
    nodes = [TraceNode.model_validate({**row, "kind": key}) for row in rows]
    return TraceLevel(kind=key, zh=ENDS[key].zh, nodes=nodes)


def by_code(session: Session, code: str) -> tuple[str, uuid.UUID]:
    """Level and id of what bears a code, or ``catalog.node.unknown``."""
    for key in ORDER:
        found = queries.by_code(session, key, code)
        if found is not None:
            return key, found
    raise NODE_UNKNOWN(kind="编码")


def as_rows(traced: TraceOut) -> list[dict[str, Any]]:
    """Rows for a terminal: level, code, name, department, and the basis of duties."""
    return [
        {"层级": level.zh, "编码": node.code, "名称": node.name_zh or node.name, "部门": node.department,
         "依据": " ".join(part for part in (node.basis_doc, node.basis_text) if part)}
        for level in traced.levels for node in level.nodes
    ]
