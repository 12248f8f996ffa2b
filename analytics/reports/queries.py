"""Every SELECT of reports."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from analytics.reports.models import ReportArtifact, ReportInput, ReportRun
from kernel.identity.actor import Actor
from kernel.identity.models import Department

OPEN = ("queued", "running")


def listing(
    actor: Actor, *, year: int | None = None, quarter: int | None = None, department_id: uuid.UUID | None = None
) -> Select[ReportRun]:
    """The runs that an actor sees, newest first. The district's reports are for scope "all"."""
    query = select(ReportRun).order_by(ReportRun.created_at.desc(), ReportRun.id.desc())
    if actor.kind != "system" and actor.scope != "all":
        query = query.where(ReportRun.department_id == actor.department_id)
    for column, value in (
        (ReportRun.year, year), (ReportRun.quarter, quarter), (ReportRun.department_id, department_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def open_run(session: Session, year: int, quarter: int, department_id: uuid.UUID | None) -> ReportRun | None:
    """Return a run of the same scope and period that is not finished."""
    return session.scalar(
        _of(year, quarter, department_id).where(ReportRun.state.in_(OPEN)).order_by(ReportRun.created_at).limit(1)
    )


def last_done(session: Session, year: int, quarter: int, department_id: uuid.UUID | None) -> ReportRun | None:
    """Return the newest finished run of a scope and period."""
    done = _of(year, quarter, department_id).where(ReportRun.state == "done")
    return session.scalar(done.order_by(ReportRun.finished_at.desc()).limit(1))


def _of(year: int, quarter: int, department_id: uuid.UUID | None) -> Select[ReportRun]:
    own = ReportRun.department_id.is_(None) if department_id is None else ReportRun.department_id == department_id
    return select(ReportRun).where(ReportRun.year == year, ReportRun.quarter == quarter, own)


def inputs(session: Session, run_id: uuid.UUID) -> Sequence[ReportInput]:
    """Return the frozen inputs of a run by name."""
    return session.scalars(select(ReportInput).where(ReportInput.run_id == run_id).order_by(ReportInput.name)).all()


def artifacts(session: Session, run_id: uuid.UUID) -> Sequence[ReportArtifact]:
    """Return the files of a run by name."""
    query = select(ReportArtifact).where(ReportArtifact.run_id == run_id)
    return session.scalars(query.order_by(ReportArtifact.name)).all()


def artifact(session: Session, run_id: uuid.UUID, name: str) -> ReportArtifact | None:
    """Return one file of a run."""
    return session.scalar(
        select(ReportArtifact).where(ReportArtifact.run_id == run_id, ReportArtifact.name == name)
    )


def department(session: Session, key: str) -> Department | None:
    """Return a department by code, credit code, name or short name."""
    names = (Department.code, Department.uscc, Department.name, Department.short_name)
    query = select(Department).where(or_(*(column == key for column in names)))
    return session.scalar(query.order_by(Department.code).limit(1))


def departments(session: Session) -> Sequence[Department]:
    """Return the departments in office, in official order."""
    return session.scalars(
        select(Department).where(Department.valid_to.is_(None)).order_by(Department.sort, Department.code)
    ).all()
