"""HTTP of subscriptions: everybody has his own."""

import uuid

from catalog.permissions import READ
from catalog.subscriptions import queries, service
from catalog.subscriptions.schemas import SubscriptionIn, SubscriptionList, SubscriptionOut
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/catalog/subscriptions", tags=["catalog"])


@api.get("", **needs(READ))
def list_subscriptions(session: Session_, actor: Actor_) -> SubscriptionList:
    """我的关注"""
    rows = queries.of_user(session, actor.user_id) if actor.user_id else []
    return SubscriptionList(items=[SubscriptionOut.model_validate(row) for row in rows], total=len(rows))


@api.post("", status_code=201, **needs(READ))
def follow(session: Session_, actor: Actor_, body: SubscriptionIn) -> SubscriptionOut:
    """关注一个目录、一个部门或一个已保存的检索"""
    return SubscriptionOut.model_validate(service.follow(session, actor, body.target, body.target_id))


@api.delete("/{subscription_id}", status_code=204, **needs(READ))
def unfollow(session: Session_, actor: Actor_, subscription_id: uuid.UUID) -> None:
    """取消关注"""
    service.unfollow(session, actor, subscription_id)
