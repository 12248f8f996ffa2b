"""What the explorer's search needs to know of a floor above: which recorded object has a code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Object:
    """An object whose versions are anchored."""

    object_type: str
    object_id: str
    code: str
    name: str


Finder = Callable[[Session, Actor, str], Sequence[Object]]


def _nothing(session: Session, actor: Actor, code: str) -> Sequence[Object]:
    """Without a catalog nothing has a code."""
    return ()


_finder: Finder = _nothing


def install(finder: Finder) -> None:
    """Let ``mulian/wiring.py`` name the function that finds objects by their code, those that an actor may see."""
    global _finder
    _finder = finder


def objects(session: Session, actor: Actor, code: str) -> Sequence[Object]:
    """Return the objects with a code."""
    return _finder(session, actor, code)
