"""Every SELECT about applications on the chain, and the counters per day that the run analysis reads."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from chain.anchoring import queries as anchors
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.apps.models import ChainApp, ChainAppPlace, ChainAppReport, Evidence, EvidenceCall, EvidenceUse
from chain.apps.rules import Environment
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState

COUNTED = ("calls", "stored", "repeated", "refused", "proofs", "callbacks")
CALLBACKS = "chain.app.callback"
SLICE = 500


@dataclass(frozen=True)
class UnitUse:
    """What the applications of one department did in one environment over some days."""

    department_id: uuid.UUID
    environment: str
    apps: int
    calls: int
    stored: int
    repeated: int
    refused: int
    proofs: int
    callbacks: int


def visible(actor: Actor, words: str = "") -> Select[ChainApp]:
    """Return the applications an actor sees, newest first; ``words`` of name, code, system or department."""
    query = select(ChainApp).join(Department, Department.id == ChainApp.department_id)
    if actor.kind != "system" and actor.scope != "all":
        query = query.where(ChainApp.department_id == actor.department_id)
    text = words.strip().lower()
    if text:
        columns = (ChainApp.name, ChainApp.code, ChainApp.system_name, Department.name)
        query = query.where(or_(*(func.lower(one).contains(text, autoescape=True) for one in columns)))
    return query.order_by(ChainApp.created_at.desc(), ChainApp.id.desc())


def by_code(session: Session, code: str) -> ChainApp | None:
    """Return the application of a code."""
    return session.scalar(select(ChainApp).where(ChainApp.code == code))


def places(session: Session, app_id: uuid.UUID) -> dict[Environment, ChainAppPlace]:
    """Return an application's places by environment."""
    rows = session.scalars(select(ChainAppPlace).where(ChainAppPlace.app_id == app_id))
    return {Environment(row.environment): row for row in rows}


