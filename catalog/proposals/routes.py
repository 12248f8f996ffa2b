"""HTTP of proposals."""

import tempfile
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import File, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from catalog.imports.reader import FILE_LIMIT, refused
from catalog.permissions import EDIT, IMPORT, READ
from catalog.proposals import jobs, queries, service
from catalog.proposals.files import files_in
from catalog.proposals.models import CatalogProposal
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.names import names_of
from kernel.jobs.service import enqueue

api = router(prefix="/catalog/proposals", tags=["catalog"])


class ProposalOut(BaseModel):
    """A proposal: ``content`` are the items ({name}) or columns ({name, name_zh, data_type}) that it suggests."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    kind: str = Field(description="items 数据项，table 库表")
    name: str
    entry_id: uuid.UUID | None
    department_id: uuid.UUID
    content: list[dict[str, Any]]
    evidence: str = Field(description="依据的原文")
    state: str = Field(description="open、accepted 或 declined")
    result_id: uuid.UUID | None
    created_name: str
    created_at: datetime
    decided_name: str | None
    decided_at: datetime | None


class ProposalPage(BaseModel):
    """A page of proposals, oldest first."""

    items: list[ProposalOut]
    total: int
    page: int
    size: int


class ReadIn(BaseModel):
    """Which entries are read: those of an import, of a department, or all in one's scope."""

    batch_id: uuid.UUID | None = None
    department_id: uuid.UUID | None = None


class ReadOut(BaseModel):
    """The job that reads."""

    job_id: uuid.UUID


class HeadersOut(BaseModel):
    """What reading headers gave."""

    files: int
    new: int
    known: int
    homeless: int = Field(description="没有同名数据目录、也未指明部门的文件数")
    unreadable: int = Field(description="首行不是表头的文件数")


class AcceptIn(BaseModel):
    """What is taken over: ``names`` absent is all; a table needs its system."""

    names: list[str] | None = Field(default=None, max_length=500)
    system_id: uuid.UUID | None = None
    table_name: str | None = Field(default=None, max_length=128)


class AcceptManyIn(BaseModel):
    """Proposals of data items to accept as they are."""

    ids: list[uuid.UUID] = Field(min_length=1, max_length=500)


class AcceptManyOut(BaseModel):
    """How many were accepted; ``left``: decided before, unknown, or tables that need their system."""

    accepted: int
    left: int


@api.get("", **needs(READ))
def list_proposals(
    session: Session_, actor: Actor_, page: Page_, state: Literal["open", "accepted", "declined"] | None = None,
    kind: Literal["items", "table"] | None = None, department_id: uuid.UUID | None = None,
    entry_id: uuid.UUID | None = None,
) -> ProposalPage:
    """从摘要、表头读出的建议（采纳前不写入目录）"""
    query = queries.listed(actor, state=state, kind=kind, department_id=department_id, entry_id=entry_id)
    rows, total = paginate(session, query, page)
    items = _shown(session, rows)
    return ProposalPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/abstracts", status_code=202, **needs(IMPORT))
def read_abstracts(session: Session_, actor: Actor_, body: ReadIn) -> ReadOut:
    """从摘要中读出数据项建议（后台进行）"""
    params = {"batch_id": str(body.batch_id or ""), "department_id": str(body.department_id or ""),
              **jobs.reach(actor)}
    return ReadOut(job_id=enqueue(session, actor, jobs.READ, params, body.department_id).id)


@api.post("/headers", **needs(IMPORT))
def read_headers(
    session: Session_, actor: Actor_,
    file: Annotated[UploadFile, File(description="表头清单 .json，或 .csv、.xlsx")],
    department_id: Annotated[uuid.UUID | None, Form()] = None,
) -> HeadersOut:
    """从表头读出库表建议"""
    data = file.file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise refused("too_large")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        files = files_in(path, file.filename or "upload.json")
    return HeadersOut(**service.from_headers(session, actor, files, department_id=department_id))


@api.post("/accept", **needs(EDIT))
def accept_many(session: Session_, actor: Actor_, body: AcceptManyIn) -> AcceptManyOut:
    """采纳多条数据项建议"""
    return AcceptManyOut(**service.accept_many(session, actor, body.ids))


@api.post("/{proposal_id}/accept", **needs(EDIT))
def accept(session: Session_, actor: Actor_, proposal_id: uuid.UUID, body: AcceptIn) -> ProposalOut:
    """采纳一条建议"""
    proposal = service.found(session, actor, proposal_id)
    return _shown(session, [service.accept(
        session, actor, proposal, names=body.names, system_id=body.system_id, table_name=body.table_name
    )])[0]


@api.post("/{proposal_id}/decline", **needs(EDIT))
def decline(session: Session_, actor: Actor_, proposal_id: uuid.UUID) -> ProposalOut:
    """不采纳一条建议"""
    return _shown(session, [service.decline(session, actor, service.found(session, actor, proposal_id))])[0]


def _shown(session: Session_, rows: Sequence[CatalogProposal]) -> list[ProposalOut]:
    names = names_of(session, (one for row in rows for one in (row.created_by, row.decided_by)))
    return [
        ProposalOut.model_validate(row).model_copy(update={
            "created_name": names.of(row.created_by, row.created_name),
            "decided_name": names.of(row.decided_by, row.decided_name) or None,
        })
        for row in rows
    ]
