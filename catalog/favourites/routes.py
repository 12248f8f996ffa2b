"""HTTP of favourites: everybody has his own."""

import uuid

from catalog.favourites import service
from catalog.favourites.schemas import FavouriteList, FavouriteOut, OrderIn
from catalog.nodes.kinds import KindKey
from catalog.permissions import READ
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog/favourites", tags=["catalog"])


def _answer(session: Session_, actor: Actor_) -> FavouriteList:
    rows = service.listed(session, actor)
    return FavouriteList(items=[FavouriteOut.model_validate(row) for row in rows], total=len(rows))


@api.get("", **needs(READ))
def list_favourites(session: Session_, actor: Actor_) -> FavouriteList:
    """我的收藏"""
    return _answer(session, actor)


@api.put("/order", **needs(READ))
def order_favourites(session: Session_, actor: Actor_, body: OrderIn) -> FavouriteList:
    """排列收藏"""
    service.order(session, actor, body.node_ids)
    return _answer(session, actor)


@api.put("/{kind}/{node_id}", status_code=204, **needs(READ))
def add_favourite(session: Session_, actor: Actor_, kind: KindKey, node_id: uuid.UUID) -> None:
    """收藏"""
    service.add(session, actor, kind, node_id)


@api.delete("/{kind}/{node_id}", status_code=204, **needs(READ))
def remove_favourite(session: Session_, actor: Actor_, kind: KindKey, node_id: uuid.UUID) -> None:
    """取消收藏"""
    del kind
    service.remove(session, actor, node_id)
