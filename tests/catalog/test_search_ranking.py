"""The fast path gives the hits of the definition, in its order, with its count; people's searches and pickers."""

import random
import uuid
from collections import Counter
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from catalog.entries import service as entries
from catalog.nodes.models import DataEntry
from catalog.search import everywhere, narrowing, pick, queries, rules, saved, service
from catalog.search.definition import ranked
from catalog.search.models import DOC, SavedSearch
from catalog.search.ranking import Ranking
from kernel import ids
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.roles import seed_roles
from kernel.identity.service import create_department, create_user
from kernel.notices.models import Notice
from tests.catalog.conftest import Town
from tests.support.scale import Scale

WORDS = ("婚姻", "登记", "婚姻登记", "信息", "低保", "民政局", "区民政局", "卫健", "ab", "b1", "1")
KINDS = ("data_entry", "data_entry", "data_entry", "duty", "system")


def _text(chance: random.Random, words: int) -> str:
    parts = [chance.choice(WORDS) + chance.choice(("", "", " ", "，")) for _ in range(chance.randint(0, words))]
    return "".join(parts)


def _fill(database: Database, town: Town, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    with database.write() as session:
        adapter = type(service.full_text(session))
        # numbers far apart, so that documents lie in several blocks of PostgreSQL's index
        monkeypatch.setattr(adapter, "take_numbers", lambda self, _, wanted: [7 + 900 * at for at in range(wanted)])
        service.index(session, [
            service.Document(
                ids.new(), chance.choice(KINDS), chance.choice((town.civil, town.health)), f"C-{at % (count - 5)}",
                _text(chance, 4) or "无题", _text(chance, 9), legacy=chance.choice((None, "婚姻登记", f"旧{at}")),
            )
            for at in range(count)
        ], fresh=True)


def _same(found: Ranking, size: int, offset: int) -> int:
    where = [*found._kinds(False), *found._where]
    session = found.session
    wanted = [(number, node_id) for number, node_id in session.execute(ranked(found.wish, where, 10_000))]
    assert found.top(size, offset) == wanted[offset : offset + size], found.wish.raw
    assert found.count(10_001) == len(wanted)
    assert sorted(found.some(10_000)) == sorted(wanted)
    return len(wanted)


def test_the_fast_path_is_the_definition(
    database: Database, town: Town, scale: Scale, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(database, town, scale.of(120, 1500), monkeypatch)
    _every_way_is_the_definition(database, town, scale)


def test_asking_the_rarest_grams_is_the_definition(
    sqlite_database: Database, scale: Scale, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.catalog.conftest import make_town

    town, count = make_town(sqlite_database), scale.of(120, 1500)
    _fill(sqlite_database, town, count, monkeypatch)
    monkeypatch.setattr(narrowing, "WORTH", 0)
    monkeypatch.setattr(narrowing, "SAMPLE", count - 1)
    _every_way_is_the_definition(sqlite_database, town, scale)
    with sqlite_database.read() as session:
        assert narrowing.narrow(session, ["婚姻登记民政局"])[0] == "记民", "the sample was taken"


def _every_way_is_the_definition(database: Database, town: Town, scale: Scale) -> None:
    chance, several = random.Random(9), 0
    with database.read() as session:
        for _ in range(scale.of(60, 900)):
            raw = chance.choice((" ", "")).join(chance.sample(WORDS, chance.choice((1, 1, 2, 3))))
            raw = raw if chance.random() < 0.8 else raw[1:-1] + chance.choice(("", "C-3", " 旧7"))
            found = queries.ranking(
                session, raw, node_kind=chance.choice((None, None, "data_entry", "duty")),
                department_id=chance.choice((None, None, town.civil)),
            )
            several += _same(found, chance.choice((1, 3, 20)), chance.choice((0, 0, 2, 15))) > 1
        assert several > 20, "the queries must find something"
        code = queries.ranking(session, "c-3")
        assert _same(code, 20, 0) >= 1 and session.scalar(
            select(DOC.c.code).where(DOC.c.number == code.top(1)[0][0])
        ) == "c-3"


def test_the_rarest_grams_are_asked() -> None:
    documents = Counter({"信息": 9, "登记": 4, "记信": 2})
    assert narrowing.rarest(["登记信息"], documents) == ("记信", "登记", "信息")
    assert narrowing.rarest(["甲登记信息"], documents) == ("甲登", "记信", "登记")
    assert narrowing.rarest(["甲登记信息", "乙丙"], documents) == ("甲登", "乙丙")
    assert narrowing.rarest(["ab12"], Counter()) == ("ab1", "b12")


def test_more_words_than_are_looked_up_are_compared(sqlite_database: Database) -> None:
    from tests.catalog.conftest import make_town

    town = make_town(sqlite_database)
    words = [f"{first}{second}" for first in "甲乙丙丁戊" for second in "子丑寅卯"]
    with sqlite_database.write() as session:
        service.index(session, [
            service.Document(ids.new(), "data_entry", town.civil, f"W-{at}", "多词", " ".join(held))
            for at, held in enumerate((words, rules.lookup(words)))
        ])
        found = queries.ranking(session, " ".join(words))
        assert found.count(9) == len(found.top(9)) == 1


def test_a_word_that_names_a_department_finds_its_nodes(
    database: Database, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(database, town, 120, monkeypatch)
    with database.read() as session:
        found = queries.ranking(session, "民政局 婚姻登记")
        assert found.wish.departments == {"民政局": (town.civil,)}
        owners = session.execute(
            select(DOC.c.title, DOC.c.department_id).where(DOC.c.number.in_([hit[0] for hit in found.top(50)]))
        ).all()
        assert any("民政局" not in title and owner == town.civil for title, owner in owners)
        assert all("民政局" in title or owner == town.civil for title, owner in owners if "民政局" in title)


@pytest.mark.parametrize("few", [0, 5000])
def test_filters_are_tested_or_read_first_with_the_same_result(
    database: Database, town: Town, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FEW", few)
    with database.write() as session:
        for at in range(24):
            entries.create(
                session, town.bureau, {"name": f"婚姻登记{'信息' * (at % 3)}", "abstract": "低保 婚姻",
                                       "open_type": ("none", "unconditional")[at % 2]},
                department_id=(town.civil, town.health)[at % 2],
            )
    with database.read() as session:
        for raw, total in (("婚姻登记", 12), ("婚姻登记信息", 8), ("低保", 12), ("婚姻 低保", 12), ("姻", 12)):
            found = queries.ranking(
                session, raw, node_kind="data_entry", model=DataEntry, conditions=[DataEntry.open_type == "none"]
            )
            assert _same(found, 5, 0) == found.count(99) == total, raw


def test_all_levels_with_facets_and_what_an_officer_sees(database: Database, town: Town) -> None:
    with database.write() as session:
        entries.create(session, town.bureau, {"name": "婚姻登记信息", "abstract": "全区"}, department_id=town.civil)
        entries.create(session, town.bureau, {"name": "婚姻统计", "abstract": ""}, department_id=town.health)
    with database.read() as session:
        everyone = everywhere.ranking(session, town.bureau, "婚姻")
        assert everyone.count(9) == 2
        assert everywhere.facets(session, everyone)["kind"] == [{"value": "data_entry", "label": "数据目录", "count": 2}]
        own = everywhere.ranking(session, town.officer, "婚姻", kind="data_entry")
        rows = everywhere.hits(session, own.top(20), own.wish.query)
        assert [row["name"] for row in rows] == ["婚姻登记信息"], "drafts of others are nobody's business"
        assert rows[0]["title_pieces"][0] == ("婚姻", True) and rows[0]["department"] == "区民政局"
        assert everywhere.ranking(session, town.bureau, "婚姻", status="published").count(9) == 0


def test_pickers_take_names_codes_aliases_and_first_letters(database: Database, town: Town) -> None:
    with database.write() as session:
        made = entries.create(session, town.bureau, {"name": "婚姻登记信息"}, department_id=town.civil)
    with database.read() as session:
        for q in ("民政", "区民", "qmz", "mzj", "mz"):
            assert [row["name"] for row in pick.departments(session, q, 5)][:1] == ["区民政局"], q
        assert pick.departments(session, "无此", 5) == [] and len(pick.departments(session, "", 9)) == 2
        for q in ("hydj", "hy", "婚姻", "登记", made.code, ""):
            rows = pick.nodes(session, town.officer, "data_entry", q, 5)
            assert [row["id"] for row in rows] == [made.id], q
        assert pick.nodes(session, town.stranger, "data_entry", "hydj", 5) == []


def _person(database: Database, town: Town) -> Any:
    from kernel.identity import registry
    from kernel.identity.sessions import actor_of_user

    with database.write() as session:
        seed_roles(session, system_actor("test"), dict(registry.grants()))
        user, _ = create_user(
            session, system_actor("test"), username="wang", display_name="王", role_keys=["data_officer"],
            department_id=town.civil,
        )
        return actor_of_user(session, user)


def test_a_saved_search_tells_of_new_matches_once(database: Database, town: Town) -> None:
    wang = _person(database, town)

    def add(name: str, department_id: uuid.UUID) -> None:
        with database.write() as session:
            entries.create(session, town.bureau, {"name": name}, department_id=department_id)

    def told() -> list[str]:
        with database.read() as session:
            return list(session.scalars(select(Notice.title_zh).order_by(Notice.created_at, Notice.id)))

    def check() -> list[int]:
        return [database.run(partial(saved.check, saved_id=one)) for one in database.run(saved.watched)]

    add("婚姻登记信息", town.civil)
    kept = database.run(lambda s: saved.save(
        s, wang, name="婚姻", q="婚姻", filters={"department_id": str(town.civil)}, notify_new=True
    ))
    assert check() == [0] and told() == []
    add("婚姻统计", town.civil)
    add("婚姻统计", town.health)
    assert check() == [1] and told() == ["检索「婚姻」新增 1 条"]
    assert check() == [0] and len(told()) == 1
    with pytest.raises(MulianError, match=r"already|named"):
        database.run(lambda s: saved.save(s, wang, name="婚姻", q="x", filters={}, notify_new=False))
    with pytest.raises(MulianError) as caught:
        database.run(lambda s: saved.save(s, wang, name="b", q="x", filters={"nonsense": "1"}, notify_new=False))
    assert caught.value.code == "catalog.search.saved_filter"
    with pytest.raises(MulianError):
        database.run(lambda s: saved.one(s, town.bureau, kept.id))
    database.run(lambda s: saved.forget(s, wang, kept.id))
    assert check() == [] and database.run(lambda s: s.scalars(select(SavedSearch)).all()) == []


def test_a_search_that_grows_too_broad_is_no_longer_watched(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.catalog.conftest import make_town

    town = make_town(sqlite_database)
    wang = _person(sqlite_database, town)
    monkeypatch.setattr(saved, "WATCHED", 1)
    with sqlite_database.write() as session:
        entries.create(session, town.bureau, {"name": "甲表"}, department_id=town.civil)
        kept = saved.save(session, wang, name="表", q="甲表", filters={}, notify_new=True)
        entries.create(session, town.bureau, {"name": "甲表二"}, department_id=town.civil)
        assert saved.check(session, kept.id) == 0 and kept.notify is False
        assert "停止" in session.scalars(select(Notice.title_zh)).one()
        with pytest.raises(MulianError) as caught:
            saved.change(
                session, wang, kept.id, version=kept.version, name="表", q="甲表", filters={}, notify_new=True
            )
    assert caught.value.code == "catalog.search.saved_broad"


def test_a_rebuilt_index_finds_the_same(database: Database, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(database, town, 120, monkeypatch)
    with database.read() as session:
        before = queries.ranking(session, "婚姻登记").some(500)
    with database.write() as session:
        assert service.rebuild(session) == 120
    with database.read() as session:
        assert sorted(queries.ranking(session, "婚姻登记").some(500)) == sorted(before)


def test_a_document_keeps_its_place_and_untouched_ones_are_not_written(sqlite_database: Database) -> None:
    from tests.catalog.conftest import make_town

    town = make_town(sqlite_database)
    with sqlite_database.write() as session:
        create_department(session, system_actor("test"), name="区档案馆", kind="bureau")
        one, two = (
            service.Document(ids.new(), "data_entry", town.civil, f"K-{at}", "同名目录", "") for at in range(2)
        )
        service.index(session, [one, two])
        service.index(session, [one])
        service.index(session, [service.Document(one.node_id, "data_entry", town.civil, "K-0", "同名目录", "另加正文")])
        hits = [node_id for _, node_id in queries.ranking(session, "同名").top(5)]
        assert hits == [one.node_id, two.node_id]
        assert queries.ranking(session, "加正").count(5) == 1
