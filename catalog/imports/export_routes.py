"""HTTP of exports: the template, an export at once, exports in the background."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Response
from fastapi.responses import FileResponse

from catalog.imports import exporting, jobs
from catalog.imports.export import Wish, export
from catalog.imports.models import CatalogExport
from catalog.imports.schemas import ExportIn, ExportOut, ExportPage
from catalog.permissions import IMPORT, READ
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router
from kernel.identity.names import names_of
from kernel.jobs.service import enqueue

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/template", **needs(IMPORT))
def template(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, empty: bool = False
) -> Response:
    """下载部门模板（已填入现有目录，带示例行和本部门下拉框）"""
    data = export(session, actor, department_id=department_id, empty=empty, template=True)
    return download(data, "四级目录模板.xlsx")


@api.get("/export", **needs(READ))
def export_workbook(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None,
    format: Literal["xlsx", "json", "csv"] = "xlsx",
    kind: Annotated[str | None, Query(description="csv 的一级")] = None,
    encoding: Annotated[Literal["utf-8-sig", "gb18030"], Query(description="csv 的编码")] = "utf-8-sig",
) -> Response:
    """导出四级目录（至多 30000 行；更多请用后台导出）"""
    data = export(session, actor, department_id=department_id, format=format, kind=kind, encoding=encoding)
    return download(data, f"四级目录.{format}", exporting.MEDIA[format])


@api.post("/exports", status_code=202, **needs(READ))
def ask(session: Session_, actor: Actor_, body: ExportIn) -> ExportOut:
    """后台导出"""
    row = exporting.ask(session, actor, Wish(body.department_id, body.format, body.kind, body.template))
    row.job_id = enqueue(session, actor, jobs.EXPORT, {"export_id": str(row.id)}, row.department_id).id
    session.flush()
    return _shown(session, [row])[0]


@api.get("/exports", **needs(READ))
def list_exports(session: Session_, actor: Actor_, page: Page_) -> ExportPage:
    """导出记录"""
    rows, total = paginate(session, exporting.exports(actor), page)
    return ExportPage(items=_shown(session, rows), total=total, page=page.number, size=page.size)


@api.get("/exports/{export_id}", **needs(READ))
def get_export(session: Session_, actor: Actor_, export_id: uuid.UUID) -> ExportOut:
    """一次导出"""
    return _shown(session, [exporting.found(session, actor, export_id)])[0]


def _shown(session: Session_, rows: Sequence[CatalogExport]) -> list[ExportOut]:
    names = names_of(session, (row.created_by for row in rows))
    return [
        ExportOut.model_validate(row).model_copy(update={"created_name": names.of(row.created_by, row.created_name)})
        for row in rows
    ]


@api.get("/exports/{export_id}/file", response_class=FileResponse, **needs(READ))
def export_file(session: Session_, actor: Actor_, export_id: uuid.UUID) -> FileResponse:
    """下载导出的文件（保留 7 天）"""
    row = exporting.found(session, actor, export_id)
    return FileResponse(
        exporting.file_of(session, row), media_type=exporting.MEDIA[row.format], filename=row.filename,
        headers={"X-Content-Type-Options": "nosniff"},
    )
