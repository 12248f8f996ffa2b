"""/chain/nodes: nodes and their health history."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from chain.nodes import schemas, service
from kernel import clock
from kernel.http import Session_, needs, router

api = router(prefix="/chain/nodes", tags=["chain"])


@api.get("", **needs("chain.node.read"))
def list_nodes(session: Session_) -> schemas.NodePage:
    """List every node with its newest sample."""
    items = [schemas.node_out(*pair) for pair in service.nodes(session)]
    return schemas.NodePage(items=items, total=len(items), size=len(items))


@api.get("/{node_id}/samples", **needs("chain.node.read"))
def list_samples(
    session: Session_,
    node_id: uuid.UUID,
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_440,
) -> schemas.History:
    """Return a node's samples: the last day unless said otherwise."""
    until = end or clock.now()
    rows = service.history(session, node_id, start or until - timedelta(days=1), until, limit)
    return schemas.History(items=[schemas.SampleOut.model_validate(row) for row in rows])
