"""Who a command of the catalog acts as, and which department it names."""

import uuid
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from catalog.errors import DEPARTMENT_UNKNOWN, USER_UNKNOWN
from kernel.identity.actor import Actor, system_actor
from kernel.identity.queries import department_by_name, user_by_name
from kernel.identity.sessions import actor_of_user
from kernel.runtime import Runtime

As = Annotated[str | None, typer.Option("--as", help="以该用户的身份与权限办理")]
AsRequired = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]


def actor_named(runtime: Runtime, username: str | None) -> Actor:
    """The user of that name with its roles' rights; without a name the operator of this machine."""
    if username is None:
        return system_actor("cli")
    with runtime.database.read() as session:
        user = user_by_name(session, username)
        if user is None or not user.active:
            raise USER_UNKNOWN(username=username)
        return actor_of_user(session, user)


def department_named(session: Session, name: str | None) -> uuid.UUID | None:
    """The id of the department of exactly this name; None for None."""
    if name is None:
        return None
    found = department_by_name(session, name)
    if found is None:
        raise DEPARTMENT_UNKNOWN(name=name)
    return found.id
