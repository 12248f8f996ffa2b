"""HTTP of duties, systems and tables, thin: list, get, create, patch, submit, withdraw, versions."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request, Response

from catalog.entries import service as entries
from catalog.entries.schemas import Because, Submission, VersionOut
from catalog.nodes import match
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.permissions import EDIT, READ, SUBMIT
from catalog.registry import service
from catalog.registry.schemas import (
    DutyCreate,
    DutyFields,
    NodeDetail,
    NodePage,
    SystemCreate,
    SystemFields,
    TableCreate,
    TableFields,
)
from catalog.review import changes
from catalog.review import service as review
from kernel.http import Actor_, Page_, Session_, needs, router, set_etag
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
Reapply_ = Annotated[bool, Query(description="他人已修改时，把本人改动的字段写到最新内容上；有冲突仍为 412")]


def _answer(session: Session_, actor: Actor_, kind: str, node: Any, response: Response) -> NodeDetail:
    session.refresh(node)
    set_etag(response, node.revision)
    return service.detail(session, actor, kind, node)


@api.post("/duties", status_code=201, **needs(EDIT))
def create_duty(session: Session_, actor: Actor_, body: DutyCreate, response: Response) -> NodeDetail:
    """新建职责"""
    values = body.model_dump(exclude_unset=True, exclude={"department_id"})
    node = node_service.create(session, actor, "duty", values, department_id=body.department_id)
    return _answer(session, actor, "duty", node, response)


@api.post("/systems", status_code=201, **needs(EDIT))
def create_system(session: Session_, actor: Actor_, body: SystemCreate, response: Response) -> NodeDetail:
    """新建系统"""
    values = body.model_dump(exclude_unset=True, exclude={"department_id"})
    node = node_service.create(session, actor, "system", values, department_id=body.department_id)
    return _answer(session, actor, "system", node, response)


@api.post("/tables", status_code=201, **needs(EDIT))
def create_table(session: Session_, actor: Actor_, body: TableCreate, response: Response) -> NodeDetail:
    """新建库表"""
    values = body.model_dump(exclude_unset=True, exclude={"system_id"})
    node = service.create_table(session, actor, values, system_id=body.system_id)
    return _answer(session, actor, "db_table", node, response)


def _patch(
    session: Session_, actor: Actor_, kind: str, node_id: uuid.UUID, values: dict[str, Any],
    request: Request, response: Response, reapply: bool,
) -> NodeDetail:
    node = node_service.found(session, actor, kind, node_id, edit=EDIT)
    columns = values.pop("columns", None)
    written, leaves = match.checked(request, session, kind, node, values, columns, reapply=reapply)
    node_service.edit(session, actor, kind, node, written, leaves)
    return _answer(session, actor, kind, node, response)


@api.patch("/duties/{node_id}", **needs(EDIT))
def edit_duty(
    session: Session_, actor: Actor_, node_id: uuid.UUID, body: DutyFields, request: Request, response: Response,
    reapply: Reapply_ = False,
) -> NodeDetail:
    """修改职责"""
    return _patch(session, actor, "duty", node_id, body.model_dump(exclude_unset=True), request, response, reapply)


@api.patch("/systems/{node_id}", **needs(EDIT))
def edit_system(
    session: Session_, actor: Actor_, node_id: uuid.UUID, body: SystemFields, request: Request, response: Response,
    reapply: Reapply_ = False,
) -> NodeDetail:
    """修改系统"""
    return _patch(session, actor, "system", node_id, body.model_dump(exclude_unset=True), request, response, reapply)


@api.patch("/tables/{node_id}", **needs(EDIT))
def edit_table(
    session: Session_, actor: Actor_, node_id: uuid.UUID, body: TableFields, request: Request, response: Response,
    reapply: Reapply_ = False,
) -> NodeDetail:
    """修改库表"""
    return _patch(session, actor, "db_table", node_id, body.model_dump(exclude_unset=True), request, response, reapply)


def _level(path: str, kind: str, zh: str) -> None:
    """The routes that are alike for each level; paths are literal, so no other route of /catalog is shadowed."""

    @api.get(f"/{path}", summary=f"{zh}列表与检索", name=f"list_{path}", **needs(READ))
    def list_nodes(
        session: Session_, actor: Actor_, page: Page_,
        q: Annotated[Plain | None, Query(max_length=200)] = None,
        department_id: uuid.UUID | None = None,
        status: str | None = None,
    ) -> NodePage:
        items, total = service.listed(
            session, actor, kind, q=q, department_id=department_id, status=status, limit=page.size, offset=page.offset
        )
        return NodePage(items=items, total=total, page=page.number, size=page.size)

    @api.get(f"/{path}/{{node_id}}", summary=f"{zh}详情", name=f"get_{kind}", **needs(READ))
    def get_node(session: Session_, actor: Actor_, node_id: uuid.UUID, response: Response) -> NodeDetail:
        return _answer(session, actor, kind, node_service.found(session, actor, kind, node_id), response)

    @api.post(f"/{path}/{{node_id}}/submit", summary=f"{zh}提交审核", name=f"submit_{kind}", **needs(SUBMIT))
    def submit_node(
        session: Session_, actor: Actor_, node_id: uuid.UUID, response: Response, body: Submission | None = None
    ) -> NodeDetail:
        node, said = node_service.found(session, actor, kind, node_id, edit=SUBMIT), body or Submission()
        answers = {one.reason_id: one.answer for one in said.answers}
        review.submit(session, actor, kind, [node.id], note=said.note, answers=answers)
        return _answer(session, actor, kind, node, response)

    @api.post(f"/{path}/{{node_id}}/withdraw", summary=f"{zh}申请撤销", name=f"withdraw_{kind}", **needs(SUBMIT))
    def withdraw_node(
        session: Session_, actor: Actor_, node_id: uuid.UUID, body: Because, response: Response
    ) -> NodeDetail:
        node = node_service.found(session, actor, kind, node_id, edit=SUBMIT)
        review.submit(session, actor, kind, [node.id], action="withdraw", note=body.reason)
        return _answer(session, actor, kind, node, response)

    @api.post(f"/{path}/{{node_id}}/discard", summary=f"{zh}放弃变更", name=f"discard_{kind}", **needs(EDIT))
    def discard_node(session: Session_, actor: Actor_, node_id: uuid.UUID, response: Response) -> NodeDetail:
        node = node_service.found(session, actor, kind, node_id, edit=EDIT)
        changes.discard(session, actor, KINDS[kind], node)
        return _answer(session, actor, kind, node, response)

    @api.get(f"/{path}/{{node_id}}/versions", summary=f"{zh}版本与上链状态", name=f"versions_{kind}", **needs(READ))
    def list_versions(session: Session_, actor: Actor_, node_id: uuid.UUID) -> list[VersionOut]:
        node_service.found(session, actor, kind, node_id)
        return entries.versions(session, kind, node_id)


_level("duties", "duty", "职责")
_level("systems", "system", "系统")
_level("tables", "db_table", "库表")
