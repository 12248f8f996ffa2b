"""Use cases of the evidence service: store digests, look at them, make proofs, answer the public question."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.anchoring import service as anchoring
from chain.anchoring.models import AnchorBatch
from chain.apps import queries, rules, usage
from chain.apps.errors import (
    EVIDENCE_CONFLICT,
    EVIDENCE_ITEM,
    EVIDENCE_NO_APP,
    EVIDENCE_QUOTA,
    EVIDENCE_STREAM,
    EVIDENCE_SUSPENDED,
)
from chain.apps.models import ChainApp, ChainAppPlace, Evidence, EvidenceCall
from chain.apps.rules import Environment, Item, Step
from crypto.lookups.port import Caller
from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3
from kernel.errors import IDEMPOTENCY_REUSED, NOT_FOUND
from kernel.identity.actor import Actor
from kernel.runtime import Runtime

OBJECT = "evidence"
PUBLIC_LIMIT = 20


@dataclass(frozen=True)
class Place:
    """Where a verified caller stands."""

    app: ChainApp
    place: ChainAppPlace
    actor: Actor


@dataclass(frozen=True)
class Receipt:
    """A piece of evidence. ``state``: waiting (no index yet), sent (its batch is on its way) or anchored (final).

    ``repeated``: it had been stored before this call.
    """

    id: uuid.UUID
    client_id: str
    digest: str
    stream: str
    environment: Environment
    state: str
    created_at: datetime
    index: int | None = None
    batch_seq: int | None = None
    tx_hash: str | None = None
    block_number: int | None = None
    block_time: datetime | None = None
    repeated: bool = False


@dataclass(frozen=True)
class Stored:
    """What one call did. ``replayed``: its Idempotency-Key had been used for the same body."""

    receipts: list[Receipt]
    accepted: int
    replayed: bool


def place_of(session: Session, caller: Caller) -> Place:
    """Return the place of a verified caller; raise ``chain.evidence.no_app`` or ``chain.evidence.suspended``."""
    found = queries.place_of(session, caller.app_id)
    if found is None:
        raise EVIDENCE_NO_APP(name=caller.name)
    app, place = found
    if app.suspended is not None:
        raise EVIDENCE_SUSPENDED(name=app.name, reason=app.suspended)
    actor = Actor(user_id=None, name=f"app:{app.code}", department_id=app.department_id, kind="app")
    return Place(app, place, actor)


def store(
    session: Session, at: Place, *, stream: str, items: Sequence[Item], key: str | None = None, body: bytes = b"",
) -> Stored:
    """Store digests: all of them or none, each exactly once.

    An item whose ``client_id`` the place has already is the same evidence when its content is the same; it costs no
    quota. Raises ``chain.evidence.stream``, ``…item``, ``…conflict``, ``…quota`` (counted, so the caller commits),
    ``kernel.idempotency.reused``.
    """
    if stream != at.place.stream:
        raise EVIDENCE_STREAM(stream=stream, own=at.place.stream)
    for number, item in enumerate(items):
        if reason := rules.fault(item):
            raise EVIDENCE_ITEM(number=number, reason=reason)
    used = usage.count(session, at.place.id, calls=1)  # first: it makes calls of one place queue up
    replayed = _keyed(session, at.place.id, key, body)
    known = queries.named(session, at.place.id, [item.name for item in items])
    fresh = _fresh(items, known)
    if used + len(fresh) > at.place.daily_quota:
        usage.count(session, at.place.id, refused=len(fresh))
        raise EVIDENCE_QUOTA(quota=at.place.daily_quota, used=used, asked=len(fresh), until=_midnight())
    if fresh:
        known |= _write(session, at, fresh)
    usage.count(session, at.place.id, stored=len(fresh), repeated=len(items) - len(fresh))
    if key is not None and not replayed:
        session.add(EvidenceCall(
            id=ids.new(), place_id=at.place.id, key=key, body_digest=sm3(body), created_at=clock.now()
        ))
    if (life := rules.after(at.app.life, Step.STORE)) is not None and life != at.app.life:
        at.app.life, at.app.version = life, at.app.version + 1
    return Stored(_receipts(session, at.place, [known[item.name] for item in items], fresh), len(fresh), replayed)


def _keyed(session: Session, place_id: uuid.UUID, key: str | None, body: bytes) -> bool:
    """Whether this very call came before; raise when its key belongs to another body."""
    before = None if key is None else queries.call(session, place_id, key)
    if before is not None and before.body_digest != sm3(body):
        raise IDEMPOTENCY_REUSED()
    return before is not None


def _fresh(items: Sequence[Item], known: dict[str, Evidence]) -> dict[str, Item]:
    """Return the items that are new, by name; raise ``chain.evidence.conflict`` for a name with another content."""
    fresh: dict[str, Item] = {}
    contents = {name: row.content for name, row in known.items()}
    for number, item in enumerate(items):
        content = item.content()
        if contents.setdefault(item.name, content) != content:
            raise EVIDENCE_CONFLICT(number=number, client_id=item.name)
        if item.name not in known:
            fresh.setdefault(item.name, item)
    return fresh


def _write(session: Session, at: Place, fresh: dict[str, Item]) -> dict[str, Evidence]:
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {"id": ids.new(), "place_id": at.place.id, "client_id": name, "digest": item.digest, "content": item.content(),
         "created_at": now}
        for name, item in fresh.items()
    ]
    audit_id = record(
        session, at.actor, action="chain.evidence.store", object_type="chain_app", object_id=str(at.app.id),
        detail={"stream": at.place.stream, "count": len(rows), "first": str(rows[0]["id"])},
        department_id=at.app.department_id,
    )
    unit = queries.department_name(session, at.app.department_id)
    leaves = [
        anchoring.NewLeaf(
            _record(at, unit, name, item, now), OBJECT, str(row["id"]), 1, at.app.department_id, audit_id
        )
        for row, (name, item) in zip(rows, fresh.items(), strict=True)
    ]
    leaf_ids = anchoring.append_leaves(session, stream=at.place.stream, leaves=leaves)
    for row, leaf_id in zip(rows, leaf_ids, strict=True):
        row["leaf_id"] = leaf_id
    session.execute(insert(Evidence), rows)
    return {row["client_id"]: Evidence(**row) for row in rows}


def _record(at: Place, unit: str, name: str, item: Item, now: datetime) -> dict[str, Any]:
    """What the leaf commits to and the proof shows."""
    fields: dict[str, Any] = {
        "application": at.app.code, "client_id": name, "digest": item.digest, "environment": at.place.environment,
        "received_at": clock.iso(now), "unit": unit,
    }
    if item.salt is not None:
        fields["salt"] = item.salt
    return fields | ({"meta": dict(item.meta)} if item.meta else {})


def _receipts(
    session: Session, place: ChainAppPlace, rows: Sequence[Evidence], fresh: dict[str, Item]
) -> list[Receipt]:
    standing = queries.standing(session, [row for row in rows if row.client_id not in fresh])
    return [_receipt(place, row, *standing.get(row.id, (None, None)), row.client_id not in fresh) for row in rows]


def _receipt(
    place: ChainAppPlace, row: Evidence, index: int | None, batch: AnchorBatch | None, repeated: bool = False
) -> Receipt:
    state = "waiting" if batch is None else "anchored" if batch.state == "final" else "sent"
    known = Receipt(
        row.id, row.client_id, row.digest, place.stream, Environment(place.environment), state, row.created_at, index,
        repeated=repeated,
    )
    if batch is None:
        return known
    return replace(
        known, batch_seq=batch.seq, tx_hash=batch.tx_hash, block_number=batch.block_number, block_time=batch.block_time
    )


def _midnight() -> str:
    """When today's quota ends, RFC 3339."""
    return clock.iso(clock.day_bounds(usage.today())[1])


