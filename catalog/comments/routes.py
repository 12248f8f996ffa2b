"""HTTP of comments."""

import uuid
from collections.abc import Sequence

from fastapi import Request, Response
from sqlalchemy.orm import Session

from catalog.comments import queries, service
from catalog.comments.models import NodeComment
from catalog.comments.permissions import WRITE
from catalog.comments.schemas import CommentEdit, CommentIn, CommentOut, CommentPage, Mentioned, TraceOut
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KindKey
from catalog.permissions import READ
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, router, set_etag
from kernel.identity.actor import Actor

api = router(prefix="/catalog", tags=["catalog"])


def _out(session: Session, actor: Actor, rows: Sequence[NodeComment]) -> dict[uuid.UUID, CommentOut]:
    named = queries.mentioned(session, [row.id for row in rows])
    departments = queries.department_names(session, (row.author_department_id for row in rows))
    return {
        row.id: CommentOut(
            id=row.id, parent_id=row.parent_id, body=row.body, author=row.author_name,
            author_department=departments.get(row.author_department_id, "") if row.author_department_id else "",
            created_at=row.created_at, edited_at=row.edited_at, deleted=row.deleted_at is not None,
            own=row.author_id == actor.user_id and row.deleted_at is None, revision=row.revision,
            mentions=[Mentioned(user_id=user_id, name=name) for user_id, name in named.get(row.id, [])],
        )
        for row in rows
    }


@api.get("/nodes/{kind}/{node_id}/comments", **needs(READ))
def list_comments(session: Session_, actor: Actor_, page: Page_, kind: KindKey, node_id: uuid.UUID) -> CommentPage:
    """评论"""
    nodes.found(session, actor, kind, node_id)
    roots, replies, total = queries.threads(session, node_id, limit=page.size, offset=page.offset)
    shown = _out(session, actor, [*roots, *(reply for some in replies.values() for reply in some)])
    items = [
        shown[root.id].model_copy(update={"replies": [shown[reply.id] for reply in replies.get(root.id, [])]})
        for root in roots
    ]
    return CommentPage(
        items=items, total=total, page=page.number, size=page.size, comments=queries.count(session, node_id)
    )


@api.post("/nodes/{kind}/{node_id}/comments", status_code=201, **needs(WRITE))
def write_comment(
    session: Session_, actor: Actor_, kind: KindKey, node_id: uuid.UUID, body: CommentIn, response: Response
) -> CommentOut:
    """发表评论或回复"""
    row = service.write(
        session, actor, kind_key=kind, node_id=node_id, body=body.body, parent_id=body.parent_id
    )
    set_etag(response, row.revision)
    return _out(session, actor, [row])[row.id]


@api.patch("/comments/{comment_id}", **needs(WRITE))
def edit_comment(
    session: Session_, actor: Actor_, comment_id: uuid.UUID, body: CommentEdit, request: Request, response: Response
) -> CommentOut:
    """修改自己的评论"""
    row, _ = service.found(session, actor, comment_id)
    check_if_match(request, row.revision)
    row = service.edit(session, actor, comment_id, body.body)
    set_etag(response, row.revision)
    return _out(session, actor, [row])[row.id]


@api.delete("/comments/{comment_id}", status_code=204, **needs(WRITE))
def delete_comment(session: Session_, actor: Actor_, comment_id: uuid.UUID) -> None:
    """删除自己的评论（留痕）"""
    service.remove(session, actor, comment_id)


@api.get("/comments/{comment_id}/history", **needs(READ))
def comment_history(session: Session_, actor: Actor_, comment_id: uuid.UUID) -> list[TraceOut]:
    """评论的修改留痕（本人与审核人）"""
    return [TraceOut.model_validate(row) for row in service.history(session, actor, comment_id)]
