"""A run from wherever it stands to its end: read, check, store with the place to go on from, show.

Killed anywhere, it goes on at the last committed chunk: rows are neither lost nor stored twice.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.collection import entries, errors, physical, queries, store
from gateway.collection.contract import Checker
from gateway.collection.models import CollectionProblem, CollectionRun, CollectionTask
from gateway.collection.port import Page, Source
from gateway.collection.store import DUPLICATE, Place, Refused
from kernel import clock
from kernel.db import Database

CHUNK = 5_000
_SECONDS = 5.0  # a slow source is committed as often
Observe = Callable[[int, int], None]


@dataclass(frozen=True)
class Work:
    """A run in hand. ``observe(done, total)`` is called between chunks and may raise to stop."""

    database: Database
    task_id: uuid.UUID
    run_id: uuid.UUID
    mode: str
    bad_limit: int
    place: Place
    checker: Checker
    source: Source
    observe: Observe


def run(work: Work) -> dict[str, int]:
    """Carry a run to its end; return its counts. Raises what the source raises, and ``too_many_bad``."""
    load = work.database.run(lambda session: begin(session, work))
    with work.database.read() as session:
        row = queries.run(session, work.run_id)
    position, done = row.position, row.rows
    for page in gathered(work.source.pages(position["at"] if position else None)):
        work.observe(done, page.total or row.total or 0)
        chunks, done = row.chunks, done + len(page.rows)
        row = work.database.run(partial(_chunk, work=work, load=load, page=page, chunks=chunks))
    counts = work.database.run(lambda session: _finish(session, work, load))
    tidy(work.database, work.place)
    return counts


def gathered(pages: Iterator[Page]) -> Iterator[Page]:
    """Join small pages into chunks, and part none: a page's end is a place to go on from."""
    rows: list[Any] = []
    started, last = time.monotonic(), None
    for page in pages:
        rows.extend(page.rows)
        last = Page(rows, page.position, page.cursor, page.total)
        if len(rows) >= CHUNK or time.monotonic() - started > _SECONDS:
            yield last
            rows, last, started = [], None, time.monotonic()
    if last is not None:
        yield last


def begin(session: Session, work: Work) -> int:
    """Mark the run as running and return the load its rows belong to; doing it again changes nothing."""
    row = queries.run(session, work.run_id)
    if row.state == "queued":
        table = queries.table(session, work.place.id)
        if work.mode == "full" or table.live_load == 0:
            row.load, table.next_load = table.next_load, table.next_load + 1
            if work.mode != "full":
                table.live_load = row.load
        else:
            row.load = table.live_load
        row.state, row.started_at = "running", clock.now()
    if row.state != "running":
        raise errors.STATE(code=str(row.number), state=row.state)
    return row.load


def _chunk(session: Session, work: Work, load: int, page: Page, chunks: int) -> CollectionRun:
    row = queries.run(session, work.run_id)
    if row.chunks != chunks or row.state != "running":  # somebody else went on with it, or it was cancelled
        raise errors.STATE(code=str(row.number), state=row.state)
    checked = work.checker.check(page.rows)
    by_cursor = work.mode == "cursor"
    twice = store.put(session, work.place, load, checked.good, replace=by_cursor)
    bad = [*checked.bad, *((at, (DUPLICATE,)) for at in twice)]
    store.refuse(
        session, work.place, work.task_id, row.id,
        [Refused(row.rows + at + 1, page.rows[at], reasons) for at, reasons in sorted(bad)], again=by_cursor)
    row.position = {"at": page.position, "cursor": page.cursor}
    row.chunks, row.rows = chunks + 1, row.rows + len(page.rows)
    row.bad, row.good = row.bad + len(bad), row.good + len(page.rows) - len(bad)
    row.total = page.total or row.total
    session.flush([row])
    return row


def _finish(session: Session, work: Work, load: int) -> dict[str, int]:
    row = queries.run(session, work.run_id)
    task = session.get_one(CollectionTask, work.task_id)
    counts = {"rows": row.rows, "good": row.good, "bad": row.bad}
    if row.state != "running":
        raise errors.STATE(code=str(row.number), state=row.state)
    if work.mode == "full":
        if row.bad * 100 > work.bad_limit * row.rows:
            raise errors.TOO_MANY_BAD(bad=row.bad, limit=work.bad_limit)
        _show(session, work, row, load)
    elif row.position and row.position["cursor"] is not None:
        task.cursor = row.position["cursor"]
    row.state, row.finished_at = "succeeded", clock.now()
    task.last_success_at = row.finished_at
    session.flush()
    entries.note_update(session, queries.table(session, work.place.id))
    return counts


def _show(session: Session, work: Work, row: CollectionRun, load: int) -> None:
    """Make a full load the one that is seen; what earlier runs refused is no longer open."""
    table = queries.table(session, work.place.id)
    if table.live_load != load:
        table.previous_load, table.live_load = table.live_load or None, load
    session.execute(
        update(CollectionProblem)
        .where(CollectionProblem.task_id == work.task_id, CollectionProblem.run_id != row.id,
               CollectionProblem.state == "open")
        .values(state="superseded", changed_at=clock.now()).execution_options(synchronize_session=False)
    )


def tidy(database: Database, place: Place) -> None:
    """Delete the rows of loads that nobody sees and no undo brings back, a slice at a time."""
    def unit(session: Session) -> int:
        row = queries.table(session, place.id)
        kept = [row.live_load, *([row.previous_load] if row.previous_load else []),
                *queries.loads_in_hand(session, place.id)]
        return physical.prune(session, place.table, kept)

    while database.run(unit):
        pass
