"""Proposals: data items from abstracts, tables from headers; nothing is written until a person accepts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from catalog.nodes import service as node_service
from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, SystemTable
from catalog.proposals import abstracts, headers, queries, service
from catalog.proposals.files import files_in
from catalog.proposals.models import CatalogProposal
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog import books
from tests.catalog.conftest import Town

READ_BY_A_PERSON = json.loads((Path(__file__).parent / "data" / "abstracts.json").read_text("utf-8"))["abstracts"]


def test_precision_on_abstracts_that_a_person_has_read() -> None:
    """Public abstracts of the open-data platform; a proposal that is wrong costs trust, one that is missed a minute."""
    right = wrong = missed = 0
    for one in READ_BY_A_PERSON:
        found, said = abstracts.items(one["abstract"]), one["items"]
        right += len(set(found) & set(said))
        wrong += len(set(found) - set(said))
        missed += len(set(said) - set(found))
    assert right > 280 and wrong <= right // 100 and missed <= right // 50, (right, wrong, missed)
    assert sum(not one["items"] for one in READ_BY_A_PERSON) >= 12, "some name nothing"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("包括A、B、C", ["A", "B", "C"]), ("包含姓名，证件号码（18位，含校验位），住址等属性字段。", ["姓名", "证件号码(18位,含校验位)", "住址"]),
        ("某信息，包括序号、名称和联系电话等。另包括说明。", ["序号", "名称", "联系电话"]),
        ("包括在册企业，包括许可证号、地址等字段", ["许可证号", "地址"]), ("包括名称、名称、地址", ["名称", "地址"]),
        ("包括1个文本", []), ("本数据不含任何字段", []), ("", []), ("包括", []), ("包括姓名", []),
    ],
)
def test_lists_as_people_write_them(text: str, names: list[str]) -> None:
    assert abstracts.items(text) == names


@given(st.text(max_size=300))
def test_any_text_is_survived_and_names_are_names(text: str) -> None:
    for found in (abstracts.items(text), abstracts.items("包括" + text)):
        assert len(found) == len(set(found)) != 1
        assert all(0 < len(name) <= 40 and name == name.strip() for name in found)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_headers_are_survived(texts: list[str]) -> None:
    columns = headers.columns(texts)
    assert columns == [] or 2 <= len(columns) <= len(texts)
    assert len({one["name"].casefold() for one in columns}) == len(columns)


def test_headers_that_are_none() -> None:
    assert headers.columns(["2022年备案项目基本情况表"]) == []
    assert headers.columns(["附件 1", "Unnamed: 1", "Unnamed: 2", "Unnamed: 3"]) == []
    assert [one["name"] for one in headers.columns(["\ufeff序号", " 企业 名称", "", "序号"])] == []
    assert [one["name"] for one in headers.columns(["\ufeff序号", "企业名称", "reg_no"])] == ["序号", "企业名称", "reg_no"]


def entry(database: Database, town: Town, name: str, abstract: str, **values: Any) -> Any:
    return database.run(lambda s: node_service.create(
        s, town.officer, "data_entry", {"name": name, "abstract": abstract, **values}, department_id=town.civil
    ).id)


def count(database: Database, model: Any, *where: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def proposal(database: Database, actor: Any, **where: Any) -> CatalogProposal:
    with database.read() as session:
        return session.scalars(queries.listed(actor, state="open", **where)).one()


def decide(database: Database, actor: Any, one: CatalogProposal, **how: Any) -> CatalogProposal:
    return database.run(lambda s: service.accept(s, actor, service.found(s, actor, one.id), **how))


def test_items_are_written_when_accepted_and_not_before(database: Database, town: Town) -> None:
    named = entry(database, town, "婚姻登记信息", "包括姓名、登记日期、登记机关等属性字段。")
    entry(database, town, "空", "没有清单")
    counts = database.run(lambda s: service.from_abstracts(s, town.officer))
    assert counts == {"entries": 2, "new": 1, "known": 0}
    assert count(database, DataItem) == 0, "never silently"
    assert database.run(lambda s: service.from_abstracts(s, town.officer))["known"] == 1
    assert database.run(lambda s: service.from_abstracts(s, town.stranger))["entries"] == 0
    one = proposal(database, town.officer, kind="items")
    assert one.entry_id == named and [part["name"] for part in one.content] == ["姓名", "登记日期", "登记机关"]
    with pytest.raises(MulianError) as caught:
        decide(database, town.stranger, one)
    assert caught.value.code == "catalog.proposal.unknown"
    done = decide(database, town.officer, one, names=["姓名", "登记机关"])
    assert (done.state, done.result_id) == ("accepted", named)
    with database.read() as session:
        items = session.scalars(select(DataItem.name).order_by(DataItem.number)).all()
        assert list(items) == ["姓名", "登记机关"]
        assert session.get_one(DataEntry, named).revision == 2, "an ordinary edit"
    with pytest.raises(MulianError) as caught:
        decide(database, town.officer, one)
    assert caught.value.code == "catalog.proposal.decided"


def test_what_was_declined_is_not_proposed_again(database: Database, town: Town) -> None:
    entry(database, town, "甲", "包括姓名、日期")
    entry(database, town, "乙", "包括名称、地址")
    database.run(lambda s: service.from_abstracts(s, town.officer))
    with database.read() as session:
        first, second = session.scalars(queries.listed(town.officer)).all()
    database.run(lambda s: service.decline(s, town.officer, service.found(s, town.officer, first.id)))
    assert database.run(lambda s: service.from_abstracts(s, town.officer)) == {"entries": 2, "new": 0, "known": 2}
    counts = database.run(lambda s: service.accept_many(s, town.officer, [first.id, second.id]))
    assert counts == {"accepted": 1, "left": 1} and count(database, DataItem) == 2


def test_a_table_needs_its_system(database: Database, town: Town, tmp_path: Path) -> None:
    entry(database, town, "社区服务站", "")
    system = database.run(lambda s: node_service.create(
        s, town.officer, "system", {"name": "民政系统"}, department_id=town.civil
    ).id)
    path = tmp_path / "headers.json"
    path.write_text(json.dumps([
        {"name": "社区服务站.csv", "columns": ["序号", "站名", "联系电话"], "rows": 12},
        {"name": "没有这个目录", "columns": ["a", "b"]}, {"name": "标题", "columns": ["2022年名单"]},
    ], ensure_ascii=False), encoding="utf-8")
    files = files_in(path, path.name)
    counts = database.run(lambda s: service.from_headers(s, town.bureau, files))
    assert counts == {"files": 3, "new": 1, "known": 0, "homeless": 1, "unreadable": 1}
    assert database.run(lambda s: service.from_headers(s, town.officer, files))["new"] == 1, "an officer's own"
    with database.read() as session:
        mine = [one for one in session.scalars(queries.listed(town.officer)) if one.entry_id is not None]
    with pytest.raises(MulianError) as caught:
        decide(database, town.officer, mine[0])
    assert caught.value.code == "catalog.proposal.system_missing"
    done = decide(database, town.officer, mine[0], system_id=system, table_name="t_station")
    with database.read() as session:
        table = session.get_one(DbTable, done.result_id)
        assert (table.name, table.table_name, table.status) == ("社区服务站.csv", "t_station", "draft")
        assert [one.name for one in session.scalars(select(DbColumn).order_by(DbColumn.number))] == [
            "序号", "站名", "联系电话"
        ]
        assert session.scalar(select(SystemTable.system_id)) == system


def test_headers_of_a_workbook_and_of_a_csv(tmp_path: Path) -> None:
    book, text, bad = tmp_path / "a.xlsx", tmp_path / "b.csv", tmp_path / "c.json"
    book.write_bytes(books.book({"一": [["标题"], ["序号", "名称"], [1, "x"]], "二": [["甲", "乙"]]}))
    text.write_bytes("编号,名称\n1,甲\n".encode("gb18030"))
    bad.write_text("{}")
    assert [(one.name, one.columns) for one in files_in(book, "a.xlsx")] == [
        ("a-一", ["序号", "名称"]), ("a-二", ["甲", "乙"])
    ]
    assert files_in(text, "b.csv")[0].columns == ["编号", "名称"]
    with pytest.raises(MulianError) as caught:
        files_in(bad, "c.json")
    assert caught.value.code == "catalog.proposal.no_headers"
