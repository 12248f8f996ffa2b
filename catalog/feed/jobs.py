"""The sealer by itself, and the nightly proof that nothing was missed."""

import uuid
from typing import TYPE_CHECKING, Any

from catalog.feed import epochs, queries, service
from catalog.feed.errors import SLOW
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.jobs.registry import job, schedule
from kernel.runtime import runtime_of

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

_PATIENCE = 3
SEAL = "catalog.feed.seal"
SWEEP = "catalog.feed.sweep"


def seal_all(database: Database) -> int:
    """Seal until nothing waits; how many changes were told. A round that was too slow is tried again, twice.

    First it looks whether the database still knows the last change that was told; after every round it keeps the new
    one, so that a sealer that is stopped between two rounds has kept what readers may have seen.
    """
    told = 0
    with database.read() as session:
        home = runtime_of(session).home
        kept = epochs.kept(home)
        back = kept is not None and epochs.went_back(session, kept)
    if kept is not None and back:
        last = kept
        database.run(lambda session: epochs.renew_if_restored(session, last))
    with database.read() as session:
        waiting = queries.is_dirty(session)
    slow = 0
    while waiting:
        try:
            done = database.run(service.seal)
        except MulianError as error:
            slow += 1
            if error.code != SLOW.code or slow == _PATIENCE:
                raise
            continue
        told, waiting, slow = told + done.changes, done.looked_at == service.BATCH, 0
        if done.changes:
            _keep(database, home)
    if kept is None and not told:
        _keep(database, home)
    return told


def _keep(database: Database, home: Home) -> None:
    with database.read() as session:
        epochs.keep(home, epochs.place_of(session, queries.head(session)[0]))


def sweep_all(database: Database) -> list[uuid.UUID]:
    """Queue every entry whose public state differs from what was told; which ones."""
    missed: list[uuid.UUID] = []
    after: uuid.UUID | None = None
    while True:
        start = after
        found, after = database.run(lambda session: service.sweep(session, start))  # noqa: B023 - called at once
        missed += found
        if after is None:
            return missed


@job(SEAL, zh="公开目录变更编号", en="Number the changes of the public part")
def seal(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Tell what changed. A missed slot is skipped: the next one takes all that waits."""
    return {"changes": seal_all(ctx.database)}


@job(SWEEP, zh="核对公开目录变更", en="Check the feed against the directory")
def sweep(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Compare everything with what was told; a difference means a trigger is missing, and is queued."""
    missed = sweep_all(ctx.database)
    if missed:
        ctx.log(f"{len(missed)} change(s) had not been queued", "error")
    return {"missed": len(missed), "told": seal_all(ctx.database)}


schedule(SEAL, every_seconds=1, missed="skip")
schedule(SWEEP, cron="40 2 * * *", missed="run_once")