def place_of(session: Session, credential_id: uuid.UUID) -> tuple[ChainApp, ChainAppPlace] | None:
    """Return whose credential this is, and where."""
    found = session.execute(
        select(ChainApp, ChainAppPlace).join(ChainAppPlace, ChainAppPlace.app_id == ChainApp.id)
        .where(ChainAppPlace.credential_id == credential_id)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def place_of_stream(session: Session, stream: str) -> tuple[ChainApp, ChainAppPlace] | None:
    """Return the place whose stream this is."""
    found = session.execute(
        select(ChainApp, ChainAppPlace).join(ChainAppPlace, ChainAppPlace.app_id == ChainApp.id)
        .where(ChainAppPlace.stream == stream)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def call(session: Session, place_id: uuid.UUID, key: str) -> EvidenceCall | None:
    """Return the keyed call that came before, if any."""
    return session.scalar(select(EvidenceCall).where(EvidenceCall.place_id == place_id, EvidenceCall.key == key))


def named(session: Session, place_id: uuid.UUID, names: Sequence[str]) -> dict[str, Evidence]:
    """Return evidence of a place by the application's own numbers."""
    found: dict[str, Evidence] = {}
    for at in range(0, len(names), SLICE):
        chosen = Evidence.client_id.in_(names[at : at + SLICE])
        rows = session.scalars(select(Evidence).where(Evidence.place_id == place_id, chosen))
        found.update((row.client_id, row) for row in rows)
    return found


def standing(
    session: Session, evidence: Collection[Evidence]
) -> dict[uuid.UUID, tuple[int | None, AnchorBatch | None]]:
    """Return (index, batch) of each piece of evidence by its id; both None while its leaf waits."""
    ids = {row.leaf_id: row.id for row in evidence}
    leaves = list(ids)
    found: dict[uuid.UUID, tuple[int | None, AnchorBatch | None]] = {}
    for at in range(0, len(leaves), SLICE):
        rows = session.execute(
            select(AnchorLeaf.id, AnchorLeaf.index, AnchorBatch)
            .outerjoin(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
            .where(AnchorLeaf.id.in_(leaves[at : at + SLICE]))
        )
        found.update((ids[row[0]], (row[1], row[2])) for row in rows)
    return found


def of_place(
    place_id: uuid.UUID, *, digest: str | None = None, client_id: str | None = None, after: uuid.UUID | None = None,
) -> Select[Evidence]:
    """Return a place's evidence, oldest first, from after one piece on."""
    query = select(Evidence).where(Evidence.place_id == place_id)
    if digest is not None:
        query = query.where(Evidence.digest == digest)
    if client_id is not None:
        query = query.where(Evidence.client_id == client_id)
    if after is not None:
        query = query.where(Evidence.id > after)
    return query.order_by(Evidence.id)


def open_to_all(digest: str, limit: int) -> Select[Evidence, ChainApp, AnchorLeaf, AnchorBatch, str]:
    """Return final evidence of a digest from production streams whose applications allow the public question."""
    return (
        select(Evidence, ChainApp, AnchorLeaf, AnchorBatch, Department.name)
        .join(ChainAppPlace, ChainAppPlace.id == Evidence.place_id)
        .join(ChainApp, ChainApp.id == ChainAppPlace.app_id)
        .join(Department, Department.id == ChainApp.department_id)
        .join(AnchorLeaf, AnchorLeaf.id == Evidence.leaf_id)
        .join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
        .where(
            Evidence.digest == digest, ChainApp.open_check.is_(True), AnchorBatch.state == "final",
            ChainAppPlace.environment == Environment.PRODUCTION,
        )
        .order_by(Evidence.created_at, Evidence.id).limit(limit)
    )


def waiting_of(session: Session, stream: str) -> int:
    """Return how many leaves of a stream are not final."""
    query = select(func.coalesce(func.sum(AnchorBatch.leaves), 0))
    sent = session.scalar(query.where(AnchorBatch.stream == stream, AnchorBatch.state == "prepared"))
    return anchors.waiting_count(session, stream) + int(sent or 0)


def last_anchored(session: Session, stream: str) -> AnchorBatch | None:
    """Return a stream's newest final batch."""
    query = select(AnchorBatch).where(AnchorBatch.stream == stream, AnchorBatch.state == "final")
    return session.scalar(query.order_by(AnchorBatch.epoch.desc(), AnchorBatch.seq.desc()).limit(1))


def part(
    session: Session, batch_id: uuid.UUID, first: int, size: int
) -> Sequence[Row[uuid.UUID, str, str, int | None]]:
    """Return (id, client id, digest, index) of evidence in a batch, from position ``first`` on, in index order."""
    return session.execute(
        select(Evidence.id, Evidence.client_id, Evidence.digest, AnchorLeaf.index)
        .join(AnchorLeaf, AnchorLeaf.id == Evidence.leaf_id)
        .where(AnchorLeaf.batch_id == batch_id).order_by(AnchorLeaf.index).offset(first).limit(size)
    ).all()


def uses(session: Session, place_id: uuid.UUID, first: date, last: date) -> list[EvidenceUse]:
    """Return the counted days of a place, oldest first."""
    return list(session.scalars(
        select(EvidenceUse).where(EvidenceUse.place_id == place_id, EvidenceUse.day >= first, EvidenceUse.day <= last)
        .order_by(EvidenceUse.day)
    ))


def totals(session: Session, place_id: uuid.UUID) -> dict[str, int]:
    """Return everything that was ever counted for a place."""
    columns = [func.coalesce(func.sum(getattr(EvidenceUse, name)), 0) for name in COUNTED]
    row = session.execute(select(*columns).where(EvidenceUse.place_id == place_id)).one()
    return {name: int(number) for name, number in zip(COUNTED, row, strict=True)}


def use_per_unit(session: Session, first: date, last: date) -> list[UnitUse]:
    """Return use per department and environment over Beijing days first..last, for the run analysis."""
    sums = [func.coalesce(func.sum(getattr(EvidenceUse, name)), 0) for name in COUNTED]
    rows = session.execute(
        select(
            ChainApp.department_id, ChainAppPlace.environment, func.count(ChainAppPlace.id.distinct()), *sums
        )
        .join(ChainAppPlace, ChainAppPlace.app_id == ChainApp.id)
        .outerjoin(EvidenceUse, and_(
            EvidenceUse.place_id == ChainAppPlace.id, EvidenceUse.day >= first, EvidenceUse.day <= last,
        ))
        .group_by(ChainApp.department_id, ChainAppPlace.environment)
        .order_by(ChainApp.department_id, ChainAppPlace.environment)
    )
    return [UnitUse(row[0], row[1], *(int(number) for number in row[2:])) for row in rows]


def reports(session: Session, app_id: uuid.UUID) -> list[ChainAppReport]:
    """Return an application's test reports, newest first."""
    query = select(ChainAppReport).where(ChainAppReport.app_id == app_id).order_by(ChainAppReport.number.desc())
    return list(session.scalars(query))


def callbacks(stream: str) -> Select[OutboxMessage]:
    """Return the callbacks of a stream, newest first; delivered ones are forgotten after two weeks."""
    return (
        select(OutboxMessage).where(OutboxMessage.topic == CALLBACKS, OutboxMessage.key == stream)
        .order_by(OutboxMessage.key_seq.desc())
    )


def callback_counts(session: Session, stream: str) -> dict[str, int]:
    """Return how many callbacks of a stream are in each state."""
    rows = session.execute(
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.topic == CALLBACKS, OutboxMessage.key == stream).group_by(OutboxMessage.state)
    )
    return {MessageState(state).value: number for state, number in rows}


def department_name(session: Session, department_id: uuid.UUID) -> str:
    """Return a department's name."""
    return session.get_one(Department, department_id).name
