"""HTTP of data entries."""

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from catalog.entries import online, queries, service
from catalog.entries.queries import Filters
from catalog.entries.schemas import (
    Approval,
    Because,
    Decision,
    EntryCreate,
    EntryDetail,
    EntryFields,
    EntryPage,
    FieldDiff,
    ItemOut,
    Links,
    OnlineOut,
    Submission,
    VersionOut,
)
from catalog.errors import CASE_UNKNOWN
from catalog.nodes import match
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry
from catalog.permissions import EDIT, ONLINE, READ, REVIEW, SUBMIT
from catalog.public import tombstones
from catalog.review import changes
from catalog.review import queries as reviews
from catalog.review import service as review
from catalog.review.models import ReviewCase
from catalog.review.reasons import Reason
from catalog.usage import buffer as usage
from kernel.errors import MulianError
from kernel.http import Actor_, Page_, Session_, needs, router, set_etag
from kernel.identity.names import names_of
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
KIND = "data_entry"


def _filters(
    q: Annotated[Plain | None, Query(max_length=200, description="检索词")] = None,
    department_id: uuid.UUID | None = None,
    theme: str | None = None,
    format: str | None = None,
    status: str | None = None,
    share_type: str | None = None,
    open_type: str | None = None,
    duty_id: uuid.UUID | None = None,
    system_id: uuid.UUID | None = None,
    batch_id: uuid.UUID | None = None,
    online: bool | None = None,
    sort: Annotated[str, Query(pattern="^-?(code|name|updated|data_updated)?$")] = "",
) -> Filters:
    return Filters(
        q, department_id, theme, format, status, share_type, open_type, duty_id, system_id, batch_id, online, sort
    )


Filters_ = Annotated[Filters, Depends(_filters)]


def _entry(session: Session_, actor: Actor_, entry_id: uuid.UUID, edit: str | None = None) -> DataEntry:
    try:
        entry: DataEntry = node_service.found(session, actor, KIND, entry_id, edit=edit)
    except MulianError as error:
        stone = tombstones.of_node(session, entry_id) if error.status == 404 else None
        raise (error if stone is None else tombstones.gone(stone)) from None
    return entry


