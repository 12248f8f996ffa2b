"""The SELECTs of proposals."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, true
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, DataItem
from catalog.nodes.queries import slices
from catalog.proposals.models import CatalogProposal
from kernel.identity.actor import Actor

_PAGE = 2000


def _in_scope(actor: Actor, model: Any) -> ColumnElement[bool]:
    return true() if actor.kind == "system" or actor.scope == "all" else model.department_id == actor.department_id


def listed(
    actor: Actor, *, state: str | None = None, kind: str | None = None, department_id: uuid.UUID | None = None,
    entry_id: uuid.UUID | None = None,
) -> Select[CatalogProposal]:
    """Proposals that an actor sees, oldest first."""
    query = select(CatalogProposal).where(_in_scope(actor, CatalogProposal))
    for column, value in (
        (CatalogProposal.state, state), (CatalogProposal.kind, kind),
        (CatalogProposal.department_id, department_id), (CatalogProposal.entry_id, entry_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query.order_by(CatalogProposal.created_at, CatalogProposal.id)


def one(session: Session, actor: Actor, proposal_id: uuid.UUID) -> CatalogProposal | None:
    """A proposal that an actor sees."""
    return session.scalar(select(CatalogProposal).where(
        CatalogProposal.id == proposal_id, _in_scope(actor, CatalogProposal)
    ))


def entries_without_items(
    session: Session, actor: Actor, *, batch_id: uuid.UUID | None, department_id: uuid.UUID | None
) -> Iterator[list[Any]]:
    """(id, name, abstract, department) of entries in scope that have no item yet, a page at a time."""
    columns = (DataEntry.id, DataEntry.code, DataEntry.name, DataEntry.abstract, DataEntry.department_id)
    query = select(*columns).where(
        _in_scope(actor, DataEntry), DataEntry.status != "withdrawn",
        ~exists().where(DataItem.entry_id == DataEntry.id),
    )
    if batch_id is not None:
        query = query.where(DataEntry.batch_id == batch_id)
    if department_id is not None:
        query = query.where(DataEntry.department_id == department_id)
    last = ""
    while page := list(session.execute(query.where(DataEntry.code > last).order_by(DataEntry.code).limit(_PAGE))):
        last = page[-1].code
        yield page


def known_marks(session: Session, marks: Sequence[str]) -> set[str]:
    """Those of the marks that were proposed before."""
    found: set[str] = set()
    for start in range(0, len(marks), _PAGE // 2):
        some = marks[start : start + _PAGE // 2]
        found.update(session.scalars(select(CatalogProposal.mark).where(CatalogProposal.mark.in_(some))))
    return found


def entries_named(session: Session, actor: Actor) -> Iterator[Any]:
    """(id, name, department) of every entry in scope that is not withdrawn."""
    query = select(DataEntry.id, DataEntry.name, DataEntry.department_id)
    query = query.where(_in_scope(actor, DataEntry), DataEntry.status != "withdrawn")
    yield from session.execute(query.execution_options(yield_per=_PAGE))


def by_ids(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> list[CatalogProposal]:
    """Open proposals that an actor sees."""
    return [
        row for some in slices(ids) for row in session.scalars(select(CatalogProposal).where(
            CatalogProposal.id.in_(some), CatalogProposal.state == "open", _in_scope(actor, CatalogProposal)
        ))
    ]
