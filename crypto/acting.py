"""Whose name and rights a command acts with."""

from crypto.errors import COMMAND_USER
from kernel.identity.actor import Actor
from kernel.identity.queries import user_by_name
from kernel.identity.sessions import actor_of_user
from kernel.runtime import Runtime


def acting(runtime: Runtime, username: str) -> Actor:
    """Return the user with its roles' rights; raise ``crypto.command.user_unknown``."""
    with runtime.database.read() as session:
        user = user_by_name(session, username)
        if user is None or not user.active:
            raise COMMAND_USER(username=username)
        return actor_of_user(session, user)
