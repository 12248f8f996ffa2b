"""The trail over HTTP: read it, have it verified."""

import uuid
from typing import Annotated

from fastapi import Query
from sqlalchemy import func, select

from kernel.audit import queries
from kernel.audit.schemas import AuditOut, AuditPage
from kernel.http import Actor_, Page_, Session_, needs, router
from kernel.http.wire import When
from kernel.identity.names import names_of
from kernel.jobs.schemas import JobOut, job_out
from kernel.jobs.service import enqueue

api = router(prefix="/audit", tags=["audit"])
Filter = Annotated[str | None, Query(max_length=80)]


@api.get("", **needs("kernel.audit.read"))
def list_lines(
    session: Session_, page: Page_, action: Filter = None, object_type: Filter = None, object_id: Filter = None,
    actor_id: uuid.UUID | None = None, start: When | None = None, end: When | None = None,
    line_id: uuid.UUID | None = None,
) -> AuditPage:
    """List lines of the trail, newest first; ``action`` matches from its beginning."""
    found = queries.lines(
        action=action, object_type=object_type, object_id=object_id, actor_id=actor_id, start=start, end=end,
        line_id=line_id,
    )
    total = session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    names = [name for name in AuditOut.model_fields if name != "seq"]
    items = [
        AuditOut(seq=seq, **{name: getattr(line, name) for name in names})
        for line, seq in session.execute(found.offset(page.offset).limit(page.size))
    ]
    return AuditPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/verifications", status_code=202, **needs("kernel.audit.read"))
def start_verification(session: Session_, actor: Actor_) -> JobOut:
    """Verify the whole trail as a job; its result lists the findings."""
    job = enqueue(session, actor, "kernel.audit.verify", {})
    return job_out(job, names_of(session, [job.owner_id]))
