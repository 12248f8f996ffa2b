"""What a full-text index must do; one adapter for each database."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Select
from sqlalchemy.orm import Session


class FullText(Protocol):
    """An index of parts. ``add`` takes (part id, text in normal form)."""

    def take_ids(self, session: Session, count: int) -> list[int]:
        """New part ids, unique whoever else writes."""
        ...

    def add(self, session: Session, rows: Iterable[tuple[int, str]]) -> None:
        """Index parts."""
        ...

    def remove(self, session: Session, node_ids: Sequence[uuid.UUID]) -> None:
        """Remove the parts of nodes."""
        ...

    def nodes_with(self, tokens: Sequence[str]) -> Select[uuid.UUID]:
        """The nodes that have a part in which the tokens stand one after the other."""
        ...
