"""Finding likely duplicates of one entry and of all, deciding about pairs, and listing conflicts of sources."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from catalog.duplicates import queries, rules
from catalog.duplicates.conflicts import Conflict, conflicts
from catalog.duplicates.errors import PAIR_UNKNOWN, REASON_MISSING
from catalog.duplicates.models import DuplicateDecision, LikelyDuplicate
from catalog.duplicates.queries import EntryLook
from catalog.duplicates.rules import LIKELY, Likeness
from catalog.nodes import service as nodes
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import slices, visible
from catalog.permissions import REVIEW
from kernel import clock
from kernel.audit.service import record
from kernel.db import Database
from kernel.identity.actor import Actor, require

TWINS = 100
"""Entries that one entry is compared with in full."""


@dataclass(frozen=True)
class Twin:
    """An entry of another department that looks like the one asked about."""

    entry_id: uuid.UUID
    code: str
    name: str
    status: str
    department_id: uuid.UUID
    department: str
    likeness: Likeness
    verdict: str | None
    reason: str | None


def refresh(database: Database) -> int:
    """Compare all entries and keep the likely pairs in place of those kept before; how many there are."""
    at = clock.now()
    with database.read() as session:
        found = rules.likely(queries.looks(session))
    rows = []
    for one, other, likeness in found:
        left, right = sorted((one, other), key=lambda look: look.key)
        rows.append({
            "left_id": left.key, "right_id": right.key, "left_department_id": left.department,
            "right_department_id": right.department, **vars(likeness), "computed_at": at,
        })
    return database.run(lambda session: _keep(session, rows))


def _keep(session: Session, rows: list[dict[str, Any]]) -> int:
    session.execute(delete(LikelyDuplicate))
    table: Any = LikelyDuplicate.__table__
    # an entry may have gone since it was read
    known = set(queries.existing(session, {row[side] for row in rows for side in ("left_id", "right_id")}))
    kept = [row for row in rows if row["left_id"] in known and row["right_id"] in known]
    if kept:
        session.execute(insert(table), kept)
    return len(kept)


def twins(session: Session, actor: Actor, entry_id: uuid.UUID, least: int = LIKELY) -> list[Twin]:
    """What looks like an entry now, in other departments, as far as the actor sees it; the most alike first.

    The search index names the entries that share a rare part of the title or enough items; only those are read.
    """
    nodes.found(session, actor, "data_entry", entry_id)
    own = next(iter(queries.looks(session, DataEntry.id == entry_id)), None)
    if own is None:
        return []
    needed, total = rules.part_needed(least), queries.entries_count(session)
    holders = {gram: queries.holding(session, gram) for gram in own.title}
    counts = {gram: max(1, len(held)) for gram, held in holders.items()}
    weights = rules.Weights.of_counts(counts, total)
    near = {other for gram in rules.rarest(own.title, counts, weights.of, needed) for other in holders[gram]}
    near.update(queries.sharing_items(session, queries.item_names(session, entry_id), needed))
    seen = queries.shown(session, actor, near - {entry_id})
    decided = queries.decisions(session, entry_id)
    found: list[Twin] = []
    for other, likeness in _alike(session, own, _looks_of(session, seen), counts, total, least):
        decision = decided.get(other.key)
        code, name, status, department_id, department = seen[other.key]
        found.append(Twin(
            other.key, code, name, status, department_id, department, likeness,
            decision.verdict if decision else None, decision.reason if decision else None,
        ))
    return sorted(found, key=lambda twin: (-twin.likeness.score, twin.code))


def _alike(
    session: Session, own: EntryLook, others: Iterable[EntryLook], counts: dict[str, int], total: int, least: int
) -> Iterator[tuple[EntryLook, Likeness]]:
    """The others that reach ``least``. Bigrams that only they hold are counted for those that can still reach it."""
    hopeful = rules.Weights.of_counts(counts, total, others=rules.CROWD)
    scored = [
        (rules.compare(own, other, hopeful).score, other) for other in others if other.department != own.department
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].key))
    near = [other for score, other in scored if score >= least][:TWINS]
    unknown = {gram for other in near for gram in other.title} - counts.keys()
    weights = rules.Weights.of_counts(
        {**counts, **{gram: max(1, len(queries.holding(session, gram))) for gram in unknown}}, total
    )
    for other in near:
        likeness = rules.compare(own, other, weights)
        if likeness.score >= least:
            yield other, likeness


def _looks_of(session: Session, ids: Iterable[uuid.UUID]) -> list[EntryLook]:
    return [
        look for some in slices(list(ids)) for look in queries.looks(session, DataEntry.id.in_(some))
    ]


def decide(
    session: Session, actor: Actor, one_id: uuid.UUID, other_id: uuid.UUID, verdict: str, reason: str
) -> DuplicateDecision:
    """Say that a pair is different (it leaves the list) or the same (it stays, with the reason); may be changed.

    The reviewer of either department decides. Raises ``catalog.duplicate.unknown`` and ``.reason_missing``.
    """
    if not reason.strip():
        raise REASON_MISSING()
    left_id, right_id = sorted((one_id, other_id))
    seen = queries.shown(session, actor, (left_id, right_id))
    if len(seen) != 2:
        raise PAIR_UNKNOWN()
    own = next((row[3] for row in seen.values() if actor.sees(row[3])), None)
    require(actor, REVIEW, department_id=own or seen[left_id][3])
    audit_id = record(
        session, actor, action="catalog.duplicate.decide", object_type="data_entry", object_id=str(left_id),
        detail={"other": str(right_id), "verdict": verdict, "reason": reason}, department_id=own,
    )
    row = session.get(DuplicateDecision, (left_id, right_id))
    if row is None:
        row = DuplicateDecision(left_id=left_id, right_id=right_id)
        session.add(row)
    row.verdict, row.reason, row.decided_by, row.decided_name = verdict, reason.strip(), actor.user_id, actor.name
    row.decided_at, row.audit_id = clock.now(), audit_id
    session.flush()
    return row


def source_conflicts(session: Session, actor: Actor, department_id: uuid.UUID | None) -> list[Conflict[uuid.UUID]]:
    """Items that entries of several departments claim, of entries that the actor sees."""
    found = conflicts(queries.looks(session, DataEntry.authoritative.is_(True), visible(actor, DataEntry)))
    if department_id is None:
        return found
    return [one for one in found if any(claim.department == department_id for claim in one.claims)]
