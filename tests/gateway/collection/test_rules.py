"""Pure rules: what values become, what contracts refuse, how answers are parted and read, when a task is due."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.collection import bodies, contract, paging, schedule, values
from gateway.collection.contract import Checker, Column
from gateway.collection.names import stored_in
from kernel import clock

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(("kind", "came", "stored"), [
    ("text", "  甲 ", "甲"), ("text", "", None), ("text", 7, "7"), ("text", 110101199001011234.0, values.PRECISION),
    ("text", 3.0, "3"), ("text", {"n": "1.5"}, values.PRECISION), ("text", {"d": "2026-01-02"}, "2026-01-02"),
    ("text", ["a"], values.TYPE), ("text", True, "true"), ("text", uuid.UUID(int=1), str(uuid.UUID(int=1))),
    ("integer", "12", 12), ("integer", "12.0", 12), ("integer", "12.5", values.TYPE), ("integer", 2**63, values.TYPE),
    ("integer", "1e400", values.TYPE), ("integer", True, values.TYPE), ("integer", "1,000", 1000),
    ("decimal", "1.50", "1.50"), ("decimal", 1.1, "1.1"), ("decimal", {"n": "2.30"}, "2.30"),
    ("decimal", "NaN", values.TYPE), ("decimal", "1e9999999", values.TYPE), ("decimal", Decimal("3.10"), "3.10"),
    ("boolean", "是", True), ("boolean", 0, False), ("boolean", "maybe", values.TYPE),
    ("date", "20260131", date(2026, 1, 31)), ("date", "2026年1月31日", date(2026, 1, 31)),
    ("date", "2026/2/30", values.TYPE), ("date", "2026-01-31T23:00:00", date(2026, 1, 31)),
    ("date", datetime(2026, 1, 31, 17, tzinfo=UTC), date(2026, 2, 1)), ("date", "2026-01/31", values.TYPE),
    ("instant", "2026-01-31 08:00:00", datetime(2026, 1, 31, tzinfo=UTC)),
    ("instant", "2026-01-31T00:00:00Z", datetime(2026, 1, 31, tzinfo=UTC)),
    ("instant", "2026/1/31 8:00", datetime(2026, 1, 31, tzinfo=UTC)),
    ("instant", "2026-01-31", datetime(2026, 1, 30, 16, tzinfo=UTC)), ("instant", "2026-01-31 25:00", values.TYPE),
])
def test_what_a_value_becomes(kind: str, came: Any, stored: Any) -> None:
    assert values.CONVERT[kind](came) == stored


ODD: list[Any] = [None, True, b"x", Decimal("1e999"), datetime.max, date.min, {"d": 1}, {"n": "x"}, [1]]


@given(st.one_of(st.text("0123456789-/: T年月日.eE+ZNaInf是x,", max_size=30), st.integers(), st.floats(),
                 st.sampled_from(ODD)))
def test_no_value_breaks_a_conversion(came: Any) -> None:
    for convert in values.CONVERT.values():
        convert(came)


@pytest.mark.parametrize(("column", "problem"), [
    (Column("ID", key=True), "name"), (Column("load", key=True), "name"),
    (Column("a", type="json", key=True), "type"), (Column("a", key=True, pattern="("), "pattern"),
    (Column("a", type="integer", encrypted=True, key=True), "encrypted"),
    (Column("a", key=True, pattern="(a+)+b"), "pattern"), (Column("a", key=True, pattern=".*a.*b.*"), "pattern"),
    (Column("a", key=True, minimum="1"), "range"), (Column("a", type="integer", key=True, minimum="x"), "range"),
    (Column("a", type="date", key=True, codes=("1",)), "codes"), (Column("a", key=True, mask="none"), "mask"),
])
def test_a_contract_that_cannot_be_kept_is_refused(column: Column, problem: str) -> None:
    found = contract.fault([column])
    assert found is not None and found[0] == column.name and problem in found[1]


def test_a_contract_needs_a_key_and_different_names() -> None:
    assert contract.fault([Column("a")]) == ("columns", "no key column")
    assert contract.fault([Column("a", key=True), Column("a")]) == ("columns", "duplicate name")
    good = [Column("a", key=True, pattern=r"\d{17}[\dX]"), Column("b", type="decimal", minimum="0")]
    assert contract.fault(good) is None


def test_rows_are_judged_column_by_column() -> None:
    columns = [
        Column("code", type="integer", key=True), Column("phone", pattern=r"1\d{10}", required=True),
        Column("credit", format="credit_code"), Column("kind", codes=("01", "02")),
        Column("amount", type="decimal", minimum="0", maximum="10.00"),
        Column("day", type="date", maximum="2026-12-31"),
        Column("short", length=2),
    ]
    good = {"NO": "1", "tel": {"mobile": "13800000000"}, "kind": "01", "amount": "10", "day": "2026-01-01"}
    rows: list[Any] = [
        good, good | {"NO": ""}, good | {"tel": {}}, good | {"tel": "x"}, good | {"kind": "3", "amount": "10.01"},
        good | {"day": "2027-01-01", "short": "三个字"}, "no row", good | {"credit": "91110000000000000X"},
    ]
    checked = Checker(columns, {"code": "NO", "phone": "tel.mobile"}).check(rows)
    assert checked.good == [(0, (1, "13800000000", None, "01", "10", date(2026, 1, 1), None))]
    assert dict(checked.bad) == {
        1: ("code:required",), 2: ("phone:required",), 3: ("phone:required",), 4: ("kind:code", "amount:range"),
        5: ("day:range", "short:length"), 6: ("row:no_row",), 7: ("credit:format",),
    }
    assert {rule for why in dict(checked.bad).values() for rule in (one.partition(":")[2] for one in why)} \
        <= set(contract.RULES)


@given(st.lists(st.tuples(st.text("ab4\0", max_size=3), st.text("ab4\0", max_size=3)), min_size=2, max_size=20,
                unique=True))
def test_different_keys_have_different_forms(keys: list[tuple[str, str]]) -> None:
    columns = [Column("a", key=True), Column("b", key=True)]
    assert len({contract.key_form(columns, key) for key in keys}) == len(keys)


@pytest.mark.parametrize(("style", "sizes", "total", "asked"), [
    ({"style": "page", "size": 2}, [2, 2, 1], None, [
        {"page": "1", "size": "2"}, {"page": "2", "size": "2"}, {"page": "3", "size": "2"}]),
    ({"style": "page", "size": 2, "first": 0, "page_param": "p"}, [2, 2], 4, [{"p": "0", "size": "2"},
                                                                              {"p": "1", "size": "2"}]),
    ({"style": "offset", "size": 3}, [3, 2], None, [{"offset": "0", "limit": "3"}, {"offset": "3", "limit": "3"}]),
    ({"style": "offset", "size": 3}, [2, 2], 4, [{"offset": "0", "limit": "3"}, {"offset": "2", "limit": "3"}]),
    ({"style": "none"}, [9], None, [{}]),
])
def test_pages_follow_each_other(style: dict[str, Any], sizes: list[int], total: int | None,
                                 asked: list[dict[str, str]]) -> None:
    place: dict[str, Any] | None = paging.start(style)
    seen = []
    for size in sizes:
        assert place is not None
        seen.append(paging.query(style, place))
        place = paging.following(style, place, rows=size, total=total, cursor=None, link=None)
    assert (seen, place) == (asked, None)


def test_cursors_and_links_end() -> None:
    style = {"style": "cursor"}
    place = paging.following(style, {}, rows=5, total=None, cursor="a", link=None)
    assert place == {"cursor": "a"} and paging.query(style, place) == {"cursor": "a"}
    assert paging.following(style, place, rows=5, total=None, cursor="a", link=None) is None, "the same page again"
    assert paging.following(style, place, rows=0, total=None, cursor="", link=None) is None
    header = '</x?page=1>; rel="prev first", </x?page=3>; title="a,b"; rel=next'
    assert paging.next_link(header) == "/x?page=3" and paging.next_link("</x>; rel=last") is None
    assert paging.following({"style": "link"}, {}, rows=1, total=None, cursor=None, link="/x") == {"link": "/x"}


def test_bodies_in_any_encoding_and_form() -> None:
    text = '{"名": "赵"}'
    assert bodies.decoded(text.encode("gbk"), "application/json;charset=GBK") == text
    assert bodies.decoded(text.encode("gb18030"), "") == text and bodies.decoded(text.encode(), "") == text
    rows = '<a:row id="1"><名>赵</名><空/></a:row><row>乙</row>'
    xml = f'<?xml version="1.0" encoding="GB2312"?><r xmlns:a="u">{rows}</r>'
    read = bodies.parsed(bodies.decoded(xml.encode("gbk"), "text/xml"), "xml")
    assert read == {"r": {"row": [{"@id": "1", "名": "赵", "空": ""}, "乙"]}}
    assert bodies.at(read, "r.row.0.名") == "赵"
    assert bodies.at(read, "r.row.7") is None and bodies.at(read, "r.x.y") is None
    with pytest.raises(bodies.Unreadable, match="document type"):
        bodies.parsed('<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>', "xml")
    with pytest.raises(bodies.Unreadable, match="deep"):
        bodies.parsed("<a>" * 100 + "</a>" * 100, "xml")
    for broken, form in (("{", "json"), ("<a>", "xml")):
        with pytest.raises(bodies.Unreadable):
            bodies.parsed(broken, form)
    with pytest.raises(bodies.Unreadable):
        bodies.decoded(b"\xff\xff\xff", "")


def test_when_a_task_is_due() -> None:
    def every_day(day: date) -> bool:
        return day.weekday() < 5

    friday = datetime(2026, 11, 20, 12, tzinfo=clock.BEIJING)
    assert schedule.following({"every_minutes": 5}, friday, every_day) == friday.replace(minute=5)
    for days, expected in (("all", 21), ("workdays", 23), ("sunday", 22), ("month:25", 25)):
        found = schedule.following({"at": "02:30", "days": days}, friday, every_day)
        assert found == datetime(2026, 11, expected, 2, 30, tzinfo=clock.BEIJING), days
    assert schedule.following({"at": "13:00"}, friday, every_day) == friday.replace(hour=13)
    for wrong in ({"every_minutes": 0}, {"at": "25:00"}, {"at": "02:30", "days": "month:31"}, {},
                  {"every_minutes": True}):
        assert schedule.fault(wrong), wrong
    assert not schedule.fault({"at": "02:30", "days": "workdays"})


def test_a_live_view_has_the_scopes_of_its_table() -> None:
    assert stored_in("collected_people_live") == "collected_people"
    assert stored_in("protected_person_live") == "protected_person_live"
