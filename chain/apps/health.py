"""单位上链健康: per department, how old its oldest record is that is not on the chain, and what stands in the way."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chain.anchoring import tallies
from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorStream
from chain.apps import usage
from chain.apps.models import ChainApp, ChainAppPlace, EvidenceUse
from chain.apps.queries import CALLBACKS
from chain.nodes import queries as nodes
from chain.nodes.models import ChainNode, ChainNodeSample
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState

LATE = timedelta(minutes=10)
LAG_BLOCKS = 10


@dataclass(frozen=True)
class NodeView:
    """A department's own node: its name, newest state, and how many blocks it is behind the highest one."""

    name: str
    state: str
    lag: int | None


@dataclass
class UnitHealth:
    """One department. ``oldest_waiting`` is None when everything it stored is final."""

    records: int = 0
    waiting: int = 0
    oldest_waiting: datetime | None = None
    last_anchored: datetime | None = None
    halted: list[str] = field(default_factory=list)
    callback_dead: int = 0
    refused_today: int = 0
    apps: int = 0
    node: NodeView | None = None

    def state(self, now: datetime) -> str:
        """Return failing, late, waiting, ok or silent, the worst that holds."""
        node = self.node is not None and (self.node.state in ("down", "stalled") or (self.node.lag or 0) > LAG_BLOCKS)
        if self.halted or self.callback_dead or node:
            return "failing"
        if self.oldest_waiting is not None:
            return "late" if now - self.oldest_waiting > LATE else "waiting"
        return "ok" if self.records else "silent"


def departments(actor: Actor, words: str = "") -> Select[Department]:
    """Return the departments of the actor's scope that are valid now, in their order."""
    now = clock.now()
    query = select(Department).where(
        Department.valid_from <= now, or_(Department.valid_to.is_(None), Department.valid_to > now)
    )
    if actor.kind != "system" and actor.scope != "all":
        query = query.where(Department.id == actor.department_id)
    text = words.strip().lower()
    if text:
        columns = (Department.name, Department.short_name, Department.code)
        query = query.where(or_(*(func.lower(one).contains(text, autoescape=True) for one in columns)))
    return query.order_by(Department.sort, Department.name, Department.id)


def read(session: Session, department_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, UnitHealth]:
    """Return the health of some departments; all of it is counted from rows, no node is asked."""
    found = {one: UnitHealth() for one in department_ids}
    _records(session, found)
    _waiting(session, found)
    _apps(session, found)
    _nodes(session, found)
    return found


def _records(session: Session, found: Mapping[uuid.UUID, UnitHealth]) -> None:
    for department, number in tallies.final_records(session, list(found)).items():
        unit = found[department]
        unit.records = number
        if number:  # one step along the index of a department's leaves, newest first
            unit.last_anchored = session.scalar(
                select(AnchorBatch.final_at).join(AnchorLeaf, AnchorLeaf.batch_id == AnchorBatch.id)
                .where(AnchorLeaf.department_id == department, AnchorBatch.state == "final")
                .order_by(AnchorLeaf.created_at.desc()).limit(1)
            )


def _waiting(session: Session, found: Mapping[uuid.UUID, UnitHealth]) -> None:
    halted = set(session.scalars(select(AnchorStream.name).where(AnchorStream.state == "halted")))
    prepared = select(AnchorBatch.id).where(AnchorBatch.state == "prepared")
    columns = (AnchorLeaf.department_id, AnchorLeaf.stream, func.count(), func.min(AnchorLeaf.created_at))
    for chosen in (AnchorLeaf.batch_id.is_(None), AnchorLeaf.batch_id.in_(prepared)):
        # of all departments: naming some would make the database walk along every leaf that they ever had
        rows = session.execute(select(*columns).where(chosen).group_by(AnchorLeaf.department_id, AnchorLeaf.stream))
        for department, stream, number, oldest in rows:
            unit = None if department is None else found.get(department)
            if unit is None:
                continue
            unit.waiting += number
            unit.records += number
            unit.oldest_waiting = min(filter(None, (unit.oldest_waiting, oldest)))
            if stream in halted and stream not in unit.halted:
                unit.halted.append(stream)


def _apps(session: Session, found: Mapping[uuid.UUID, UnitHealth]) -> None:
    owners: dict[str, UnitHealth] = {}
    rows = session.execute(
        select(ChainApp.department_id, ChainAppPlace.stream, ChainAppPlace.environment, EvidenceUse.refused)
        .join(ChainAppPlace, ChainAppPlace.app_id == ChainApp.id)
        .outerjoin(EvidenceUse, (EvidenceUse.place_id == ChainAppPlace.id) & (EvidenceUse.day == usage.today()))
        .where(ChainApp.department_id.in_(found))
    )
    for department, stream, environment, refused in rows:
        unit = owners[stream] = found[department]
        unit.apps += environment == "test"  # every application has exactly one
        unit.refused_today += refused or 0
    dead = session.execute(
        select(OutboxMessage.key, func.count())
        .where(OutboxMessage.topic == CALLBACKS, OutboxMessage.state == MessageState.DEAD).group_by(OutboxMessage.key)
    )
    for key, number in dead:
        if key is not None and key in owners:
            owners[key].callback_dead += number


def _nodes(session: Session, found: Mapping[uuid.UUID, UnitHealth]) -> None:
    seen = [(node, nodes.latest_sample(session, node.id)) for node in nodes.nodes(session)]
    highest = max((sample.height for _, sample in seen if sample and sample.height is not None), default=None)
    for node, sample in seen:
        if node.department_id is not None and node.department_id in found:
            found[node.department_id].node = _node(node, sample, highest)


def _node(node: ChainNode, sample: ChainNodeSample | None, highest: int | None) -> NodeView:
    if sample is None:
        return NodeView(node.name, "unknown", None)
    lag = highest - sample.height if highest is not None and sample.height is not None else None
    return NodeView(node.name, sample.state, lag)
