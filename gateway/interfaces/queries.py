"""Reads of interfaces."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.interfaces.rules import OPEN


def listing(*, state: str | None, query: str | None, entry_id: uuid.UUID | None = None) -> Select[Interface]:
    """Return interfaces by code, filtered."""
    rows = select(Interface).order_by(Interface.code)
    if entry_id:
        rows = rows.where(Interface.entry_id == entry_id)
    if state:
        rows = rows.where(Interface.state == state)
    if query:
        rows = rows.where(or_(Interface.code.contains(query, autoescape=True),
            Interface.name.contains(query, autoescape=True)))
    return rows


def by_code(session: Session, code: str) -> Interface | None:
    """Return an interface."""
    return session.scalar(select(Interface).where(Interface.code == code))


def by_path(session: Session, path: str) -> Interface | None:
    """Return the interface of a path."""
    return session.scalar(select(Interface).where(Interface.path == path))


def published_for(session: Session, entry_id: uuid.UUID) -> Sequence[Interface]:
    """Return the published interfaces of an entry."""
    return session.scalars(
        select(Interface).where(Interface.entry_id == entry_id, Interface.state == "published").order_by(Interface.code)
    ).all()


def revisions(session: Session, interface_id: uuid.UUID) -> Sequence[InterfaceRevision]:
    """Return all revisions, newest first."""
    return session.scalars(
        select(InterfaceRevision).where(InterfaceRevision.interface_id == interface_id)
        .order_by(InterfaceRevision.number.desc())
    ).all()


def revision(session: Session, interface_id: uuid.UUID, number: int) -> InterfaceRevision | None:
    """Return one revision by its number."""
    return session.scalar(
        select(InterfaceRevision).where(
            InterfaceRevision.interface_id == interface_id, InterfaceRevision.number == number,
        )
    )


def open_states(session: Session, interface_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return interface id → state of its open revision, of those that have one."""
    return dict(session.execute(
        select(InterfaceRevision.interface_id, InterfaceRevision.state).where(
            InterfaceRevision.interface_id.in_(interface_ids), InterfaceRevision.state.in_(OPEN),
        )
    ).tuples().all())


def open_revision(session: Session, interface_id: uuid.UUID) -> InterfaceRevision | None:
    """Return the revision that is being worked on."""
    return session.scalar(
        select(InterfaceRevision).where(
            InterfaceRevision.interface_id == interface_id, InterfaceRevision.state.in_(OPEN),
        )
    )


def served(session: Session) -> Sequence[tuple[Interface, InterfaceRevision]]:
    """Return every published or retired interface with the revision it serves (or last served), by code."""
    rows = session.execute(
        select(Interface, InterfaceRevision)
        .join(InterfaceRevision, (InterfaceRevision.interface_id == Interface.id)
              & (InterfaceRevision.number == Interface.revision))
        .where(Interface.state.in_(("published", "retired"))).order_by(Interface.code)
    )
    return [(interface, revision) for interface, revision in rows]


def tested(session: Session) -> Sequence[tuple[Interface, InterfaceRevision]]:
    """Return every interface of the test environment with its revision there, by code."""
    rows = session.execute(
        select(Interface, InterfaceRevision)
        .join(InterfaceRevision, (InterfaceRevision.interface_id == Interface.id)
              & (InterfaceRevision.number == Interface.test_revision))
        .where(Interface.state != "retired").order_by(Interface.code)
    )
    return [(interface, revision) for interface, revision in rows]


def in_canary(session: Session) -> dict[uuid.UUID, InterfaceRevision]:
    """Return interface id → the revision that a part of its calls gets."""
    rows = session.scalars(select(InterfaceRevision).where(InterfaceRevision.state == "canary"))
    return {row.interface_id: row for row in rows}


def due_revisions(session: Session, today: date) -> Sequence[tuple[Interface, InterfaceRevision]]:
    """Return announced revisions whose day has come, by code."""
    rows = session.execute(
        select(Interface, InterfaceRevision).join(Interface, Interface.id == InterfaceRevision.interface_id)
        .where(InterfaceRevision.state == "scheduled", InterfaceRevision.effective_on <= today)
        .order_by(Interface.code)
    )
    return [(interface, revision) for interface, revision in rows]


def due_endings(session: Session, today: date) -> Sequence[Interface]:
    """Return published interfaces whose announced end has come, by code."""
    return session.scalars(
        select(Interface).where(Interface.state == "published", Interface.ends_on <= today).order_by(Interface.code)
    ).all()


def entry(session: Session, entry_id: uuid.UUID) -> DataEntry | None:
    """Return the catalog's entry."""
    return session.get(DataEntry, entry_id)


def submitted(session: Session, limit: int) -> Sequence[tuple[Interface, InterfaceRevision]]:
    """Return the revisions that wait for approval with their interfaces, oldest first."""
    query = select(Interface, InterfaceRevision).join(Interface, Interface.id == InterfaceRevision.interface_id)
    query = query.where(InterfaceRevision.state == "submitted").order_by(InterfaceRevision.submitted_at).limit(limit)
    return [(row[0], row[1]) for row in session.execute(query)]


def entries_served(session: Session) -> set[uuid.UUID]:
    """Return the entries that have a published interface."""
    return set(session.scalars(select(Interface.entry_id).where(Interface.state == "published").distinct()))
