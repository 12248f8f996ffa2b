"""Which objects take attachments and who may see or change them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from kernel.files.errors import OWNER_UNKNOWN
from kernel.identity.actor import Actor

Verb = Literal["read", "write"]
# fn(session, actor, object_id, verb) raises what a missing right raises, and returns the object's department
Rights = Callable[[Session, Actor, str, Verb], uuid.UUID | None]
_owners: dict[str, "Owner"] = {}


@dataclass(frozen=True)
class Owner:
    """An object type; ``sensitive`` seals every attachment of it."""

    object_type: str
    rights: Rights
    sensitive: bool


def attachable(object_type: str, rights: Rights, *, sensitive: bool = False) -> None:
    """Let objects of a type have attachments, under the rights of the object itself."""
    _owners[object_type] = Owner(object_type, rights, sensitive)


def owner_of(object_type: str) -> Owner:
    """The registered owner, or ``kernel.file.owner_unknown``."""
    owner = _owners.get(object_type)
    if owner is None:
        raise OWNER_UNKNOWN(object_type=object_type)
    return owner
