"""Search means one thing on both databases: exactly the entries whose text contains the term."""

import random
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import queries, rules, service
from catalog.search.models import SearchDoc
from kernel import ids
from kernel.db import Database
from tests.catalog.conftest import Town
from tests.support.scale import Scale

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)
ALPHABET = "数据目录信息统一社会信用代码ab1754GB/T·，（） é\u20bb7𠮷🏥"


@given(TEXTS)
def test_the_normal_form_is_stable(text: str) -> None:
    once = rules.normalise(text)
    assert rules.normalise(once) == once
    assert once == once.strip() and "  " not in once


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_contained_before_is_contained_after(a: str, b: str, c: str) -> None:
    word = rules.normalise(b)
    if word and not any(ch.isspace() for ch in b):
        assert word in rules.normalise(f"{a} {b} {c}")


@given(TEXTS)
def test_grams_stay_within_words(text: str) -> None:
    normal = rules.normalise(text)
    words = normal.split(" ")
    triples = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
    assert set(rules.grams(normal)) == {word[at : at + 2] for word in words for at in range(len(word) - 1)} | {
        three for three in triples if three.isascii()
    }
    assert set(rules.lookup(words)) <= set(rules.grams(normal)) and len(rules.lookup(words)) <= rules.GRAM_LIMIT


def test_highlight_joins_to_a_cut_of_the_original() -> None:
    query = rules.parse("ＧＢ/t4754 行业")
    pieces = rules.highlight("国民经济行业分类 GB/T4754-2017 说明", query)
    assert "".join(piece for piece, _ in pieces) == "国民经济行业分类 GB/T4754-2017 说明"
    assert [piece for piece, hit in pieces if hit] == ["行业", "GB", "T4754"]
    assert rules.highlight("无关", query) == [("无关", False)]


def _documents(count: int, town: Town, chance: random.Random) -> list[service.Document]:
    found = []
    for number in range(count):
        title = "".join(chance.choice(ALPHABET) for _ in range(chance.randint(1, 20)))
        body = "".join(chance.choice(ALPHABET) for _ in range(chance.randint(0, 120)))
        found.append(service.Document(ids.new(), "data_entry", town.civil, f"P-{number:06d}", title, body))
    return found


def _search(session: Any, raw: str) -> set[uuid.UUID]:
    return set(session.scalars(queries.matching(session, rules.parse(raw), raw)))


def test_random_substrings_find_exactly_what_contains_them(database: Database, town: Town, scale: Scale) -> None:
    chance = random.Random(20261121)
    documents = _documents(scale.of(150, 2000), town, chance)
    long = "".join(chance.choice(ALPHABET) for _ in range(200_000))
    documents.append(service.Document(ids.new(), "data_entry", town.civil, "LONG", "长文", long))
    documents.append(
        service.Document(
            ids.new(), "data_entry", town.civil, "SAME", "重复", "数" * 3000 + "据目" + "ab" * 2000 + "c"
        )
    )
    normal = {d.node_id: (rules.normalise(d.title), rules.normalise(d.body)) for d in documents}
    with database.write() as session:
        service.index(session, documents, fresh=True)
    with database.read() as session:
        for round_ in range(scale.of(120, 1500)):
            source = chance.choice(normal[chance.choice(documents).node_id])
            if len(source) < 2:
                continue
            at = chance.randrange(len(source) - 1)
            raw = source[at : at + chance.choice((2, 3, 5, 8, 40, 90, 160))]
            query = rules.parse(raw)
            if query.scan_only or query.empty:
                continue
            words = (*query.terms, *query.short)
            wanted = {
                node_id for node_id, (title, body) in normal.items() if all(w in title or w in body for w in words)
            }
            assert _search(session, raw) == wanted, (round_, raw)
        assert _search(session, "数据目录信息统一社会信用代码没有") == set()
        assert {d.node_id for d in documents if d.code == "SAME"} == _search(session, "bababc")


def test_tiers_codes_single_characters_and_updates(database: Database, town: Town) -> None:
    def doc(code: str, title: str, body: str, node_id: uuid.UUID | None = None) -> service.Document:
        return service.Document(node_id or ids.new(), "data_entry", town.civil, code, title, body)

    docs = [
        doc("A-1", "说明", "另见 婚姻登记 信息"), doc("A-2", "登记与婚姻", ""), doc("A-3", "婚姻登记信息", ""),
        doc("A-4", "说明", "登记，婚姻"), doc("婚姻", "别的", ""), doc("A-6", "café GB/T 4754—2017 行业", "Ａ１００％"),
    ]
    with database.write() as session:
        service.index(session, docs, fresh=True)
    with database.read() as session:
        def ordered(raw: str) -> list[str]:
            query = rules.parse(raw)
            hits = queries.matching(session, query, raw)
            codes = dict(session.query(SearchDoc.node_id, SearchDoc.code).where(SearchDoc.node_id.in_(hits)))
            return [codes[node_id] for _, node_id in queries.ranking(session, raw).top(20)]

        assert ordered("婚姻 登记") == ["a-2", "a-3", "a-1", "a-4"]
        assert ordered("婚姻登记") == ["a-3", "a-1"]
        assert ordered("婚姻")[0] == "婚姻"
        assert ordered("754") == ["a-6"], "a token per ASCII run would miss it"
        assert ordered("cafe") == [] and ordered("CAFÉ") == ["a-6"] and ordered("a100") == ["a-6"]
        assert ordered("婚") == ["a-2", "a-3", "婚姻"], "one character scans titles and codes"
        assert ordered("，") == [] and ordered("%") == []
    changed = doc("A-3", "改名", "", docs[2].node_id)
    with database.write() as session:
        service.index(session, [changed])
        service.remove(session, [docs[1].node_id])
    with database.read() as session:
        assert _search(session, "婚姻登记") == {docs[0].node_id}
        assert _search(session, "改名") == {docs[2].node_id}


@pytest.mark.parametrize(
    "raw", ['"', "a OR b", "x AND", "NEAR(a b)", "*", "a' | 'b", "\\", "<->", "!(a)", "\x00ab", "%_"]
)
def test_operators_of_the_databases_mean_nothing(sqlite_database: Database, raw: str) -> None:
    with sqlite_database.read() as session:
        assert _search(session, raw) == set()
