"""Keeping the index: called by whoever writes a node, in the same transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from catalog.search.adapters.postgresql import PostgresFullText
from catalog.search.adapters.sqlite import SqliteFullText
from catalog.search.models import SearchDoc, SearchPart
from catalog.search.port import FullText
from catalog.search.rules import normalise, parts

_SLICE = 1000


@dataclass(frozen=True)
class Document:
    """What of a node is searched."""

    node_id: uuid.UUID
    node_kind: str
    department_id: uuid.UUID
    code: str
    title: str
    body: str


def full_text(session: Session) -> FullText:
    """The adapter of the session's database."""
    return SqliteFullText() if session.get_bind().dialect.name == "sqlite" else PostgresFullText()


def index(session: Session, documents: Sequence[Document], *, fresh: bool = False) -> None:
    """Write documents, replacing what the index knew; ``fresh``: they are known to be new."""
    if not documents:
        return
    if not fresh:
        remove(session, [document.node_id for document in documents])
    normal = [(document, normalise(document.title), normalise(document.body)) for document in documents]
    session.execute(insert(SearchDoc), [
        {
            "node_id": document.node_id, "node_kind": document.node_kind, "department_id": document.department_id,
            "code": document.code.lower(), "title": title, "body": body,
        }
        for document, title, body in normal
    ])
    # title and body share parts: the break between them keeps a term from crossing, as within a text
    pieces = [(document.node_id, part) for document, title, body in normal for part in parts(f"{title} {body}".strip())]
    if pieces:
        adapter = full_text(session)
        numbers = adapter.take_ids(session, len(pieces))
        rows = list(zip(numbers, pieces, strict=True))
        session.execute(insert(SearchPart), [{"id": number, "node_id": node} for number, (node, _) in rows])
        adapter.add(session, ((number, part) for number, (_, part) in rows))


def remove(session: Session, node_ids: Sequence[uuid.UUID]) -> None:
    """Forget nodes."""
    adapter = full_text(session)
    for start in range(0, len(node_ids), _SLICE):
        some = list(node_ids[start : start + _SLICE])
        adapter.remove(session, some)
        session.execute(delete(SearchPart).where(SearchPart.node_id.in_(some)))
        session.execute(delete(SearchDoc).where(SearchDoc.node_id.in_(some)))
