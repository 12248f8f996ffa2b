"""Proposing item ↔ column links: by name, comment, letters and code set; one column for one item."""

import uuid

import hypothesis
import pytest
from hypothesis import strategies as st

from catalog.links import matching, service
from catalog.links.matching import ColumnSide, ItemSide, assign, score, similarity
from kernel.db import Database
from tests.catalog.conftest import Town
from tests.catalog.graph import Graph

TABLE = uuid.UUID(int=7)


def item(name: str, **more: object) -> ItemSide:
    return ItemSide(uuid.uuid4(), name, **more)  # type: ignore[arg-type]


def column(name: str, comment: str | None = None, data_type: str = "varchar", **more: object) -> ColumnSide:
    table = more.pop("table", TABLE)
    return ColumnSide(uuid.uuid4(), table, name, comment, data_type, **more)  # type: ignore[arg-type]


@pytest.mark.pure
@pytest.mark.parametrize(("one", "other"), [
    (column("xm", "姓名"), column("dz", "地址")),
    (column("full_name", "姓名（中文）"), column("bmmc", "部门名称")),
    (column("XM"), column("DZ")),
    (column("姓名"), column("c1", "姓氏笔画")),
])
def test_the_better_column_has_the_higher_score(one: ColumnSide, other: ColumnSide) -> None:
    name = item("姓名", data_type="string")
    assert score(name, one)[0] >= matching.MIN_SCORE > score(name, other)[0], (score(name, one), score(name, other))


@pytest.mark.pure
def test_code_set_type_and_length_count() -> None:
    sex = item("性别", data_type="string", length=1, code_set="GB/T 2261.1")
    bare, reasons = score(sex, column("c9", "按 GB/T 2261.1 填写", length=1))
    assert bare >= matching.MIN_SCORE and "代码集相符" in reasons
    dated = item("登记日期", data_type="date")
    assert score(dated, column("djrq", "登记日期", "date"))[0] > score(dated, column("djrq", "登记日期", "blob"))[0]
    assert score(item("电话"), column("a", "邮编"))[0] < 40
    assert score(item("姓名"), column("xm", "姓名"))[1][0] == "名称相同"


@pytest.mark.pure
@hypothesis.given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_a_number_between_nothing_and_equal(first: str, second: str) -> None:
    found = similarity(first, second)
    assert 0 <= found <= 1 and (found == 1) == (first == second != "")
    points, _ = score(item(first or "x"), column(second or "y", first))
    assert 0 <= points <= 100


@pytest.mark.pure
@hypothesis.given(st.lists(st.sampled_from(["姓名", "性别", "地址", "电话", "日期"]), max_size=6),
                  st.lists(st.tuples(st.sampled_from(["姓名", "性别", "住址", "电话号码", "日期"]), st.integers(0, 1)),
                           max_size=8))
def test_one_column_for_one_item_and_none_better_is_left(names: list[str], stored: list[tuple[str, int]]) -> None:
    items = [item(name) for name in names]
    columns = [column(f"c{at}", name, table=uuid.UUID(int=table + 1)) for at, (name, table) in enumerate(stored)]
    found = assign(items, columns, 60)
    assert len({pair[1].id for pair in found}) == len(found)
    assert len({(pair[0].id, pair[1].table_id) for pair in found}) == len(found)
    best = {(pair[0].id, pair[1].table_id): pair[2] for pair in found}
    taken = {pair[1].id: pair[2] for pair in found}
    for one in items:
        for other in columns:
            points = score(one, other)[0]
            if points >= 60:
                # stable: whoever would be a better pair has something at least as good
                assert max(best.get((one.id, other.table_id), 0), taken.get(other.id, 0)) >= points


def test_proposals_are_confirmed_in_a_batch(database: Database, town: Town) -> None:
    graph = Graph(database, town)
    entry, system = graph.entry("姓名", "性别", "登记日期", "备注"), graph.node("system")
    table = graph.table(system, "姓名", "性别代码", "登记日期", "经办人")
    graph.link("data_system", entry, system)

    def proposed(table_id: uuid.UUID | None = None) -> list[tuple[str, str]]:
        with database.read() as session:
            found = matching.propose(session, town.officer, entry, table_id)
            pairs.extend((one["item"]["id"], one["column"]["id"]) for one in found)
            return [(one["item"]["name"], one["column"]["node_name"]) for one in found]

    pairs: list[tuple[uuid.UUID, uuid.UUID]] = []
    assert proposed() == [("姓名", "婚姻登记表"), ("登记日期", "婚姻登记表"), ("性别", "婚姻登记表")]
    other = graph.table(graph.node("system"), "姓名")
    assert len(proposed(other)) == 1, "a table of another system may be named"
    outcomes = database.run(lambda s: service.add_many(
        s, town.officer, [service.Wanted("item_column", *pair) for pair in pairs]
    ))
    assert {one.state for one in outcomes} == {"draft"} and len(outcomes) == 4
    assert proposed() == [] and proposed(table) == [], "what is linked is not proposed again"
