"""Notices over HTTP."""

import uuid

from kernel.http import Actor_, Page_, Session_, needs, router
from kernel.http.wire import Title
from kernel.notices import queries, service
from kernel.notices.schemas import NoticeOut, NoticePage, ReadCount

api = router(prefix="/notices", tags=["notices"])


@api.get("", **needs(None))
def list_notices(session: Session_, actor: Actor_, page: Page_, unread: bool = False) -> NoticePage:
    """List my notices, newest first."""
    rows, total = queries.page(session, actor, unread=unread, offset=page.offset, limit=page.size)
    items = [
        NoticeOut(
            id=row.id, severity=row.severity, title=Title(zh=row.title_zh, en=row.title_en),
            body=Title(zh=row.body_zh, en=row.body_en), url=row.url, created_at=row.created_at, read_at=read_at,
        )
        for row, read_at in rows
    ]
    return NoticePage(items=items, total=total, page=page.number, size=page.size)


@api.post("/read", **needs(None))
def read_all(session: Session_, actor: Actor_) -> ReadCount:
    """Mark all my notices read."""
    return ReadCount(marked=service.mark_all_read(session, actor))


@api.post("/{notice_id}/read", status_code=204, **needs(None))
def read_one(session: Session_, actor: Actor_, notice_id: uuid.UUID) -> None:
    """Mark one of my notices read."""
    service.mark_read(session, actor, notice_id=notice_id)
