"""Every SELECT of duplicates and conflicts."""

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.duplicates.models import DuplicateDecision, LikelyDuplicate
from catalog.duplicates.rules import CROWD, Look, grams, words
from catalog.nodes.models import DataEntry, DataItem
from catalog.nodes.queries import slices, visible
from catalog.search.port import Needle
from catalog.search.rules import lookup
from catalog.search.service import full_text
from kernel.identity.actor import Actor
from kernel.identity.models import Department

Left, Right = aliased(DataEntry), aliased(DataEntry)
LeftOwner, RightOwner = aliased(Department), aliased(Department)
EntryLook = Look[uuid.UUID]


def looks(session: Session, *where: ColumnElement[bool]) -> list[EntryLook]:
    """Entries that are not withdrawn, as they are compared, by id; with ``where`` only those."""
    names = department_names(session)
    query = select(DataEntry.id, DataEntry.department_id, DataEntry.name).where(DataEntry.status != "withdrawn", *where)
    rows = session.execute(query.order_by(DataEntry.id)).all()
    below: dict[uuid.UUID, list[tuple[str, str | None]]] = defaultdict(list)
    items = select(DataItem.entry_id, DataItem.name, DataItem.code_set)
    if where:
        parts = [items.where(DataItem.entry_id.in_(some)) for some in slices([row[0] for row in rows])]
    else:
        parts = [items]
    for part in parts:
        for entry_id, name, code_set in session.execute(part):
            below[entry_id].append((name, code_set))
    return [
        Look(
            entry_id, department_id, grams(name, names.get(department_id, ())),
            words(item for item, _ in below[entry_id]), words(code for _, code in below[entry_id]),
        )
        for entry_id, department_id, name in rows
    ]


def department_names(session: Session) -> dict[uuid.UUID, tuple[str, ...]]:
    """Department → every name that it goes by."""
    query = select(Department.id, Department.name, Department.short_name, Department.aliases)
    return {
        department_id: tuple(name for name in (full, short, *aliases) if name)
        for department_id, full, short, aliases in session.execute(query)
    }


def entries_count(session: Session) -> int:
    """Entries that are not withdrawn."""
    return session.scalar(select(func.count()).select_from(DataEntry).where(DataEntry.status != "withdrawn")) or 0


def holding(session: Session, gram: str) -> list[uuid.UUID]:
    """Entries whose title holds a bigram, from the search index, at most CROWD + 1."""
    needle = Needle("title", lookup([gram]), node_kind="data_entry")
    query = full_text(session).candidates(needle, [], CROWD + 1)
    return [node_id for _, node_id in session.execute(query)]


def sharing_items(session: Session, names: Sequence[str], needed: int) -> list[uuid.UUID]:
    """Entries with at least ``needed`` thousandths as many items of these names as there are names."""
    if not names:
        return []
    least = max(1, math.ceil(len(names) * needed / 1000))
    query = select(DataItem.entry_id).where(DataItem.name.in_(names)).group_by(DataItem.entry_id)
    return list(session.scalars(query.having(func.count() >= least).order_by(DataItem.entry_id).limit(CROWD)))


def item_names(session: Session, entry_id: uuid.UUID) -> list[str]:
    """The item names of an entry as they are written."""
    return list(session.scalars(select(DataItem.name).where(DataItem.entry_id == entry_id).distinct()))


def pairs(
    actor: Actor, *, department_id: uuid.UUID | None = None, least: int = 0, decided: bool = False
) -> Select[*tuple[Any, ...]]:
    """Kept pairs of entries that the actor both sees, the most alike first; ``decided``: also those told apart."""
    query = (
        select(
            LikelyDuplicate, Left.code, Left.name, Left.status, LeftOwner.name, Right.code, Right.name, Right.status,
            RightOwner.name, DuplicateDecision.verdict, DuplicateDecision.reason, DuplicateDecision.decided_name,
            DuplicateDecision.decided_by,
        )
        .join(Left, Left.id == LikelyDuplicate.left_id).join(Right, Right.id == LikelyDuplicate.right_id)
        .join(LeftOwner, LeftOwner.id == LikelyDuplicate.left_department_id)
        .join(RightOwner, RightOwner.id == LikelyDuplicate.right_department_id)
        .outerjoin(DuplicateDecision, and_(
            DuplicateDecision.left_id == LikelyDuplicate.left_id, DuplicateDecision.right_id == LikelyDuplicate.right_id
        ))
        .where(visible(actor, Left), visible(actor, Right), LikelyDuplicate.score >= least)
        .where(Left.status != "withdrawn", Right.status != "withdrawn")
    )
    if department_id is not None:
        query = query.where(or_(
            LikelyDuplicate.left_department_id == department_id, LikelyDuplicate.right_department_id == department_id
        ))
    if not decided:
        query = query.where(or_(DuplicateDecision.verdict.is_(None), DuplicateDecision.verdict != "different"))
    return query.order_by(LikelyDuplicate.score.desc(), LikelyDuplicate.left_id, LikelyDuplicate.right_id)


def shown(session: Session, actor: Actor, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Entry → (code, name, status, department id, department), of those that the actor sees."""
    found: dict[uuid.UUID, tuple[Any, ...]] = {}
    query = select(
        DataEntry.id, DataEntry.code, DataEntry.name, DataEntry.status, DataEntry.department_id, Department.name
    ).join(Department, Department.id == DataEntry.department_id)
    for some in slices(list(dict.fromkeys(ids))):
        for row in session.execute(query.where(DataEntry.id.in_(some), visible(actor, DataEntry))):
            found[row[0]] = tuple(row[1:])
    return found


def decisions(session: Session, entry_id: uuid.UUID) -> dict[uuid.UUID, DuplicateDecision]:
    """The other entry → what was decided about the pair."""
    query = select(DuplicateDecision).where(
        or_(DuplicateDecision.left_id == entry_id, DuplicateDecision.right_id == entry_id)
    )
    return {row.right_id if row.left_id == entry_id else row.left_id: row for row in session.scalars(query)}


def existing(session: Session, ids: Iterable[uuid.UUID]) -> Iterator[uuid.UUID]:
    """Which of these entries there are."""
    for some in slices(list(ids)):
        yield from session.scalars(select(DataEntry.id).where(DataEntry.id.in_(some)))
