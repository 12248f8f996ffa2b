"""HTTP of imports: upload, dry run, findings, changes, clashes, corrected cells, marked workbook, apply, undo."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import File, Form, Query, Response, UploadFile

from catalog.errors import BATCH_STATE
from catalog.imports import clashes, corrections, jobs, queries, service
from catalog.imports.choices import choices
from catalog.imports.corrected import over
from catalog.imports.errors import FILE_GONE
from catalog.imports.marked import marked
from catalog.imports.models import ImportBatch, ImportCorrection
from catalog.imports.profile import profile as profile_of
from catalog.imports.profile import profiles
from catalog.imports.reader import FILE_LIMIT, open_book
from catalog.imports.schemas import (
    ApplyIn,
    BatchOut,
    BatchPage,
    CellIn,
    CellList,
    CellOut,
    ChoiceIn,
    ChoicesIn,
    ChoicesOut,
    ClashOut,
    ClashPage,
    FindingOut,
    FindingPage,
    ProfileOut,
    RowChange,
    RowChangePage,
    UndoOut,
)
from catalog.imports.staging import FINDINGS_KEPT
from catalog.imports.undo import undo
from catalog.permissions import IMPORT
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router
from kernel.identity.names import names_of
from kernel.jobs.queries import unfinished
from kernel.jobs.service import enqueue
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])


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
    file: Annotated[UploadFile, File(description=".xlsx、.xls、.ods、.csv 或 .json，至多 50 MB")],
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
    return _shown(session, [batch])[0]


@api.get("/imports", **needs(IMPORT))
def list_batches(session: Session_, actor: Actor_, page: Page_) -> BatchPage:
    """导入记录"""
    rows, total = paginate(session, queries.batches(actor), page)
    items = _shown(session, rows)
    return BatchPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/imports/{batch_id}", **needs(IMPORT))
def get_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> BatchOut:
    """一次导入"""
    return _shown(session, [service.found(session, actor, batch_id)])[0]


def _shown(session: Session_, rows: Sequence[ImportBatch]) -> list[BatchOut]:
    names = names_of(session, (row.created_by for row in rows))
    running = unfinished(session, [row.job_id for row in rows if row.job_id])
    return [
        BatchOut.model_validate(row).model_copy(update={
            "created_name": names.of(row.created_by, row.created_name), "running": row.job_id in running,
        })
        for row in rows
    ]


@api.get("/imports/{batch_id}/findings", **needs(IMPORT))
def list_findings(
    session: Session_, actor: Actor_, page: Page_, batch_id: uuid.UUID,
    severity: Annotated[str | None, Query(pattern="^(error|row_error|warning)$")] = None,
) -> FindingPage:
    """检查结果：行号·列·原值·问题·建议"""
    batch = service.found(session, actor, batch_id)
    rows, total = paginate(session, queries.findings(batch.id, severity), page)
    held, profile = queries.corrections(session, batch.id), profile_of(batch.profile)
    items = [
        FindingOut.model_validate(row).model_copy(update={"choices": choices(profile, row)}) for row in rows
    ]
    corrected = {one: held.get((one.sheet, one.row_no or 0, one.column or "")) for one in rows}
    cells = iter(_cells(session, batch, [cell for cell in corrected.values() if cell]))
    for item, correction in zip(items, corrected.values(), strict=True):
        item.corrected = next(cells) if correction else None
    return FindingPage(items=items, total=total, page=page.number, size=page.size)


def _cells(session: Session_, batch: ImportBatch, rows: Sequence[ImportCorrection]) -> list[CellOut]:
    names, seen = names_of(session, (row.created_by for row in rows)), queries.seen_corrections(batch)
    return [
        CellOut.model_validate(row).model_copy(update={
            "checked": row.number <= seen, "created_name": names.of(row.created_by, row.created_name),
        })
        for row in rows
    ]


@api.get("/imports/{batch_id}/cells", **needs(IMPORT))
def list_cells(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> CellList:
    """更正过的单元格"""
    batch = service.found(session, actor, batch_id)
    held = list(queries.corrections(session, batch.id).values())
    items = [cell for cell in _cells(session, batch, held) if cell.value is not None or not cell.checked]
    return CellList(items=items, total=len(items), unchecked=queries.unchecked(session, batch))


@api.put("/imports/{batch_id}/cells", **needs(IMPORT))
def correct_cell(session: Session_, actor: Actor_, batch_id: uuid.UUID, body: CellIn) -> CellOut:
    """更正检查结果中的一个单元格；上传的文件不变，重新检查时生效"""
    batch = service.found(session, actor, batch_id)
    made = corrections.correct(
        session, actor, batch, sheet=body.sheet, row_no=body.row_no, column=body.column, value=body.value
    )
    return _cells(session, batch, [made])[0]


@api.delete("/imports/{batch_id}/cells", status_code=204, **needs(IMPORT))
def take_back_cell(
    session: Session_, actor: Actor_, batch_id: uuid.UUID, sheet: Annotated[Plain, Query(max_length=64)],
    row_no: Annotated[int, Query(ge=1)], column: Annotated[str, Query(pattern="^[A-Z]{1,3}$")],
) -> None:
    """取消更正，恢复上传时的内容"""
    batch = service.found(session, actor, batch_id)
    corrections.correct(session, actor, batch, sheet=sheet, row_no=row_no, column=column, value=None)


@api.get("/imports/{batch_id}/marked", **needs(IMPORT))
def marked_workbook(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> Response:
    """下载标注后的工作簿"""
    batch = service.found(session, actor, batch_id)
    path = service.file_of(session, batch.id)
    if batch.state in ("uploaded", "failed"):
        raise BATCH_STATE(state=service.STATES[batch.state], action="下载标注")
    findings = list(session.scalars(queries.findings(batch.id).limit(FINDINGS_KEPT)))
    held = queries.corrections(session, batch.id)
    name = f"检查结果-{batch.filename.rsplit('.', 1)[0]}.xlsx"
    if not path.exists():
        # the file of a workbook with a secret row is gone; its findings are still listed
        return download(marked([], findings), name)
    with open_book(path, batch.filename) as sheets:
        names = names_of(session, (one.created_by for one in held.values()))
        return download(marked(over(sheets, held), findings, held, names), name)


@api.get("/imports/{batch_id}/changes", **needs(IMPORT))
def list_changes(
    session: Session_, actor: Actor_, page: Page_, batch_id: uuid.UUID,
    action: Annotated[str | None, Query(pattern="^(create|update)$")] = None,
) -> RowChangePage:
    """试导入的差异：新增与修改的每一格"""
    batch = service.found(session, actor, batch_id)
    rows, total = paginate(session, queries.changed_rows(batch.id, action), page)
    items = [RowChange(**one) for one in clashes.described(session, batch, rows)]
    return RowChangePage(items=items, total=total, page=page.number, size=page.size)


@api.get("/imports/{batch_id}/clashes", **needs(IMPORT))
def list_clashes(
    session: Session_, actor: Actor_, page: Page_, batch_id: uuid.UUID, open_only: bool = False
) -> ClashPage:
    """他人也已修改的单元格：导出时 / 现在 / 您的"""
    batch = service.found(session, actor, batch_id)
    rows, total = paginate(session, queries.clashes(batch.id, open_only=open_only), page)
    items = [ClashOut.model_validate(row) for row in rows]
    return ClashPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/imports/{batch_id}/clashes", **needs(IMPORT))
def choose_many(session: Session_, actor: Actor_, batch_id: uuid.UUID, body: ChoicesIn) -> ChoicesOut:
    """对多个单元格作同一选择"""
    batch = service.found(session, actor, batch_id)
    decided = clashes.choose(session, actor, batch, body.choice, body.seqs)
    return ChoicesOut(decided=decided, left=queries.undecided(session, batch.id))


@api.post("/imports/{batch_id}/clashes/{seq}", **needs(IMPORT))
def choose_one(session: Session_, actor: Actor_, batch_id: uuid.UUID, seq: int, body: ChoiceIn) -> ChoicesOut:
    """对一个单元格作出选择"""
    batch = service.found(session, actor, batch_id)
    decided = clashes.choose(session, actor, batch, body.choice, [seq])
    return ChoicesOut(decided=decided, left=queries.undecided(session, batch.id))


@api.post("/imports/{batch_id}/check", status_code=202, **needs(IMPORT))
def check_again(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> BatchOut:
    """重新检查"""
    batch = service.found(session, actor, batch_id)
    if batch.state not in ("uploaded", "checked", "failed"):
        raise BATCH_STATE(state=service.STATES[batch.state], action="重新检查")
    if not service.file_of(session, batch.id).exists():
        raise FILE_GONE()
    batch.job_id = enqueue(session, actor, jobs.CHECK, {"batch_id": str(batch.id)}, batch.department_id).id
    session.flush()
    return _shown(session, [batch])[0]


@api.post("/imports/{batch_id}/apply", status_code=202, **needs(IMPORT))
def apply_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID, body: ApplyIn) -> BatchOut:
    """导入（后台进行，一次全部写入）"""
    batch = service.found(session, actor, batch_id)
    service.require_applicable(session, batch, accept_partial=body.accept_partial)
    params = {"batch_id": str(batch.id), "accept_partial": body.accept_partial}
    batch.job_id = enqueue(session, actor, jobs.APPLY, params, batch.department_id).id
    session.flush()
    return _shown(session, [batch])[0]


@api.post("/imports/{batch_id}/undo", **needs(IMPORT))
def undo_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> UndoOut:
    """撤销导入"""
    return UndoOut(**undo(session, actor, service.found(session, actor, batch_id)))
