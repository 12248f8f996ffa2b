"""The SELECTs of the project ledger."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from catalog.ledger.models import LedgerProject
from catalog.nodes.models import System
from catalog.nodes.queries import SLICE, visible
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def projects(
    actor: Actor, *, department_id: uuid.UUID | None, q: str, year: int | None, kind: str | None, stage: str | None
) -> Select[LedgerProject, str]:
    """(project, department name) of the departments in scope, the newest years first."""
    query = select(LedgerProject, Department.name).join(Department, Department.id == LedgerProject.department_id)
    if actor.scope != "all" and actor.kind != "system":
        query = query.where(LedgerProject.department_id == actor.department_id)
    if department_id is not None:
        query = query.where(LedgerProject.department_id == department_id)
    for column, value in ((LedgerProject.year, year), (LedgerProject.kind, kind), (LedgerProject.stage, stage)):
        if value is not None:
            query = query.where(column == value)
    if q:
        query = query.where(or_(
            LedgerProject.project_no.contains(q, autoescape=True), LedgerProject.name.contains(q, autoescape=True)
        ))
    return query.order_by(LedgerProject.year.desc().nulls_last(), LedgerProject.project_no)


def by_number(session: Session, numbers: Sequence[str]) -> dict[str, LedgerProject]:
    """Projects that bear these numbers."""
    found: dict[str, LedgerProject] = {}
    for start in range(0, len(numbers), SLICE):
        query = select(LedgerProject).where(LedgerProject.project_no.in_(numbers[start : start + SLICE]))
        found.update((row.project_no, row) for row in session.scalars(query))
    return found


def systems_with_numbers(session: Session, actor: Actor) -> list[tuple[uuid.UUID, str, str, list[str]]]:
    """(id, code, name, project numbers) of the systems that the actor sees and that name a project."""
    query = select(System.id, System.code, System.name, System.project_numbers).where(
        visible(actor, System), System.status != "withdrawn"
    )
    return [row for row in session.execute(query.order_by(System.code)).tuples() if row[3]]


def department_names(session: Session) -> dict[str, tuple[uuid.UUID, str]]:
    """Name, short name or alias → id and official name of the departments in office; official names win."""
    rows = list(session.scalars(select(Department).where(Department.valid_to.is_(None))))
    found: dict[str, tuple[uuid.UUID, str]] = {}
    for row in rows:
        for word in (*row.aliases, row.short_name):
            if word:
                found.setdefault(word, (row.id, row.name))
    return found | {row.name: (row.id, row.name) for row in rows}