def receipt(session: Session, at: Place, evidence_id: uuid.UUID) -> Receipt:
    """Return one piece of the place's own evidence as it stands; 404 for others'."""
    row = _own(session, at, evidence_id)
    return _receipt(at.place, row, *queries.standing(session, [row])[row.id])


def page(
    session: Session, at: Place, *, digest: str | None, client_id: str | None, after: uuid.UUID | None, size: int
) -> tuple[list[Receipt], uuid.UUID | None]:
    """Return evidence of the place, oldest first, and the id to go on after (None at the end)."""
    query = queries.of_place(at.place.id, digest=digest, client_id=client_id, after=after)
    rows = list(session.scalars(query.limit(size + 1)))
    shown = rows[:size]
    standing = queries.standing(session, shown)
    return [_receipt(at.place, row, *standing[row.id]) for row in shown], shown[-1].id if len(rows) > size else None


def proof(session: Session, at: Place, evidence_id: uuid.UUID) -> bytes:
    """Return the proof file; raise ``chain.anchor.not_final`` before the batch is final."""
    return anchoring.proof_for(session, _own(session, at, evidence_id).leaf_id)


def note_proof(runtime: Runtime, place_id: uuid.UUID) -> None:
    """Count a proof that was handed out, in a unit of its own: reading has none to write in."""
    runtime.database.run(lambda session: usage.count(session, place_id, proofs=1), write=True)


def _own(session: Session, at: Place, evidence_id: uuid.UUID) -> Evidence:
    row = session.get(Evidence, evidence_id)
    if row is None or row.place_id != at.place.id:
        raise NOT_FOUND()
    return row


@dataclass(frozen=True)
class Standing:
    """Where a place stands today: quota and stream."""

    application: str
    name: str
    environment: str
    stream: str
    life: str
    quota: int
    used: int
    resets_at: datetime
    stored: int
    anchored: int
    waiting: int
    last_anchored_at: datetime | None


def standing(session: Session, app: ChainApp, place: ChainAppPlace) -> Standing:
    """Return today's quota and how far the stream is."""
    day = usage.today()
    today = queries.uses(session, place.id, day, day)
    stored, waiting = queries.totals(session, place.id)["stored"], queries.waiting_of(session, place.stream)
    last = queries.last_anchored(session, place.stream)
    return Standing(
        app.code, app.name, place.environment, place.stream, app.life, place.daily_quota,
        today[0].stored if today else 0, clock.day_bounds(day)[0] + timedelta(days=1), stored, max(0, stored - waiting),
        waiting, last.final_at if last else None,
    )


@dataclass(frozen=True)
class Seen:
    """What anybody with the digest may know: that it is on the chain, since when, and by whom."""

    unit: str
    application: str
    stream: str
    index: int
    block_number: int | None
    block_time: datetime | None


def check(session: Session, digest: str) -> list[Seen]:
    """公开核验: anchored production evidence of a digest, oldest first, at most twenty; others are not shown."""
    rows = session.execute(queries.open_to_all(digest, PUBLIC_LIMIT))
    return [
        Seen(unit, app.name, leaf.stream, leaf.index or 0, batch.block_number, batch.block_time)
        for _, app, leaf, batch, unit in rows
    ]
