"""Keeping the index: called by whoever writes a node, in the same transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from catalog.search.adapters.postgresql import PostgresFullText
from catalog.search.adapters.sqlite import SqliteFullText
from catalog.search.initials import initials
from catalog.search.models import SearchDoc
from catalog.search.port import FullText, IndexRow
from catalog.search.rules import HEAD, joined, longer_stream, normalise

_SLICE = 500


@dataclass(frozen=True)
class Ready:
    """The texts of a document, worked out before its transaction: in normal form, with the tokens of an index."""

    head: str
    initials: str
    title: str
    body: str
    streams: tuple[str, str] | None


@dataclass(frozen=True)
class Document:
    """What of a node is searched; ``legacy`` is its code in the system it came from.

    With ``ready`` the title is known, and ``body`` is what follows the body that is ready.
    """

    node_id: uuid.UUID
    node_kind: str
    department_id: uuid.UUID
    code: str
    title: str
    body: str
    legacy: str | None = None
    ready: Ready | None = None


def prepare(session: Session, title: str, body: str) -> Ready:
    """Work out the texts of a document: most of the cost of indexing it, and no transaction is needed for it."""
    title, body = normalise(title), normalise(body)
    head = title[:HEAD]
    return Ready(head, initials(head)[:HEAD], title, body, full_text(session).streams(title, body))


def full_text(session: Session) -> FullText:
    """The adapter of the session's database."""
    return SqliteFullText() if session.get_bind().dialect.name == "sqlite" else PostgresFullText()


def index(session: Session, documents: Sequence[Document], *, fresh: bool = False) -> None:
    """Write documents, replacing what the index knew; ``fresh``: they are known to be new.

    A document keeps its number, hence its place among equals; one that says the same as before is not touched.
    """
    rows = [_row(document) for document in documents]
    if not rows:
        return
    streams = {one.node_id: _streams(one) for one in documents if one.ready is not None}
    held = {} if fresh else _held(session, [document.node_id for document in documents])
    changed = [row for row in rows if _differs(held.get(row["node_id"]), row)]
    adapter = full_text(session)
    numbers = iter(adapter.take_numbers(session, sum(row["node_id"] not in held for row in changed)))
    for row in changed:
        known = held.get(row["node_id"])
        row["number"] = known.number if known is not None else next(numbers)
    _forget(session, [held[row["node_id"]] for row in changed if row["node_id"] in held])
    if changed:
        changed.sort(key=lambda row: row["number"])
        table: Any = SearchDoc.__table__  # through the mapper every row costs twice as much
        session.execute(insert(table), changed)
        adapter.add(session, [_index_row(row, streams.get(row["node_id"])) for row in changed])


def remove(session: Session, node_ids: Sequence[uuid.UUID]) -> None:
    """Forget nodes."""
    _forget(session, list(_held(session, node_ids).values()))


def rebuild(session: Session) -> int:
    """Write the full-text index anew from the documents, after a change of the tokenizer; returns how many."""
    columns = SearchDoc.__table__.c
    query = select(columns.number, columns.node_kind, columns.department_id, columns.title, columns.body)
    rows = session.execute(query.order_by(columns.number).execution_options(yield_per=_SLICE))
    full_text(session).rebuild(session, (IndexRow(*row) for row in rows))
    return session.scalar(select(func.count()).select_from(SearchDoc)) or 0


def _row(document: Document) -> dict[str, Any]:
    plain = {
        "node_id": document.node_id, "node_kind": document.node_kind, "department_id": document.department_id,
        "code": document.code.lower(), "legacy": document.legacy.strip().lower() if document.legacy else None,
    }
    ready, body = document.ready, normalise(document.body)
    if ready is not None:
        return {**plain, "head": ready.head, "initials": ready.initials, "title": ready.title,
                "body": joined(ready.body, body)}
    title = normalise(document.title)
    head = title[:HEAD]
    return {**plain, "head": head, "initials": initials(head)[:HEAD], "title": title, "body": body}


def _streams(document: Document) -> tuple[str, str] | None:
    if document.ready is None or document.ready.streams is None:
        return None
    of_title, of_body = document.ready.streams
    return of_title, longer_stream(of_body, normalise(document.body))


def _held(session: Session, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    held: dict[uuid.UUID, Any] = {}
    for start in range(0, len(node_ids), _SLICE):
        query = select(SearchDoc.__table__).where(SearchDoc.node_id.in_(node_ids[start : start + _SLICE]))
        held.update({row.node_id: row for row in session.execute(query)})
    return held


def _differs(held: Any, row: dict[str, Any]) -> bool:
    return held is None or any(getattr(held, name) != value for name, value in row.items())


def _index_row(row: dict[str, Any], streams: tuple[str, str] | None) -> IndexRow:
    return IndexRow(row["number"], row["node_kind"], row["department_id"], row["title"], row["body"], streams)


def _forget(session: Session, held: Sequence[Any]) -> None:
    if not held:
        return
    full_text(session).remove(
        session, [IndexRow(row.number, row.node_kind, row.department_id, row.title, row.body) for row in held]
    )
    for start in range(0, len(held), _SLICE):
        numbers = [row.number for row in held[start : start + _SLICE]]
        session.execute(delete(SearchDoc).where(SearchDoc.number.in_(numbers)))
