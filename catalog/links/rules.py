"""When a link is part of a draft, waits for a reviewer, or is valid. Pure."""

from typing import Final

from catalog.nodes.kinds import EDITABLE, LIVE

DRAFT: Final = "draft"
PENDING: Final = "pending"
VALID: Final = "valid"
HELD: Final = "held"


def placement(first: str, second: str, *, decided: bool) -> str:
    """Where an added or removed link goes, from the states of its ends' nodes.

    While an end is a draft the link is part of that draft and is decided with it. Between nodes that no draft is
    part of, it is a decision of its own: the caller's (``decided``), or that of a second person.
    """
    if first in EDITABLE or second in EDITABLE:
        return DRAFT
    if decided and first in LIVE and second in LIVE:
        return VALID
    return PENDING


def both_live(first: str, second: str) -> bool:
    """Whether a link between nodes in these states can be valid."""
    return first in LIVE and second in LIVE
