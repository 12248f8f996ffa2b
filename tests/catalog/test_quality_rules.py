"""Small rules of quality and comments, case by case."""

import pytest

from catalog.comments.rules import clean, mentions, pick, printable
from catalog.quality import rules
from catalog.quality.truth_checks import family, known_code_set

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(("written", "db_kind", "expected"), [
    ("VARCHAR2(200 CHAR)", "Oracle", "string"), ("nvarchar(20)", None, "string"), ("text", None, "string"),
    ("set('a')", "MySQL", "string"), ("bigint unsigned", "MySQL", "integer"), ("serial", None, "integer"),
    ("int8", "PostgreSQL", "integer"), ("NUMBER(10,2)", "Oracle", "number"), ("decimal(18,4)", None, "number"),
    ("double precision", None, "float"), ("DATE", "MySQL", "date"), ("DATE", "Oracle 19c", "datetime"),
    ("date", "达梦 8", "datetime"), ("DATE", "DM8", "datetime"), ("datetime(6)", "MySQL", "datetime"),
    ("timestamptz", None, "datetime"), ("time", None, ""), ("bit(1)", None, "boolean"), ("bytea", None, "binary"),
    ("long raw", "Oracle", "binary"), ("interval", None, ""), ("point", None, ""), ("geometry", None, ""),
    ("daterange", "PostgreSQL", ""), ("interval day to second", None, ""), ("", None, ""),
])
def test_column_types_have_families(written: str, db_kind: str | None, expected: str) -> None:
    assert family(written, db_kind) == expected


@pytest.mark.parametrize("name", [
    "GB/T 2261.1-2003", "gb/t2261", "GB 11643—1999", "DB11/T 337", "GB/Z 24294.1", "YY/T 0287-2017", "共享类型", "theme",
])
def test_code_sets_that_can_be_looked_up(name: str) -> None:
    assert known_code_set(name)


@pytest.mark.parametrize("name", ["自编代码", "性别", "GB/T", "第2261号", "见附件 GB/T 2261", "GBT"])
def test_code_sets_that_cannot(name: str) -> None:
    assert not known_code_set(name)


def test_rules_have_words_and_belong_to_a_property() -> None:
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES)
    for rule in rules.RULES:
        assert rule.id.startswith(f"{rule.dimension}.") and rule.dimension in rules.DIMENSIONS and len(rule.id) <= 40
        assert all((rule.zh, rule.en, rule.cells_zh, rule.fix_zh, rule.fix_en))


@pytest.mark.parametrize(("body", "expected"), [
    ("@张三请核实", ["张三请核实", "张三请核", "张三请", "张三"]), ("＠李四，请看", ["李四"]), ("写信到 a@b.cn", []),
    ("@ 张三", []), ("@张三@李四", ["张三"]), ("没有人", []), ("（@zhang_san）", ["zhang_san", "zhang_sa"]),
])
def test_names_after_at(body: str, expected: list[str]) -> None:
    found = mentions(body)
    assert (list(found[0]) if found else [])[: len(expected)] == expected and bool(found) == bool(expected)


def test_the_longest_known_name_is_meant() -> None:
    names = mentions("@欧阳修文你好")[0]
    assert pick(names, {"欧阳修", "欧阳修文"}) == "欧阳修文" and pick(names, {"欧阳"}) == "欧阳" and pick(names, set()) is None
    assert len(mentions(" ".join(f"@某人{number}" for number in range(99)))) == 20


def test_text_is_kept_as_it_reads() -> None:
    assert clean(" 一\r\n二\r三 \n") == "一\n二\n三"
    assert printable("a\tb\n😀") and not printable("a\x07") and not printable("\ud800")
