"""Likely duplicates: nothing is missed against comparing every pair; what is shown, decided and claimed twice."""

import random
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import permissions as p
from catalog.duplicates import queries, rules, service
from catalog.duplicates.conflicts import conflicts
from catalog.duplicates.rules import Look, Weights, compare, grams, likely
from catalog.entries import service as entries
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.conftest import Town, person

WORDS = ("婚姻", "登记", "信息", "人口", "统计", "老年", "补贴", "企业", "名录", "许可")
ITEMS = ("姓名", "证件号", "地址", "电话", "金额", "日期", "街道")


def make(key: int, chance: random.Random) -> Look[int]:
    title = "".join(chance.choices(WORDS, k=chance.randint(1, 4)))
    items = chance.sample(ITEMS, chance.randint(0, 5))
    codes = chance.sample(("GB/T 2261", "GB 11643"), chance.randint(0, 1))
    return Look(key, chance.randint(1, 3), grams(title), rules.words(items), rules.words(codes))


@pytest.mark.pure
@given(st.integers(0, 2**32), st.sampled_from((500, 600, 750, 900)))
def test_no_pair_is_missed(seed: int, least: int) -> None:
    chance = random.Random(seed)
    looks = [make(key, chance) for key in range(chance.randint(2, 40))]
    weights = Weights(look.title for look in looks)
    every = {
        (one.key, other.key) for at, one in enumerate(looks) for other in looks[at + 1 :]
        if one.department != other.department and compare(one, other, weights).score >= least
    }
    assert {(one.key, other.key) for one, other, _ in likely(looks, least)} == every


@pytest.mark.pure
@given(st.integers(0, 2**32))
def test_likeness_is_symmetric_and_whole_for_the_same(seed: int) -> None:
    chance = random.Random(seed)
    one, other = make(1, chance), make(2, chance)
    weights = Weights((one.title, other.title))
    assert compare(one, other, weights) == compare(other, one, weights)
    same = compare(one, one, weights)
    assert same.score == same.title == 1000 and same.items in (1000, None)


@pytest.mark.pure
def test_a_title_is_compared_without_department_and_year() -> None:
    assert grams("西城区民政局2024年婚姻登记信息", ("西城区民政局",)) == grams("婚姻登记信息")
    assert grams("2023年度统计", ()) == grams("统计") and grams("民政局", ("民政局",)) == grams("民政局")


@pytest.mark.pure
def test_an_everyday_item_is_a_conflict_only_among_alike_entries() -> None:
    town = [Look(key, key, grams(f"{word}专项"), rules.words(["地址"]), frozenset()) for key, word in enumerate(
        ("甲乙", "丙丁", "戊己", "庚辛", "壬癸", "子丑", "寅卯", "辰巳", "午未", "申酉", "戌亥", "天地", "玄黄", "宇宙")
    )]
    twins = [
        Look(key, key, grams("婚姻登记信息"), rules.words(["登记字号", "地址"]), frozenset()) for key in (100, 101)
    ]
    found = {one.item: one for one in conflicts([*town, *twins])}
    assert found["登记字号"].likeness == 1000 and not found["登记字号"].common
    only = {one.item: one for one in conflicts(town)}
    assert only["地址"].common
    own = Look(7, twins[0].department, twins[1].title, twins[1].items, frozenset())
    assert conflicts([twins[0], own]) == [], "one department alone is no conflict"


def entry(database: Database, town: Town, name: str, department: uuid.UUID, **more: Any) -> uuid.UUID:
    maker = town.officer if department == town.civil else town.stranger
    items = [{"name": item} for item in more.pop("items", ())]
    values = {"name": name, "share_type": "unconditional", "open_type": "none", **more}
    with database.write() as session:
        return entries.create(session, maker, values, department_id=department, items=items).id


def test_kept_and_live_pairs_agree_and_drafts_of_others_stay_unseen(database: Database, town: Town) -> None:
    ours = entry(database, town, "区民政局婚姻登记信息", town.civil, items=["姓名", "证件号", "登记日期"])
    theirs = entry(database, town, "婚姻登记信息（2025年）", town.health, items=["姓名", "证件号", "登记日期"])
    entry(database, town, "老年人补贴发放名单", town.health, items=["姓名", "金额"])
    for number in range(30):
        entry(database, town, f"无关目录{number}号台账", town.health, items=["编号"])
    assert service.refresh(database) == 1
    with database.read() as session:
        rows = session.execute(queries.pairs(town.bureau)).all()
        assert {rows[0][0].left_id, rows[0][0].right_id} == {ours, theirs}
        twins = service.twins(session, town.bureau, ours)
        assert [twin.entry_id for twin in twins] == [theirs]
        assert twins[0].likeness.score >= 900
        assert service.twins(session, town.officer, ours) == [], "a draft of another department is not told"
        assert session.execute(queries.pairs(town.officer)).all() == []


def test_the_live_answer_is_the_kept_one(database: Database, town: Town) -> None:
    """Titles without department names, so that the index and the nightly comparison count the same bigrams."""
    chance = random.Random(4)
    made = [
        entry(
            database, town, "".join(chance.choices(WORDS, k=2)), chance.choice((town.civil, town.health)),
            items=chance.choice(([], ["姓名", "证件号"], ["姓名", "证件号", "地址"])),
        )
        for _ in range(40)
    ]
    service.refresh(database)
    with database.read() as session:
        kept = {
            (row[0].left_id, row[0].right_id): row[0].score for row in session.execute(queries.pairs(town.bureau))
        }
        live = {
            (min(one, twin.entry_id), max(one, twin.entry_id)): twin.likeness.score
            for one in made for twin in service.twins(session, town.bureau, one)
        }
    assert kept and live == kept


def test_a_reviewer_tells_a_pair_apart(database: Database, town: Town) -> None:
    ours = entry(database, town, "婚姻登记信息", town.civil)
    theirs = entry(database, town, "婚姻登记信息", town.health)
    service.refresh(database)
    nobody = person("nobody", town.civil, p.READ, scope="all")
    for actor, reason, code in (
        (nobody, "不同", "identity.permission.denied"), (town.bureau, " ", "catalog.duplicate.reason_missing"),
        (town.officer, "不同", "catalog.duplicate.unknown"),
    ):
        with pytest.raises(MulianError) as caught, database.write() as session:
            service.decide(session, actor, ours, theirs, "different", reason)
        assert caught.value.code == code
    with database.write() as session:
        service.decide(session, town.bureau, theirs, ours, "different", "口径不同")
    with database.read() as session:
        assert session.execute(queries.pairs(town.bureau)).all() == []
        assert len(session.execute(queries.pairs(town.bureau, decided=True)).all()) == 1
        assert service.twins(session, town.bureau, ours)[0].verdict == "different"
    service.refresh(database)
    with database.read() as session:
        assert session.execute(queries.pairs(town.bureau)).all() == [], "a decision outlives a comparison"


def test_two_sources_of_one_item(database: Database, town: Town) -> None:
    entry(database, town, "婚姻登记信息", town.civil, items=["登记字号"], authoritative=True)
    entry(database, town, "婚姻登记档案", town.health, items=["登记字号", "卷号"], authoritative=True)
    entry(database, town, "婚姻登记副本", town.health, items=["登记字号"])
    with database.read() as session:
        found = service.source_conflicts(session, town.bureau, None)
        assert [(one.item, len(one.claims)) for one in found] == [("登记字号", 2)]
        assert service.source_conflicts(session, town.bureau, uuid.uuid4()) == []
        assert service.source_conflicts(session, town.officer, None) == [], "a foreign draft claims nothing yet"
