"""The change feed: complete by the data itself, numbered after commit, ordered, on both databases."""

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from catalog.feed import jobs, queries, service
from catalog.feed.models import FeedChange, FeedDirty, FeedRecord
from catalog.nodes.models import DataEntry
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.districts import District
from tests.support.scale import Scale


def replay(database: Database, after: int = 0, state: dict[str, str] | None = None) -> tuple[dict[str, str], int]:
    """What a reader holds who followed the feed: entry → digest; and where it stands."""
    held = dict(state or {})
    with database.read() as session:
        for change in queries.changes(session, after, 10_000):
            assert change.seq == after + 1, "a number is missing"
            after = change.seq
            if change.op == "upsert":
                held[str(change.entry_id)] = str(change.digest)
            else:
                del held[str(change.entry_id)]
    return held, after


def current(database: Database) -> dict[str, str]:
    with database.read() as session:
        ids = list(session.scalars(queries.public_ids()))
        return {str(key): entry.digest() for key, entry in queries.public_contents(session, ids).items()}


def test_following_the_feed_gives_the_public_part(database: Database, scale: Scale) -> None:
    """Changes of every kind at chance moments of sealing; a reader with a cursor holds exactly what is public."""
    district = District.make(database, 1, 16)
    held, at = replay(database)
    for number in range(scale.of(50, 3000)):
        name = district.step()
        if district.chance.random() < 0.5:
            district.seal()
            held, at = replay(database, at, held)
            assert held == current(database), (number, name)
    district.seal()
    held, at = replay(database, at, held)
    assert held == current(database) == replay(database)[0]
    with database.read() as session:
        stamps = list(session.scalars(select(FeedChange.at).order_by(FeedChange.seq)))
        assert stamps == sorted(set(stamps)), "stamps grow with the numbers"
        known = {str(one) for one in session.scalars(select(FeedRecord.entry_id).where(FeedRecord.public))}
    assert known == district.public() == set(held)
    assert jobs.sweep_all(database) == []


def test_nothing_public_changes_without_being_queued(database: Database) -> None:
    """The triggers see what services do, what SQL does, and what departments and systems do to their entries."""
    district = District.make(database, 7, 12)
    district.seal()
    entry_id = next(iter(sorted(district.public())))
    before = replay(database)[0][entry_id]
    with database.write() as session:
        session.execute(text("UPDATE department SET name = name || '(更名)'"))
    district.seal()
    renamed = replay(database)[0]
    assert renamed[entry_id] != before and set(renamed) == district.public()


def test_a_draft_that_was_never_published_is_not_queued(database: Database) -> None:
    district = District.make(database, 3, 4)
    district.seal()
    with database.write() as session:
        district.draft(session)
    with database.read() as session:
        assert not queries.is_dirty(session)
    assert district.seal() == 0


def test_looking_again_without_a_difference_tells_nothing(database: Database) -> None:
    district = District.make(database, 5, 8)
    district.seal()
    with database.write() as session:
        session.execute(update(DataEntry).values(revision=DataEntry.revision + 1))
    assert district.seal() == 0
    with database.read() as session:
        assert session.scalar(select(FeedDirty.id)) is None


def test_a_slower_transaction_gets_a_later_number(database: Database) -> None:
    """The case a sequence drawn inside the transaction loses: the slow one commits after the fast one was read."""
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    district = District.make(database, 11, 12)
    with database.write() as session:
        session.execute(update(DataEntry).where(DataEntry.version > 0).values(online=True, level=1, open_type="none"))
        published = list(session.scalars(select(DataEntry.id).where(DataEntry.status == "published").limit(2)))
    district.seal()
    slow_began, fast_read = threading.Event(), threading.Event()

    def slow() -> None:
        with database.write() as session:
            session.execute(update(DataEntry).where(DataEntry.id == published[0]).values(open_type="unconditional"))
            slow_began.set()
            assert fast_read.wait(20)

    thread = threading.Thread(target=slow)
    thread.start()
    assert slow_began.wait(20)
    district.write(published[1], open_type="unconditional")
    district.seal()
    held, at = replay(database)
    assert set(held) == {str(published[1])}
    fast_read.set()
    thread.join(20)
    district.seal()
    held, after = replay(database, at, held)
    assert after == at + 1 and set(held) == {str(one) for one in published}


def test_a_change_is_visible_before_its_stamp(database: Database) -> None:
    """Asking again from the moment of the last answer misses nothing."""
    district = District.make(database, 13, 8)
    district.seal()
    with database.read() as session:
        _, stamp = queries.head(session)
        asked = clock.now()
    assert stamp is not None and asked < stamp < asked + service.MARGIN + timedelta(seconds=1)


def test_a_round_that_takes_too_long_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    district = District.make(database, 17, 8)
    real, late = clock.now, iter([timedelta(0)])
    monkeypatch.setattr(service.clock, "now", lambda: real() + next(late, service.MARGIN))
    with pytest.raises(MulianError) as caught:
        database.run(service.seal)
    assert caught.value.code == "catalog.feed.slow"
    monkeypatch.undo()
    assert replay(database) == ({}, 0), "nothing of the round stayed"
    assert district.seal() == len(district.public())


def test_the_sweep_finds_what_no_trigger_saw(database: Database) -> None:
    district = District.make(database, 19, 8)
    district.seal()
    district.write(district.ids[0], level=1, open_type="unconditional", online=True)
    district.write(district.ids[1], open_type="none")
    with database.write() as session:
        session.execute(text("DELETE FROM feed_dirty"))
    missed = jobs.sweep_all(database)
    district.seal()
    assert set(replay(database)[0]) == district.public() and set(missed) <= set(district.ids[:2])
    assert jobs.sweep_all(database) == []


def test_what_was_told_cannot_be_changed(database: Database) -> None:
    District.make(database, 23, 6).seal()
    for statement in ("UPDATE feed_change SET version = 9", "DELETE FROM feed_change"):
        with pytest.raises(Exception, match="insert-only"), database.write() as session:
            session.execute(text(statement))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.sampled_from(["unconditional", "conditional", "none"])),
                min_size=1, max_size=6))
def test_any_walk_of_one_entry_ends_as_it_is(one_entry: District, walk: list[tuple[bool, int, str]]) -> None:
    for online, level, open_type in walk:
        one_entry.write(one_entry.ids[0], online=online, level=level, open_type=open_type)
    one_entry.seal()
    assert set(replay(one_entry.database)[0]) == one_entry.public()


@pytest.fixture
def one_entry(sqlite_database: Database) -> District:
    """A district whose first entry is published."""
    return District.make(sqlite_database, 29, 2)
