"""HTTP of the tree."""

from typing import Annotated

from fastapi import Query

from catalog.permissions import READ
from catalog.tree import service
from catalog.tree.schemas import TreeLevel
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/tree", **needs(READ))
def tree(
    session: Session_, actor: Actor_, parent: Annotated[str | None, Query(max_length=60, description="节点 key")] = None
) -> TreeLevel:
    """四级目录树：逐级展开"""
    return service.children(session, actor, parent)
