"""Needs over HTTP: what comes before a demand."""

import uuid
from typing import Annotated

from fastapi import Query

from catalog.needs import queries, service
from gateway.demands.schemas import NeedAnswer, NeedIn, NeedOut, NeedPage
from gateway.permissions import DEMAND_APPLY, DEMAND_BUREAU, DEMAND_READ
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/gateway/needs", tags=["gateway"])


@api.get("", **needs(DEMAND_READ))
def list_needs(
    session: Session_, actor: Actor_, page: Page_, state: Annotated[str | None, Query(max_length=12)] = None,
) -> NeedPage:
    """List needs of the own department; all of them for who answers."""
    query = queries.visible(actor, state=state, bureau=actor.may(DEMAND_BUREAU))
    rows, total = paginate(session, query, page)
    items = [NeedOut.model_validate(row) for row in rows]
    return NeedPage(items=items, total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(DEMAND_APPLY))
def file_need(session: Session_, actor: Actor_, body: NeedIn) -> NeedOut:
    """Say which data are needed where no entry is known."""
    if actor.department_id is None:
        raise NOT_FOUND()
    return NeedOut.model_validate(service.file(
        session, actor, department_id=actor.department_id, title=body.title, content=body.content, matter=body.matter,
    ))


@api.post("/{need_id}/answer", **needs(DEMAND_BUREAU))
def answer_need(session: Session_, actor: Actor_, need_id: uuid.UUID, body: NeedAnswer) -> NeedOut:
    """Name the entry that holds the data, or say why none does."""
    made = service.answer(session, actor, need_id=need_id, text=body.answer, entry_id=body.entry_id)
    return NeedOut.model_validate(made)
