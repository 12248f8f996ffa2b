"""What a full-text index must do; one adapter for each database."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

Field = Literal["title", "whole"]
"""``whole`` is the title and the body."""


@dataclass(frozen=True)
class IndexRow:
    """A document as the index sees it: texts in normal form; ``streams`` of title and body where they are known."""

    number: int
    node_kind: str
    department_id: uuid.UUID
    title: str
    body: str
    streams: tuple[str, str] | None = None


@dataclass(frozen=True)
class Needle:
    """What candidates must hold: bigrams of the field's text, and perhaps a kind and a department."""

    field: Field
    grams: tuple[str, ...]
    node_kind: str | None = None
    department_id: uuid.UUID | None = None

    @property
    def empty(self) -> bool:
        """Nothing is asked, so an index is of no help."""
        return not self.grams and self.node_kind is None and self.department_id is None


class FullText(Protocol):
    """An index of documents by bigram, kind and department, in the order of their numbers."""

    def take_numbers(self, session: Session, count: int) -> list[int]:
        """New document numbers, unique whoever else writes."""
        ...

    def streams(self, title: str, body: str) -> tuple[str, str] | None:
        """What an index row of these texts can be given in advance, None where the database makes it."""
        ...

    def add(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Index documents whose rows in ``search_doc`` are written."""
        ...

    def remove(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Forget documents, given as they were indexed."""
        ...

    def rebuild(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Write the whole index anew from these documents."""
        ...

    def params(self, needle: Needle) -> dict[str, Any]:
        """The parameters by which :meth:`candidates` looks the needle up, with ``n`` left for the limit."""
        ...

    def candidates(
        self, needle: Needle, where: Sequence[ColumnElement[bool]], limit: int, *, named: bool = False
    ) -> Select[int, uuid.UUID]:
        """(number, node_id) of documents that hold the needle and meet ``where``, by number, at most ``limit``.

        ``named``: the parameters keep their names, and the text is the same for every needle of a field.
        """
        ...

    def holders(self, needle: Needle, limit: int) -> Select[int]:
        """Numbers of at most ``limit`` documents that hold the needle, with named parameters, to be counted."""
        ...
