"""Rows of targets and jobs for output."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.keys.views import department_names
from crypto.replacement import targets
from crypto.replacement.models import OBJECT, CryptoReplacement, CryptoReplacementFinding, CryptoTarget
from crypto.replacement.rules import TITLES, State
from crypto.replacement.schemas import FindingOut, ReplacementOut, TargetOut
from kernel import clock
from kernel.approvals import queries as approvals
from kernel.jobs.models import Job
from kernel.jobs.rules import JobState
from kernel.runtime import runtime_of

REASONS = {
    "identifier": "看起来已是标识", "identifier_known": "是本部门已签发的标识",
    "identifier_unknown": "看起来像标识，但本部门从未签发", "unfit": "不合此形式（位数、校验位或字符不对）",
    "too_long": "过长", "control": "含控制字符", "changed": "期间被业务程序改动或删除",
}


def target_rows(session: Session, rows: Sequence[CryptoTarget]) -> list[TargetOut]:
    """Return databases for output."""
    names, labels = department_names(session), targets.products(runtime_of(session))
    return [
        TargetOut(
            id=row.id, department_id=row.department_id, department=names.get(row.department_id, ""), name=row.name,
            product=row.product, product_label=labels.get(row.product, row.product), host=row.host, port=row.port,
            database=row.database, username=row.username, tls=row.tls, created_by=row.created_by,
            created_at=clock.iso(row.created_at),
        )
        for row in rows
    ]


def replacements(session: Session, rows: Sequence[CryptoReplacement]) -> list[ReplacementOut]:
    """Return jobs for output, with the progress of the work that is under way."""
    names = department_names(session)
    jobs = {job.id: job for job in session.scalars(
        select(Job).where(Job.id.in_([row.job_id for row in rows if row.job_id])))}
    places: dict[uuid.UUID, str] = {one.id: one.name for one in session.scalars(
        select(CryptoTarget).where(CryptoTarget.id.in_([row.target_id for row in rows if row.target_id])))}
    open_ = approvals.pending_on(session, OBJECT, [str(row.id) for row in rows])
    return [
        _replacement(row, str(row.id) in open_, names.get(row.department_id, ""),
                     places.get(row.target_id or row.id, ""), jobs.get(row.job_id) if row.job_id else None)
        for row in rows
    ]


def findings(row: CryptoReplacement, found: Sequence[CryptoReplacementFinding]) -> list[FindingOut]:
    """Return findings for output; columns are numbered in the order of work that the check kept."""
    columns = [one["column"] for one in (row.checked or {}).get("columns", [])]
    return [
        FindingOut(
            number=one.number, phase=one.phase, column=columns[one.slot] if one.slot < len(columns) else "",
            key=one.row_key, reason=one.reason, shown=one.shown,
            reason_zh=REASONS.get(one.reason, one.reason.replace("refused:", "数据库拒绝：")),
        )
        for one in found
    ]


def _replacement(
    row: CryptoReplacement, pending: bool, department: str, target: str, job: Job | None,
) -> ReplacementOut:
    zh, en = TITLES[State(row.state)]
    live = job is not None and not JobState(job.state).ended
    return ReplacementOut(
        id=row.id, department_id=row.department_id, department=department, target_id=row.target_id, target=target,
        offline=row.target_id is None, title=row.title, state=row.state, state_zh=zh, state_en=en, columns=row.columns,
        forms=row.forms, decision=row.decision, checked=row.checked, evidence=row.evidence, job_id=row.job_id,
        percent=job.percent if live and job else 0, done=job.done if live and job else row.done,
        total=job.total if live and job else row.total, job_state=job.state if job else None,
        job_error=job.error if job else None, pending=pending, created_by=row.created_by,
        created_at=clock.iso(row.created_at),
        finished_at=clock.iso(row.finished_at) if row.finished_at else None,
    )
