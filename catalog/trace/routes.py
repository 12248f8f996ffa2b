"""HTTP of tracing."""

import uuid
from typing import Annotated

from fastapi import Path, Query

from catalog.permissions import READ
from catalog.trace import service
from catalog.trace.schemas import TraceOut
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog", tags=["catalog"])
_END = "^(duty|data_entry|data_item|system|db_table|db_column)$"


@api.get("/trace/{kind}/{node_id}", **needs(READ))
def trace(
    session: Session_, actor: Actor_, kind: Annotated[str, Path(pattern=_END)], node_id: uuid.UUID,
    direction: Annotated[str, Query(pattern="^(up|down)$")] = "up",
) -> TraceOut:
    """溯源：up 到职责与法律依据，down 到库表字段"""
    return service.trace(session, actor, kind, node_id, direction)
