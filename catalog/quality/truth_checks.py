"""准确性: what a cell says against what this platform knows. 一致性: cells that contradict each other. Pure.

The comparison with the city's catalogue is a rule whose denominator is 0 until there is a peer to compare with.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from catalog.codes.lists import code_lists
from catalog.nodes.rules import item_problems
from catalog.public.rules import HIGHEST_LEVEL
from catalog.quality.subject import Outcome, Row, Rule, Subject, Wrong, blank, identity_of
from catalog.search.rules import normalise
from kernel.identity.rules import uscc_valid

_ALL: Final = ("duty", "data_entry", "system", "db_table")
_STANDARD: Final = re.compile(
    r"^(GB|GBZ|GJB|DB\d{2}|[A-Z]{2})(\s*/\s*[TZ])?\s*\d+(\.\d+)*([-—]\d{2,4})?", re.IGNORECASE
)
_PAST: Final = ("published_on", "live_on")
_CONDITIONS: Final = (
    ("share_condition", "share_type", "conditional"), ("no_share_basis", "share_type", "none"),
    ("open_condition", "open_type", "conditional"), ("update_cycle_text", "update_cycle", "other"),
)
_FAMILIES: Final = {
    word: family for family, words in {
        "string": "char varchar nchar nvarchar varchar2 nvarchar2 character bpchar text tinytext mediumtext longtext "
                  "ntext clob nclob long string json jsonb xml uuid uniqueidentifier enum set",
        "datetime": "datetime datetime2 datetimeoffset timestamp timestamptz smalldatetime",
        "date": "date",
        "integer": "tinyint smallint mediumint int integer bigint int2 int4 int8 serial smallserial bigserial",
        "number": "dec decimal numeric number money smallmoney",
        "float": "float float4 float8 double real binary_float binary_double",
        "boolean": "bool boolean bit",
        "binary": "blob tinyblob mediumblob longblob binary varbinary bytea image raw bfile",
    }.items() for word in words.split()
}
"""The first word of an SQL type, of the dialects that tables come in, and its family."""

_WORD: Final = re.compile(r"[a-z]\w*")
_HOLDS: Final[dict[str, frozenset[str]]] = {
    "string": frozenset(("string",)),
    "integer": frozenset(("integer", "number")),
    "decimal": frozenset(("number", "float")),
    "date": frozenset(("date", "datetime")),
    "datetime": frozenset(("datetime",)),
    "boolean": frozenset(("boolean", "integer")),
    "binary": frozenset(("binary",)),
}
"""Which families of column types can hold an item of a type."""


@cache
def _lists() -> frozenset[str]:
    return frozenset(normalise(text) for one in code_lists().values() for text in (one.key, one.zh, one.en))


def known_code_set(name: str) -> bool:
    """Whether a code set can be looked up: one of our code lists, or the number of a standard."""
    return normalise(name) in _lists() or _STANDARD.match(name.strip()) is not None


def family(column_type: str, db_kind: str | None = None) -> str:
    """The family of an SQL column type, '' where it is not known. DATE of Oracle and 达梦 holds a time of day."""
    text = " ".join(column_type.lower().split())
    if text.startswith("long raw"):
        return "binary"
    word = _WORD.match(text)
    found = _FAMILIES.get(word.group(), "") if word else ""
    if found == "date" and re.search(r"oracle|达梦|\bdm", (db_kind or "").lower()):
        return "datetime"
    return found


def _credit_code(subject: Subject) -> Outcome:
    code = subject.around.credit_code
    if not code:
        return Outcome(0)
    return Outcome(1, () if uscc_valid(code) else [Wrong("org", code)])


def _unique(subject: Subject) -> Outcome:
    identity = identity_of(subject.kind, subject.row, subject.system)
    field = "table_name" if subject.kind == "db_table" else "name"
    twins = subject.around.names.get(identity, 1)
    return Outcome(1, () if twins < 2 else [Wrong(field, subject.row[field])])


def _unique_children(subject: Subject) -> Outcome:
    names = Counter(normalise(child["name"]) for child in subject.children)
    return Outcome(len(subject.children), [
        Wrong("name", child["name"], child) for child in subject.children if names[normalise(child["name"])] > 1
    ])


def _code_sets(subject: Subject) -> Outcome:
    given = [child for child in subject.children if not blank(child["code_set"])]
    return Outcome(len(given), [
        Wrong("code_set", child["code_set"], child) for child in given if not known_code_set(child["code_set"])
    ])


def _related(subject: Subject) -> Outcome:
    codes = subject.row["related_codes"] or []
    return Outcome(len(codes), [Wrong("related_codes", code) for code in codes if code not in subject.around.codes])


def _days(subject: Subject) -> Outcome:
    """Days that have passed by their meaning, and the order of going live and retiring."""
    row, today = subject.row, subject.around.today
    given = [name for name in _PAST if name in row and not blank(row[name])]
    wrong = [Wrong(name, row[name]) for name in given if row[name] > today]
    checked = len(given)
    if subject.kind == "system" and not blank(row["live_on"]) and not blank(row["retired_on"]):
        checked += 1
        wrong += [Wrong("retired_on", row["retired_on"])] if row["retired_on"] < row["live_on"] else []
    return Outcome(checked, wrong)


def _scope(subject: Subject) -> Outcome:
    """An item may be stricter than its entry, never wider."""
    checked, wrong = 0, []
    for child in subject.children:
        given = [
            name for name in ("share_type", "open_type") if not blank(child[name]) and not blank(subject.row[name])
        ]
        checked += len(given)
        wider = {problem.field for problem in item_problems(subject.row, [child])}
        wrong += [Wrong(name, child[name], child) for name in given if name in wider]
    return Outcome(checked, wrong)


def _level(subject: Subject) -> Outcome:
    if not subject.children:
        return Outcome(0)
    highest = max(child["level"] for child in subject.children)
    level = subject.row["level"]
    return Outcome(1, () if level >= highest else [Wrong("level", level)])


def _open_level(subject: Subject) -> Outcome:
    if subject.row["open_type"] not in ("unconditional", "conditional"):
        return Outcome(0)
    level = subject.row["level"]
    return Outcome(1, () if level <= HIGHEST_LEVEL else [Wrong("level", level)])


def _conditions(subject: Subject) -> Outcome:
    given = [one for one in _CONDITIONS if not blank(subject.row[one[0]])]
    return Outcome(len(given), [
        Wrong(name, subject.row[name]) for name, governs, token in given if subject.row[governs] != token
    ])


def _interface_reason(subject: Subject) -> Outcome:
    reason = subject.row["no_interface_reason"]
    if blank(reason):
        return Outcome(0)
    return Outcome(1, [Wrong("no_interface_reason", reason)] if subject.row["has_interface"] else ())


def _pairs(subject: Subject) -> Iterator[tuple[Row, Row]]:
    for item in subject.children:
        for column in subject.around.columns.get(item["id"], ()):
            yield item, column


def _column_types(subject: Subject) -> Outcome:
    checked, wrong = 0, []
    for item, column in _pairs(subject):
        held = family(column["data_type"], column["db_kind"])
        if item["data_type"] in _HOLDS and held:
            checked += 1
            if held not in _HOLDS[item["data_type"]]:
                wrong.append(Wrong("data_type", f"{item['data_type']} ≠ {column['name']} {column['data_type']}", item))
    return Outcome(checked, wrong)


def _column_lengths(subject: Subject) -> Outcome:
    checked, wrong = 0, []
    for item, column in _pairs(subject):
        both = item["length"] and column["length"] and item["data_type"] == "string"
        if both and family(column["data_type"]) == "string":
            checked += 1
            if item["length"] > column["length"]:
                wrong.append(Wrong("length", f"{item['length']} > {column['name']} {column['length']}", item))
    return Outcome(checked, wrong)


def _column_levels(subject: Subject) -> Outcome:
    pairs = list(_pairs(subject))
    return Outcome(len(pairs), [
        Wrong("level", f"{item['level']} < {column['name']} {column['level']}", item)
        for item, column in pairs if item["level"] < column["level"]
    ])


def _item_levels(subject: Subject) -> Outcome:
    """A column holds what its items are, so it is at least as high as the highest of them."""
    checked, wrong = 0, []
    for column in subject.children:
        items = subject.around.items.get(column["id"], ())
        if items:
            checked += 1
            highest = max(items, key=lambda item: item["level"])
            if column["level"] < highest["level"]:
                said = f"{column['level']} < {highest['code']} {highest['name']} {highest['level']}"
                wrong.append(Wrong("level", said, column))
    return Outcome(checked, wrong)


def _sensitive(subject: Subject) -> Outcome:
    pairs = [(item, column) for item, column in _pairs(subject) if item["sensitive"] or item["pii"]]
    return Outcome(len(pairs), [
        Wrong("sensitive", column["name"], item) for item, column in pairs if not column["sensitive"]
    ])


def _city(subject: Subject) -> Outcome:
    """No peer has been compared with: nothing is counted, and the figure reads "—"."""
    return Outcome(0)


def _rule(name: str, kinds: tuple[str, ...], *texts: Any) -> Rule:
    return Rule(name, name.split(".")[0], kinds, *texts)


RULES: Final = (
    _rule("accurate.credit_code", _ALL, "统一社会信用代码校验位正确", "The credit code's check digit is right",
          "所属部门有信用代码的目录", "核对部门的统一社会信用代码", "Correct the department's credit code", _credit_code),
    _rule("accurate.unique", _ALL, "部门内同级不重名（库表按系统、模式、表名）", "Names are unique in a department", "每个目录计一格",
          "合并重复的目录，或改为能区分的名称", "Merge the duplicates or name them apart", _unique),
    _rule("accurate.unique_child", ("data_entry", "db_table"), "数据项、字段不重名", "Items and columns have unique names",
          "数据项与字段", "删去重复的一项或改名", "Remove or rename one", _unique_children),
    _rule("accurate.code_set", ("data_entry",), "代码集可查（本平台代码表或标准编号）", "Code sets can be looked up",
          "填写了代码集的数据项", "改填代码表名称或标准编号，如 GB/T 2261.1", "Name a code list or a standard", _code_sets),
    _rule("accurate.related", ("data_entry",), "关联目录存在", "Related codes exist", "填写的关联目录编码", "更正或删去该编码",
          "Correct or remove the code", _related),
    _rule("accurate.days", ("data_entry", "system"), "日期不晚于今天，停用不早于上线", "Days have passed and are in order",
          "已填的发布、上线日期，以及上线与停用日期的先后", "更正日期", "Correct the day", _days),
    _rule("consistent.scope", ("data_entry",), "数据项不宽于目录", "Items are not wider than their entry",
          "数据项与目录均填写的共享、开放类型", "把数据项改严，或放宽目录", "Make the item stricter or the entry wider", _scope),
    _rule("consistent.level", ("data_entry",), "目录级别不低于数据项", "An entry is at least its highest item",
          "有数据项的数据目录", "提高目录级别，或核对数据项级别", "Raise the entry's level", _level),
    _rule("consistent.open_level", ("data_entry",), "开放的目录级别不高于一般2级", "Opened entries are at most general 2",
          "开放类型为开放的数据目录", "改为不予开放，或核对级别", "Close it or correct the level", _open_level),
    _rule("consistent.conditions", ("data_entry",), "条件、依据、说明与所选类型相符", "Conditions fit the chosen type",
          "已填的共享条件、不予共享依据、开放条件、周期说明", "改选类型，或清空该项", "Choose the type again or clear the cell",
          _conditions),
    _rule("consistent.interface", ("system",), "提供接口的系统不写未提供原因", "No reason where an interface is offered",
          "已填的未提供接口原因", "清空原因，或改为未提供接口", "Clear the reason or the flag", _interface_reason),
    _rule("consistent.column_type", ("data_entry",), "数据项类型与关联字段类型相符", "Items fit the type of their column",
          "类型均可识别的数据项与关联字段", "核对类型，或改正关联", "Correct the type or the link", _column_types),
    _rule("consistent.column_length", ("data_entry",), "数据项长度不超过关联字段", "Items fit the length of their column",
          "均填写长度的字符型数据项与关联字段", "核对长度", "Correct the length", _column_lengths),
    _rule("consistent.column_level", ("data_entry",), "数据项级别不低于关联字段", "Items are at least the level of their column",
          "数据项与关联字段", "提高数据项级别，或核对字段级别", "Raise the item's level", _column_levels),
    _rule("consistent.item_level", ("db_table",), "字段级别不低于关联数据项", "Columns are at least the level of their items",
          "有关联数据项的字段", "提高字段级别，或核对数据项级别", "Raise the column's level", _item_levels),
    _rule("consistent.sensitive", ("data_entry",), "敏感数据项的关联字段标为敏感", "Columns of sensitive items are sensitive",
          "敏感或个人信息数据项的关联字段", "在库表中标记该字段为敏感", "Mark the column sensitive", _sensitive),
    _rule("consistent.city", ("data_entry",), "与市级目录一致", "Equal to the city's catalogue", "与市级已比对的目录",
          "按比对结果更正", "Correct by the comparison", _city),
)
