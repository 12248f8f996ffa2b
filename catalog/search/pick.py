"""Pickers: a department or a node by name, code or first letters in pinyin."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import visible
from catalog.search.initials import initials
from catalog.search.models import DOC
from catalog.search.queries import ranking, such
from catalog.search.rules import normalise
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def departments(session: Session, q: str, limit: int) -> list[dict[str, Any]]:
    """Departments in force: names that begin with ``q`` first, then its letters, then names that contain it."""
    query = select(Department).order_by(Department.sort, Department.name)
    wanted, now = normalise(q), clock.now()
    found: list[tuple[int, Department]] = []
    for one in session.scalars(query):
        if one.valid_to is not None and one.valid_to <= now:
            continue
        place = _place(one, wanted)
        if place is not None:
            found.append((place, one))
    found.sort(key=lambda pair: pair[0])
    return [{"id": one.id, "code": one.code, "name": one.name, "kind": "department"} for _, one in found[:limit]]


def _place(one: Department, wanted: str) -> int | None:
    if not wanted:
        return 0
    texts = [normalise(text) for text in (one.name, one.short_name, *one.aliases) if text]
    if any(text.startswith(wanted) for text in texts):
        return 0
    letters = [initials(text) for text in texts]
    if any(text.startswith(wanted) for text in letters):
        return 1
    if any(wanted in text for text in (*texts, one.code.lower())):
        return 2
    return 3 if len(wanted) > 1 and any(wanted in text for text in letters) else None


def nodes(
    session: Session, actor: Actor, kind: str, q: str, limit: int, department_id: uuid.UUID | None = None
) -> list[dict[str, Any]]:
    """Nodes of a kind that the actor sees: by first letters from the start of the name, then as in a search."""
    model = KINDS[kind].model
    wanted = normalise(q)
    ids: list[uuid.UUID] = []
    if wanted.isascii() and wanted.isalnum():
        ids = list(session.scalars(_by_letters(session, actor, kind, wanted, department_id).limit(limit)))
    if wanted and len(ids) < limit:
        found = ranking(
            session, q, node_kind=kind, department_id=department_id, model=model, always=[visible(actor, model)]
        )
        ids = list(dict.fromkeys([*ids, *(node_id for _, node_id in found.top(limit))]))[:limit]
    if not wanted:
        query = select(model.id).where(visible(actor, model)).order_by(model.code).limit(limit)
        ids = list(session.scalars(query.where(model.department_id == department_id) if department_id else query))
    rows = {
        node_id: {"id": node_id, "code": code, "name": name, "kind": kind}
        for node_id, code, name in session.execute(select(model.id, model.code, model.name).where(model.id.in_(ids)))
    }
    return [rows[one] for one in ids if one in rows]


def _by_letters(
    session: Session, actor: Actor, kind: str, letters: str, department_id: uuid.UUID | None
) -> Any:
    model = KINDS[kind].model
    query = select(DOC.c.node_id).where(
        _begins(session, letters), DOC.c.node_kind == kind, such(model, visible(actor, model))
    )
    if department_id is not None:
        query = query.where(DOC.c.department_id == department_id)
    return query.order_by(DOC.c.initials, DOC.c.number)


def _begins(session: Session, letters: str) -> ColumnElement[bool]:
    # each in the form that its database answers from the index; letters are [0-9a-z]
    if session.get_bind().dialect.name == "sqlite":
        return DOC.c.initials.op("GLOB", is_comparison=True)(f"{letters}*")
    return DOC.c.initials.like(f"{letters}%")
