"""A feed whose database was restored to an earlier state begins anew, and no reader skips what it then tells."""

import json
import shutil
import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from catalog.commands import app
from catalog.feed import epochs, queries
from catalog.feed.errors import SLOW
from catalog.feed.models import FeedChange, FeedEpoch, FeedRecord
from catalog.oai import service as oai
from catalog.oai.protocol import OaiError, Span, Token
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from tests.catalog.districts import District, Served
from tests.catalog.test_feed import current
from tests.support import loopback


class Reader:
    """Whoever follows the feed by number alone, as readers did before there were epochs."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.after = 0

    def follow(self, database: Database) -> None:
        with database.read() as session:
            for change in queries.changes(session, self.after, 10_000):
                assert change.seq > self.after
                self.after = change.seq
                if change.op == "upsert":
                    self.held[str(change.entry_id)] = str(change.digest)
                else:
                    self.held.pop(str(change.entry_id), None)


@pytest.fixture
def restored(database: Database, home: Home, request: pytest.FixtureRequest) -> Callable[[], Callable[[], Database]]:
    """Call it to take a backup of the database; call what it returns to have the backup back, in the same home."""

    def backup() -> Callable[[], Database]:
        assert database.runtime is not None
        settings, box = database.runtime.settings, database.runtime.box
        database.engine.dispose()
        if database.dialect == "sqlite":
            kept = home.root / "backup.db"
            shutil.copy(home.database_file, kept)
            make = lambda: Database.sqlite(kept)  # noqa: E731
        else:
            server = request.getfixturevalue("postgres_server")
            source = make_url(database.url).database
            url = server.create(f"b_{uuid.uuid4().hex[:10]}", template=source)
            make = lambda: Database(url)  # noqa: E731

        def bring_back() -> Database:
            back = make()
            Runtime(settings=settings, home=home, database=back, box=box)
            request.addfinalizer(back.close)
            return back

        return bring_back

    return backup


def numbers(database: Database) -> tuple[int, int]:
    """(head, epochs)."""
    with database.read() as session:
        return queries.head(session)[0], session.scalar(select(func.count()).select_from(FeedEpoch)) or 0


def cursor(database: Database) -> epochs.Place:
    with database.read() as session:
        return epochs.place_of(session, queries.head(session)[0])


def refused(database: Database, place: epochs.Place) -> bool:
    with database.read() as session:
        try:
            epochs.check(session, epochs.Place.read(place.text()))
        except Exception as error:
            assert getattr(error, "code", "") == "catalog.feed.epoch"
            return True
    return False


def test_a_restored_database_tells_everything_again(
    database: Database, home: Home, restored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    district, reader = District.make(database, 5, 12), Reader()
    district.seal()
    reader.follow(database)
    bring_back = restored()
    one, two = (uuid.UUID(one) for one in sorted(district.public())[:2])
    district.write(one, online=False)
    district.touch(two)
    district.seal()
    reader.follow(database)
    place, stamp = cursor(database), clock.from_micros(cursor(database).at)
    assert not refused(database, place) and str(one) not in reader.held
    assert json.loads((home.root / "feed.head").read_bytes())["seq"] == reader.after == place.seq

    back = bring_back()
    later = District(back, district.chance, district.town, district.ids)
    assert numbers(back)[0] < reader.after and str(one) in later.public()
    broken = Mock(side_effect=SLOW())
    monkeypatch.setattr("catalog.feed.service.seal", broken)
    for _ in range(2):  # stopped before the first change of the new epoch is told
        with pytest.raises(MulianError, match="catalog.feed.slow"):
            later.seal()
    assert broken.call_count == 6 and numbers(back)[1] == 2, "one restoration begins one epoch"
    monkeypatch.undo()
    later.seal()
    assert numbers(back)[1] == 2 and refused(back, place)
    with back.read() as session:
        assert min(session.scalars(select(FeedRecord.at))) > stamp, "harvesters by date see all of it"
        begun = queries.epoch(session).after_seq
        first = session.scalar(select(func.min(FeedChange.seq)).where(FeedChange.seq > begun))
        assert first == reader.after + 1
        assert session.scalars(select(Notice.audience)).all() == ["operator"]
    reader.follow(back)
    assert reader.held == current(back) and str(one) in reader.held
    assert later.seal() == 0 and numbers(back)[1] == 2, "once"
    later.touch(one)
    later.seal()
    reader.follow(back)
    assert reader.held == current(back) and not refused(back, cursor(back))


def test_a_restoration_that_nobody_noticed_is_not_skipped(database: Database, home: Home, restored: Any) -> None:
    district = District.make(database, 6, 12)
    district.seal()
    before, bring_back = cursor(database), restored()
    for one in sorted(district.public())[:3]:
        district.touch(uuid.UUID(one))
    district.seal()
    place = cursor(database)
    token = Token(Span(), place.seq, 1, 9, place.at)
    with database.read() as session:
        assert oai.queries.told(session, token.seq, token.at)
    (home.root / "feed.head").write_text("torn")  # restored together with the database, or lost
    back = bring_back()
    later = District(back, district.chance, district.town, district.ids)
    assert later.seal() == 0 and not refused(back, before)
    assert refused(back, place), "the number is not reached yet"
    for one in sorted(later.public())[:6]:
        later.touch(uuid.UUID(one))
    later.seal()
    assert numbers(back)[0] > place.seq and refused(back, place), "the number is another change's"
    with back.read() as session, pytest.raises(OaiError, match="harvest again"):
        oai._list(session, None, {"resumptionToken": token.text()}, whole=False)  # type: ignore[arg-type]


def test_epochs_over_http_and_by_command(sqlite_database: Database, home: Home) -> None:
    district = District.make(sqlite_database, 7, 8)
    district.seal()
    with Served(sqlite_database) as url, loopback.client(f"{url}/api/v1/catalog/public") as http:
        first = http.get("/changes", params={"limit": 2}).json()
        assert first["next"] == 2 and first["cursor"].startswith(first["epoch"])
        rest = http.get("/changes", params={"cursor": first["cursor"], "limit": 1000}).json()
        assert rest["items"][0]["seq"] == 3 and rest["next"] == rest["head"]
        assert http.get("/changes", params={"cursor": rest["cursor"]}).json()["cursor"] == rest["cursor"]
        for bad in ("x", f"{first['epoch']}.1", f"{first['epoch']}.1.²", "x" * 32 + ".1.-1"):
            assert http.get("/changes", params={"cursor": bad}).json()["code"] == "catalog.feed.cursor", bad
        # only the database was brought back: the home knows of changes that it lacks
        epochs.keep(home, epochs.Place(first["epoch"], rest["head"] + 5, clock.to_micros(clock.now())))
        words = ["feed", "renew", "--reason", "恢复了备份", "--home", str(home.root), "--json"]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        made = json.loads(done.stdout)
        assert made["epoch"] != first["epoch"] and made["changes"] == rest["head"]
        assert numbers(sqlite_database) == (2 * rest["head"] + 5, 2), "begun once, behind all that was told"
        for params in ({"cursor": rest["cursor"]}, {"after": "1", "epoch": first["epoch"]}):
            answer = http.get("/changes", params=params)
            assert answer.status_code == 409 and answer.json()["code"] == "catalog.feed.epoch", answer.text
            assert answer.json()["params"]["epoch"] == made["epoch"] and "0" in answer.json()["fix"]
        again = http.get("/changes", params={"after": rest["head"], "epoch": made["epoch"], "limit": 1000}).json()
        assert {one["entry_id"] for one in again["items"]} >= district.public()
