"""Codes under concurrency, with a history, by patterns and tables that are loaded as data."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from catalog.codes import checks, credit, history, lists, patterns, profiles, regions, rules, tables
from catalog.codes.service import allocate
from catalog.entries import service as entries
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import children
from catalog.search import queries as search
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from tests.catalog.conftest import Town
from tests.support.scale import Scale

ROOT = system_actor("test")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "gb2260_201904.tsv"
CLASSES = "代码,名称\n3,部门\n307,民政\n307001,婚姻\n307002,养老\n30700201,机构养老\n"


class _Undone(Exception):
    pass


@pytest.mark.requirement("S4-25")
def test_writers_at_once_never_get_the_same_number(database: Database, scale: Scale) -> None:
    """Some units fail after taking numbers: what is kept is unique, and grows within each writer."""
    rounds, writers = scale.of(6, 60), scale.of(4, 8)

    def work(writer: int) -> list[list[int]]:
        kept: list[list[int]] = []
        for turn in range(rounds):
            def unit(session: Session, mixed: int = writer + turn) -> list[int]:
                taken = list(allocate(session, "resource:307001", 1 + mixed % 3))
                if mixed % 4 == 0:
                    raise _Undone
                return taken

            try:
                kept.append(database.run(unit))
            except _Undone:
                continue
        return kept

    with ThreadPoolExecutor(writers) as pool:
        done = list(pool.map(work, range(writers)))
    numbers = [number for kept in done for taken in kept for number in taken]
    assert len(numbers) == len(set(numbers)) > writers
    for kept in done:
        assert kept == sorted(kept)
        assert all(taken == list(range(taken[0], taken[0] + len(taken))) for taken in kept)
    after = database.run(lambda session: allocate(session, "resource:307001")[0])
    assert after > max(numbers)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 30), st.booleans()), min_size=1, max_size=12))
def test_a_given_number_is_never_given_again(sqlite_database: Database, steps: list[tuple[int, int, bool]]) -> None:
    given_out: set[int] = set()
    scope = f"scope:{len(steps)}:{steps[0]}"
    with sqlite_database.read() as session:
        first = session.connection().exec_driver_sql("SELECT coalesce(max(last), 0) FROM code_counter").scalar_one()
    for count, above, undone in steps:
        try:
            with sqlite_database.write() as session:
                taken = set(allocate(session, scope, count, above=above + first))
                assert not taken & given_out and min(taken) > above + first and len(taken) == count
                if undone:
                    raise _Undone
        except _Undone:
            continue
        given_out |= taken


def test_a_reclassified_entry_is_found_by_every_code_it_bore(database: Database, town: Town) -> None:
    with database.write() as session:
        entry = entries.create(
            session, town.bureau, {"name": "婚姻登记信息"}, department_id=town.civil,
            items=[{"name": "姓名"}, {"name": "日期"}],
        )
        first = entry.code
        nodes.edit(session, town.bureau, "data_entry", entry, {"class_code": "307001"})
        second = entry.code
        nodes.edit(session, town.bureau, "data_entry", entry, {"class_code": "307002"})
        third = entry.code
    assert rules.is_provisional(first) and second == "307001/000001" and third == "307002/000001"
    with database.read() as session:
        for asked, past in ((first, True), (second.lower(), True), (third, False)):
            found = history.resolve(session, town.bureau, asked)
            assert [(one.node_id, one.code, one.past) for one in found] == [(entry.id, third, past)]
            assert [hit[1] for hit in search.ranking(session, asked).top(3)] == [entry.id]
        item = history.resolve(session, town.bureau, f"{second}#002")
        assert [(one.node_kind, one.code, one.parent_id) for one in item] == [("data_item", f"{third}#002", entry.id)]
        known = history.past_codes(session, entry.id)
        assert [row.successor for row in known] == [second, third] and known[0].valid_to == known[1].valid_from
        with pytest.raises(MulianError) as caught:
            history.resolve(session, town.stranger, third)
    assert caught.value.code == "catalog.codes.code_unknown"


def test_the_code_of_a_deleted_item_is_not_given_to_another(database: Database, town: Town) -> None:
    def items(names: list[str], keep: dict[str, object]) -> list[dict[str, object]]:
        return [{"name": name, "id": keep.get(name)} for name in names]

    with database.write() as session:
        entry = entries.create(
            session, town.bureau, {"name": "表"}, department_id=town.civil, items=items(["甲", "乙", "丙"], {})
        )
        for names in (["甲", "丙"], ["丙", "甲"], ["丙", "甲", "丁"]):
            held = {row["name"]: row["id"] for row in children(session, KINDS["data_entry"], [entry.id])[entry.id]}
            nodes.edit(session, town.bureau, "data_entry", entry, {}, items(names, held))
        rows = children(session, KINDS["data_entry"], [entry.id])[entry.id]
    ends = {row["name"]: (row["number"], row["code"].removeprefix(entry.code)) for row in rows}
    assert ends == {"丙": (1, "#003"), "甲": (2, "#001"), "丁": (3, "#004")}


def test_patterns_are_data_and_refuse_what_could_give_a_code_twice(database: Database, town: Town) -> None:
    with database.write() as session:
        duty = {"name": "婚姻登记", "duty_type": "license"}
        old = nodes.create(session, town.bureau, "duty", duty, department_id=town.civil)
        profiles.save(
            session, ROOT, kind="patterns", key="district", zh="区编码规则", en="", source="试行规则",
            body={"patterns": {"duty": "ZZ/{org}.{n:05}"}},
        )
        new = nodes.create(session, town.bureau, "duty", {**duty, "name": "收养登记"}, department_id=town.civil)
        system = nodes.create(session, town.bureau, "system", {"name": "系统"}, department_id=town.civil)
    assert re.fullmatch(r"Z-N-[0-9a-f]{12}-001", old.code) and re.fullmatch(r"ZZ/N-[0-9a-f]{12}\.00002", new.code)
    assert system.code.startswith("X-")
    for kind, bad in (("duty", "Z-{n:03}"), ("duty", "Z-{org}{n:03}"), ("duty", "Z{org}9{n:03}"), ("item", "x"),
                      ("db_table", "{org}-T{n:04}"), ("duty", "Z-{org}-{n}"), ("duty", "职{org}-{n:03}")):
        assert patterns.problem(kind, bad) is not None, bad
        with database.write() as session, pytest.raises(MulianError) as caught:
            profiles.save(
                session, ROOT, kind="patterns", key="bad", zh="x", en="", source="x", body={"patterns": {kind: bad}}
            )
        assert caught.value.code == "catalog.codes.profile_invalid"
    assert all(patterns.problem(kind, pattern) is None for kind, pattern in patterns.DEFAULTS.items())


@given(st.sampled_from(["A-1", "A", "N-0a", "91110000802100433B"]), st.sampled_from(["A-1", "A", "N-0a", "A-"]),
       st.integers(1, 2000), st.integers(1, 2000))
def test_two_owners_or_numbers_never_share_a_code(a: str, b: str, m: int, n: int) -> None:
    made = patterns.Patterns({"system": "S{org}.{n:02}"})
    for kind in patterns.OWNERS:
        assert (made.make(kind, a, m) == made.make(kind, b, n)) is ((a, m) == (b, n))


def test_a_number_profile_is_loaded_used_and_reversed(database: Database, town: Town) -> None:
    body = {"lists": {"share_type": {"1": "conditional", "2": "none", "9": "unconditional"}}}
    with database.write() as session:
        names = {"kind": "numbers", "key": "city-2024", "zh": "市平台", "en": ""}
        profiles.save(session, ROOT, **names, source="市目录接口说明", body=body)
        saved = profiles.save(session, ROOT, **names, source="第二版", body=body)
        assert saved.version == 2
        held = profiles.numbers(session, "city-2024")
        assert lists.parse("share_type", "9", held) == "unconditional"
        assert profiles.to_number(session, "city-2024", "share_type", "none") == "2"
        assert profiles.to_number(session, "city-2024", "open_type", "none") is None
        for key, wrong, code in (
            ("unconditional-first", body, "profile_builtin"), ("x", {"lists": {"no_list": {}}}, "profile_invalid"),
            ("x", {"lists": {"share_type": {"一": "none"}}}, "profile_invalid"),
            ("x", {"lists": {"share_type": {"1": "perhaps"}}}, "profile_invalid"), ("x", {}, "profile_invalid"),
        ):
            with pytest.raises(MulianError) as caught:
                profiles.save(session, ROOT, kind="numbers", key=key, zh="x", en="", source="x", body=wrong)
            assert caught.value.code == f"catalog.codes.{code}"
        with pytest.raises(MulianError, match="city-1999"):
            profiles.numbers(session, "city-1999")
        with pytest.raises(MulianError):
            profiles.save(session, town.officer, kind="numbers", key="y", zh="x", en="", source="x", body=body)
    with pytest.raises(lists.BareNumber):
        lists.parse("open_type", "1", held)


def test_classes_are_loaded_never_invented(database: Database, town: Town) -> None:
    with database.write() as session:
        assert tables.class_table(session).problem("399999") is None, "without a table only the form counts"
        assert tables.decoded(CLASSES.encode("utf-8-sig")) == tables.decoded(CLASSES.encode("utf-16")) == CLASSES
        assert "\ufffd" in tables.decoded("3,部门\n307,民政".encode("gb18030")[:-1])
        text = tables.decoded(CLASSES.encode("gb18030"))
        loaded = tables.load_classes(session, ROOT, text=text, source="分类表（样例）")
        assert (loaded.added, loaded.retired) == (5, 0)
        with pytest.raises(MulianError, match="307003"):
            entries.create(session, town.bureau, {"name": "表", "class_code": "307003"}, department_id=town.civil)
        made = entries.create(session, town.bureau, {"name": "表", "class_code": "30700201"}, department_id=town.civil)
        assert made.code == "30700201/000001" and rules.resource_code_valid(made.code)
        assert tables.class_table(session).path("30700201") == ["部门", "民政", "养老", "机构养老"]
        assert [row.code for row in tables.classes(session, "307", None, 9)] == ["307001", "307002"]
        again = tables.load_classes(session, ROOT, text="3,部门\n307,民政\n307001,婚姻\n", source="新表")
        assert again.retired == 2 and tables.class_table(session).problem("307002") is not None
        for bad, line in (
            ("3,部门\n307,\ufffd\ufffd\n", 2), ("3,部门\n309001,无上级\n", 2), ("3,部门\n3,又是\n", 2),
            ("9,别的\n", 1), ("3\n", 1),
        ):
            with pytest.raises(MulianError) as caught:
                tables.load_classes(session, ROOT, text=bad, source="x")
            assert caught.value.params["line"] == line


def test_regions_that_ended_name_their_successors(database: Database, town: Town) -> None:
    with database.write() as session:
        table = tables.region_table(session)
        assert table.full_name("110102") == "北京市西城区" and table.current("110102")
        for old, new in (("110104", "110102"), ("110103", "110101")):
            assert not table.current(old) and [c.new for c in table.successors(old)] == [new]
            assert table.successors(old)[0].effective == "2010-07-01" and "2010-07-01" in table.hint(old)
        assert {c.old for c in table.predecessors("110111")} == {"110110", "110225"}
        for region, good in (("110102", True), ("110102001000", True), ("110104", False), ("119999", False),
                             ("11010", False), ("西城区", False), ("1101020", False)):
            assert (checks.problems(session, {"region": region}) == []) is good, region
        with pytest.raises(MulianError, match="110104"):
            entries.create(session, town.bureau, {"name": "表", "region": "110104"}, department_id=town.civil)
        entry = entries.create(session, town.bureau, {"name": "表", "region": "110102"}, department_id=town.civil)
        text = "Source\tRevision\tCode\tName\nmca\t202001\t110000\t北京市\nmca\t202001\t110103\t新设区\n"
        loaded = tables.load_regions(session, ROOT, text=text, changes="110102\t110103\t2020-01\t西城区改设\n")
        assert loaded.added == 2
        newer = tables.region_table(session)
        assert newer.revision == "202001" and newer.current("110103") and newer.regions["110103"].name == "新设区"
        assert [c.new for c in newer.successors("110104")] == ["110103"], "through two changes"
        assert checks.problems(session, {"region": "110102"}) != []
        nodes.edit(session, town.bureau, "data_entry", entry, {"region": "110102", "office": "一科"})
        assert tables.load_regions(session, ROOT, text=text).added == 0
        with pytest.raises(MulianError) as caught:
            tables.load_regions(session, ROOT, text="mca\t202001\t110000\t北京市\nmca\t20200\t1\tx\n")
        assert caught.value.params["line"] == "2"


@pytest.mark.skipif(not SHARED.exists(), reason="the standard's own table is not beside the checkout")
def test_the_bundle_is_the_published_table() -> None:
    published = {one.code: one.name for one in regions.parse_table(SHARED.read_text(encoding="utf-8"))}
    table = regions.RegionTable(regions.bundled(), regions.bundled_changes(), regions.BUNDLED_REVISION)
    assert {code: one.name for code, one in table.regions.items() if table.current(code)} == published


def test_every_ended_code_of_beijing_leads_to_a_current_one() -> None:
    table = regions.RegionTable(regions.bundled(), regions.bundled_changes(), regions.BUNDLED_REVISION)
    ended = [code for code in table.regions if not table.current(code)]
    assert len(ended) == 12 and all(table.successors(code) for code in ended)
    assert [one.code for one in table.below("110000")] == sorted(
        code for code in table.regions if code.startswith("11") and code != "110000"
    )


@given(st.integers(1981, 2019), st.integers(1, 12))
def test_in_every_month_a_code_or_its_heir_is_in_use(year: int, month: int) -> None:
    """宣武区 until June 2010, 西城区 from then on alone; no month knows neither, none both where one was renamed."""
    table = regions.RegionTable(regions.bundled(), regions.bundled_changes(), regions.BUNDLED_REVISION)
    at = f"{year}{month:02}"
    for change in table.changes:
        heir = table.regions[change.new]
        assert table.held(change.old, at) or table.held(change.new, at)
        if heir.first and heir.first > "198012":
            assert table.held(change.old, at) != table.held(change.new, at), (change, at)
    assert table.held("110104", at) == (at < "201007") and table.held("110102", at)
    assert not table.held("999999", at)


def test_credit_codes_are_judged_and_missing_ones_listed(database: Database, town: Town) -> None:
    assert credit.reason("91110000802100433B") is None
    for wrong, word in (("9111000080210043", "18"), ("91110000802100433I", "I"), ("91110000802100433C", "校验码")):
        assert word in str(credit.reason(wrong))
    with database.write() as session:
        create_department(session, ROOT, name="区档案馆", kind="bureau", uscc="91110000802100433B")
        assert [row["name"] for row in credit.pending(session)] == ["区卫生健康委", "区民政局"]
        assert credit.bearer(session, "91110000802100433B") == "区档案馆"
