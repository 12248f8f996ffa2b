"""HTTP of the project ledger: list and import."""

import uuid
from typing import Annotated

from fastapi import File, Form, Query, UploadFile
from sqlalchemy import func, select

from catalog.imports.reader import FILE_LIMIT, refused
from catalog.ledger import jobs, queries, service
from catalog.ledger.schemas import LedgerJob, ProjectOut, ProjectPage
from catalog.permissions import LEDGER, READ
from kernel.http import Actor_, Page_, Session_, needs, router
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/ledger", **needs(READ))
def list_projects(
    session: Session_, actor: Actor_, page: Page_,
    department_id: uuid.UUID | None = None,
    q: Annotated[Plain, Query(max_length=100, description="项目编号或名称中的文字")] = "",
    year: Annotated[int | None, Query(ge=1990, le=2100)] = None,
    kind: Annotated[str | None, Query(pattern="^(build|upgrade|operate)$")] = None,
    stage: Annotated[str | None, Query(pattern="^(approved|building|accepted)$")] = None,
) -> ProjectPage:
    """信息化项目底账，带项目编号完全一致的系统"""
    query = queries.projects(actor, department_id=department_id, q=q.strip(), year=year, kind=kind, stage=stage)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = list(session.execute(query.limit(page.size).offset(page.offset)).tuples())
    systems = service.matched(session, actor, [project.project_no for project, _ in rows])
    return ProjectPage(total=total, page=page.number, size=page.size, items=[
        ProjectOut.model_validate({
            **{name: getattr(project, name) for name in ProjectOut.model_fields if hasattr(project, name)},
            "department": department, "systems": systems.get(project.project_no, []),
        })
        for project, department in rows
    ])


@api.post("/ledger/imports", status_code=202, **needs(LEDGER))
def import_ledger(
    session: Session_, actor: Actor_,
    file: Annotated[UploadFile, File(description=".xlsx、.xls 或 .ods，至多 50 MB")],
    dry_run: Annotated[bool, Form(description="只检查")] = False,
    accept_partial: Annotated[bool, Form(description="只导入合格的行")] = False,
) -> LedgerJob:
    """上传底账工作簿，在后台检查并导入；结果见任务"""
    data = file.file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise refused("too_large")
    return LedgerJob(job_id=jobs.queue(
        session, actor, filename=file.filename or "ledger.xlsx", data=data, dry_run=dry_run,
        accept_partial=accept_partial,
    ))
