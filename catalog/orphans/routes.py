"""HTTP of the orphan lists."""

import uuid
from typing import Annotated

from fastapi import Query, Response

from catalog.entries.queries import department_name
from catalog.orphans import service
from catalog.orphans.lists import LISTS
from catalog.orphans.schemas import OrphanCount, OrphanPage
from catalog.permissions import READ
from kernel.http import Actor_, Page_, Session_, download, needs, router
from kernel.identity.actor import Actor
from kernel.text import Plain

api = router(prefix="/catalog", tags=["catalog"])
Published = Annotated[bool, Query(description="只算已发布的目录与已生效的关联")]
Text = Annotated[Plain, Query(max_length=100, description="编码或名称中的文字")]


@api.get("/orphans", **needs(READ))
def count_orphans(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, published: Published = False
) -> list[OrphanCount]:
    """七张孤儿清单的条数，分部门"""
    return service.counts(session, service.scope(actor, department_id=department_id, published=published))


def _download(
    session: Session_, actor: Actor, keys: list[str], department_id: uuid.UUID | None, published: bool, name: str
) -> Response:
    within = service.scope(actor, department_id=department_id, published=published)
    unit = department_name(session, within.department_id) if within.department_id else "全部部门"
    return download(service.workbook(session, within, keys, unit), f"{name}-{unit}.xlsx")


@api.get("/orphans/export", **needs(READ))
def export_orphans(
    session: Session_, actor: Actor_, department_id: uuid.UUID | None = None, published: Published = False
) -> Response:
    """下载全部七张清单（一张清单一个工作表）"""
    return _download(session, actor, list(LISTS), department_id, published, "目录孤儿清单")


@api.get("/orphans/{key}", **needs(READ))
def list_orphans(
    session: Session_, actor: Actor_, page: Page_, key: str, department_id: uuid.UUID | None = None,
    published: Published = False, q: Text = "",
) -> OrphanPage:
    """一张孤儿清单"""
    within = service.scope(actor, department_id=department_id, published=published, q=q)
    return service.page(session, key, within, number=page.number, size=page.size)


@api.get("/orphans/{key}/export", **needs(READ))
def export_orphan_list(
    session: Session_, actor: Actor_, key: str, department_id: uuid.UUID | None = None, published: Published = False
) -> Response:
    """下载一张清单"""
    return _download(session, actor, [key], department_id, published, service.found(key).zh)
