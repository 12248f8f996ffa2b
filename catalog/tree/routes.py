"""HTTP of the tree."""

from typing import Annotated

from fastapi import Query, Response

from catalog.permissions import READ
from catalog.tree import service
from catalog.tree.schemas import TreeLevel
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog", tags=["catalog"])


@api.get("/tree", response_model=TreeLevel, **needs(READ))
def tree(
    session: Session_, actor: Actor_, parent: Annotated[str | None, Query(max_length=60, description="节点 key")] = None
) -> Response:
    """四级目录树：逐级展开"""
    # written by the model itself: the framework's own encoding of a thousand nodes costs more than reading them
    level = service.children(session, actor, parent)
    return Response(level.model_dump_json(), media_type="application/json")
