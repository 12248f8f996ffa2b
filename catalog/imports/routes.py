"""HTTP of imports: upload, dry run, findings, marked workbook, apply, undo, template, export."""

import uuid
from typing import Annotated
from urllib.parse import quote

from fastapi import File, Form, Query, Response, UploadFile

from catalog.errors import BATCH_STATE
from catalog.imports import jobs, queries, service
from catalog.imports.export import export
from catalog.imports.marked import marked
from catalog.imports.profile import profiles
from catalog.imports.reader import FILE_LIMIT, read
from catalog.imports.schemas import ApplyIn, BatchOut, BatchPage, FindingOut, FindingPage, ProfileOut, UndoOut
from catalog.imports.undo import undo
from catalog.permissions import IMPORT, READ
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.jobs.service import enqueue

api = router(prefix="/catalog", tags=["catalog"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _download(data: bytes, name: str) -> Response:
    return Response(
        data, media_type=_XLSX,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "X-Content-Type-Options": "nosniff",
        },
    )


@api.get("/imports/profiles", **needs(IMPORT))
def list_profiles() -> list[ProfileOut]:
    """导入模板的种类"""
    return [
        ProfileOut(key=one.key, zh=one.zh, en=one.en, create_departments=one.create_departments)
        for one in profiles().values()
    ]


@api.post("/imports", status_code=202, **needs(IMPORT))
def upload(
    session: Session_, actor: Actor_,
    file: Annotated[UploadFile, File(description=".xlsx、.xls 或 .ods，至多 50 MB")],
    profile: Annotated[str, Form()] = "four-level",
    department_id: Annotated[uuid.UUID | None, Form()] = None,
    create_departments: Annotated[bool | None, Form()] = None,
    numbers: Annotated[str | None, Form(description="编号方案")] = None,
) -> BatchOut:
    """上传工作簿并在后台检查（试导入）"""
    batch = service.upload(
        session, actor, filename=file.filename or "upload.xlsx", data=file.file.read(FILE_LIMIT + 1), profile=profile,
        department_id=department_id, create_departments=create_departments, numbers=numbers,
    )
    batch.job_id = enqueue(session, actor, jobs.CHECK, {"batch_id": str(batch.id)}, batch.department_id).id
    session.flush()
    return BatchOut.model_validate(batch)


@api.get("/imports", **needs(IMPORT))
def list_batches(session: Session_, actor: Actor_, page: Page_) -> BatchPage:
    """导入记录"""
    rows, total = paginate(session, queries.batches(actor), page)
    items = [BatchOut.model_validate(row) for row in rows]
    return BatchPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/imports/{batch_id}", **needs(IMPORT))
def get_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> BatchOut:
    """一次导入"""
    return BatchOut.model_validate(service.found(session, actor, batch_id))


@api.get("/imports/{batch_id}/findings", **needs(IMPORT))
def list_findings(
    session: Session_, actor: Actor_, page: Page_, batch_id: uuid.UUID,
    severity: Annotated[str | None, Query(pattern="^(error|row_error|warning)$")] = None,
) -> FindingPage:
    """检查结果：行号·列·原值·问题·建议"""
    batch = service.found(session, actor, batch_id)
    rows, total = paginate(session, queries.findings(batch.id, severity), page)
    items = [FindingOut.model_validate(row) for row in rows]
    return FindingPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/imports/{batch_id}/marked", **needs(IMPORT))
def marked_workbook(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> Response:
    """下载标注后的工作簿"""
    batch = service.found(session, actor, batch_id)
    path = service.file_of(session, batch.id)
    if batch.state in ("uploaded", "failed"):
        raise BATCH_STATE(state=service.STATES[batch.state], action="下载标注")
    # the file of a workbook with a secret row is gone; its findings are still listed
    sheets = read(path, batch.filename) if path.exists() else []
    findings = list(session.scalars(queries.findings(batch.id)))
    return _download(marked(sheets, findings), f"检查结果-{batch.filename.rsplit('.', 1)[0]}.xlsx")


@api.post("/imports/{batch_id}/check", status_code=202, **needs(IMPORT))
def check_again(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> BatchOut:
    """重新检查"""
    batch = service.found(session, actor, batch_id)
    if batch.state not in ("uploaded", "checked", "failed"):
        raise BATCH_STATE(state=service.STATES[batch.state], action="重新检查")
    batch.job_id = enqueue(session, actor, jobs.CHECK, {"batch_id": str(batch.id)}, batch.department_id).id
    session.flush()
    return BatchOut.model_validate(batch)


@api.post("/imports/{batch_id}/apply", status_code=202, **needs(IMPORT))
def apply_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID, body: ApplyIn) -> BatchOut:
    """导入（后台进行，一次全部写入）"""
    batch = service.found(session, actor, batch_id)
    undecided = queries.undecided(session, batch.id)
    service.require_applicable(batch, accept_partial=body.accept_partial, undecided=undecided)
    params = {"batch_id": str(batch.id), "accept_partial": body.accept_partial}
    batch.job_id = enqueue(session, actor, jobs.APPLY, params, batch.department_id).id
    session.flush()
    return BatchOut.model_validate(batch)


@api.post("/imports/{batch_id}/undo", **needs(IMPORT))
def undo_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> UndoOut:
    """撤销导入"""
    return UndoOut(**undo(session, actor, service.found(session, actor, batch_id)))


@api.get("/template", **needs(IMPORT))
def template(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, empty: bool = False
) -> Response:
    """下载部门模板（已填入现有目录）"""
    return _download(export(session, actor, department_id=department_id, empty=empty), "四级目录模板.xlsx")


@api.get("/export", **needs(READ))
def export_workbook(session: Session_, actor: Actor_, department_id: uuid.UUID | None = None) -> Response:
    """导出四级目录"""
    return _download(export(session, actor, department_id=department_id), "四级目录.xlsx")