def _open_case(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> ReviewCase:
    _entry(session, actor, entry_id)
    case = reviews.open_case(session, entry_id)
    if case is None or not actor.sees(case.department_id):
        raise CASE_UNKNOWN()
    return case


def _answer(session: Session_, actor: Actor_, entry: DataEntry, response: Response) -> EntryDetail:
    session.refresh(entry)
    set_etag(response, entry.revision)
    return service.detail(session, actor, entry)


@api.get("/entries", **needs(READ))
def list_entries(
    session: Session_, actor: Actor_, page: Page_, filters: Filters_, facets: bool = False
) -> EntryPage:
    """数据目录列表与检索"""
    found = queries.page(session, actor, filters, limit=page.size, offset=page.offset)
    return EntryPage(
        items=[service.summary(entry, department, found.query) for entry, department in found.rows],
        total=found.total, page=page.number, size=page.size, capped=found.capped, scanned=found.scanned,
        facets=queries.facets(session, actor, filters) if facets else None,
    )


@api.post("/entries", status_code=201, **needs(EDIT))
def create_entry(session: Session_, actor: Actor_, body: EntryCreate, response: Response) -> EntryDetail:
    """新建数据目录（草稿）"""
    values = body.model_dump(exclude_unset=True, exclude={"items", "department_id", "secret"})
    entry = service.create(
        session, actor, values, department_id=body.department_id, secret=body.secret,
        items=[item.model_dump() for item in body.items or []],
    )
    return _answer(session, actor, entry, response)


@api.get("/entries/{entry_id}", **needs(READ))
def get_entry(session: Session_, actor: Actor_, entry_id: uuid.UUID, response: Response) -> EntryDetail:
    """数据目录详情"""
    entry = _entry(session, actor, entry_id)
    usage.note(session, entry.id, "views")
    return _answer(session, actor, entry, response)


@api.patch("/entries/{entry_id}", **needs(EDIT))
def edit_entry(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: EntryFields, request: Request, response: Response,
    reapply: Annotated[bool, Query(description="他人已修改时，把本人改动的字段写到最新内容上；有冲突仍为 412")] = False,
) -> EntryDetail:
    """修改数据目录；已发布的形成变更草稿，不受控字段即时生效；他人已修改为 412，列出双方改动"""
    entry = _entry(session, actor, entry_id, edit=EDIT)
    items = None if body.items is None else [item.model_dump() for item in body.items]
    values, leaves = match.checked(
        request, session, KIND, entry, body.model_dump(exclude_unset=True, exclude={"items"}), items, reapply=reapply
    )
    node_service.edit(session, actor, KIND, entry, values, leaves)
    return _answer(session, actor, entry, response)


@api.post("/entries/{entry_id}/submit", **needs(SUBMIT))
def submit_entry(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, response: Response, body: Submission | None = None
) -> EntryDetail:
    """提交审核；重新提交时可逐项答复退回原因"""
    entry = _entry(session, actor, entry_id, edit=SUBMIT)
    said = body or Submission()
    review.submit(
        session, actor, KIND, [entry.id], note=said.note, answers={one.reason_id: one.answer for one in said.answers}
    )
    return _answer(session, actor, entry, response)


@api.post("/entries/{entry_id}/recall", **needs(SUBMIT))
def recall_entry(session: Session_, actor: Actor_, entry_id: uuid.UUID, response: Response) -> EntryDetail:
    """撤回（提交人，审核人打开之前）"""
    review.recall(session, actor, _open_case(session, actor, entry_id).id)
    return _answer(session, actor, _entry(session, actor, entry_id), response)


@api.post("/entries/{entry_id}/return", **needs(REVIEW))
def return_entry(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Decision, response: Response
) -> EntryDetail:
    """退回（审核人，须写明原因，可逐字段）"""
    case = _open_case(session, actor, entry_id)
    reasons = [Reason(**one.model_dump()) for one in body.reasons]
    review.decide_cases(session, actor, [case], "return", reason=body.reason, reasons=reasons)
    return _answer(session, actor, _entry(session, actor, entry_id), response)


@api.post("/entries/{entry_id}/approve", **needs(REVIEW))
def approve_entry(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Approval, response: Response
) -> EntryDetail:
    """审核通过；最后一个环节通过即发布"""
    case = _open_case(session, actor, entry_id)
    secrecy = review.Secrecy(**body.secrecy.model_dump()) if body.secrecy else None
    review.decide_cases(session, actor, [case], "approve", reason=body.opinion, secrecy=secrecy)
    return _answer(session, actor, _entry(session, actor, entry_id), response)


@api.post("/entries/{entry_id}/withdraw", **needs(SUBMIT))
def withdraw_entry(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Because, response: Response
) -> EntryDetail:
    """申请撤销已发布的目录，须写明理由；审核通过后编码不再使用"""
    entry = _entry(session, actor, entry_id, edit=SUBMIT)
    review.submit(session, actor, KIND, [entry.id], action="withdraw", note=body.reason)
    return _answer(session, actor, entry, response)


def _switch(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Because, response: Response, on: bool
) -> EntryDetail:
    entry = _entry(session, actor, entry_id, edit=ONLINE)
    online.switch(session, actor, entry, online=on, reason=body.reason)
    return _answer(session, actor, entry, response)


@api.post("/entries/{entry_id}/offline", **needs(ONLINE))
def take_offline(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Because, response: Response
) -> EntryDetail:
    """下线：立即从公开部分移除，不影响版本与审核"""
    return _switch(session, actor, entry_id, body, response, False)


@api.post("/entries/{entry_id}/online", **needs(ONLINE))
def take_online(
    session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Because, response: Response
) -> EntryDetail:
    """重新上线"""
    return _switch(session, actor, entry_id, body, response, True)


@api.get("/entries/{entry_id}/online-changes", **needs(READ))
def list_online_changes(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> list[OnlineOut]:
    """上线、下线记录"""
    entry = _entry(session, actor, entry_id)
    rows = online.history(session, entry.id)
    names = names_of(session, (one.changed_by for one in rows))
    return [
        OnlineOut(
            online=one.online, reason=one.reason, by=names.of(one.changed_by, one.changed_name), at=one.changed_at
        )
        for one in rows
    ]


@api.post("/entries/{entry_id}/discard", **needs(EDIT))
def discard_change(session: Session_, actor: Actor_, entry_id: uuid.UUID, response: Response) -> EntryDetail:
    """放弃变更草稿"""
    entry = _entry(session, actor, entry_id, edit=EDIT)
    changes.discard(session, actor, KINDS[KIND], entry)
    return _answer(session, actor, entry, response)


@api.get("/entries/{entry_id}/items", **needs(READ))
def list_items(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> list[ItemOut]:
    """数据项"""
    entry = _entry(session, actor, entry_id)
    children = nodes.children(session, KINDS[KIND], [entry.id])[entry.id]
    return [ItemOut.model_validate(child) for child in children]


@api.get("/entries/{entry_id}/versions", **needs(READ))
def list_versions(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> list[VersionOut]:
    """版本与上链状态"""
    _entry(session, actor, entry_id)
    return service.versions(session, KIND, entry_id)


@api.get("/entries/{entry_id}/versions/diff", **needs(READ))
def diff_versions(
    session: Session_, actor: Actor_, entry_id: uuid.UUID,
    older: Annotated[int, Query(ge=0)], newer: Annotated[int, Query(ge=1)],
) -> list[FieldDiff]:
    """两个版本之间的差异"""
    _entry(session, actor, entry_id)
    return service.difference(session, KIND, entry_id, older, newer)


@api.get("/entries/{entry_id}/anchor", **needs(READ))
def anchor_state(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> dict[str, Any]:
    """当前版本的上链状态；存证文件由 /chain/proofs 下载"""
    entry = _entry(session, actor, entry_id)
    known = service.versions(session, KIND, entry_id)
    return {
        "entry_id": entry.id, "code": entry.code, "version": entry.version, "entry_hash": entry.entry_hash,
        "anchor": known[0].anchor if known else None,
    }


@api.put("/entries/{entry_id}/links", **needs(EDIT))
def set_links(session: Session_, actor: Actor_, entry_id: uuid.UUID, body: Links, response: Response) -> EntryDetail:
    """关联职责与系统"""
    entry = _entry(session, actor, entry_id, edit=EDIT)
    service.link(session, actor, entry, duty_ids=body.duty_ids, system_ids=body.system_ids)
    return _answer(session, actor, entry, response)
