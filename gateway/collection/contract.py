"""The contract of a declared table: what each column takes. Pure; rows are checked a column at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crypto.masking.rules import kinds as mask_kinds
from crypto.scopes.rules import check_digit
from gateway.collection.values import CONVERT, Bad
from kernel.identity.rules import uscc_valid

NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
RESERVED = frozenset({"id", "dept_id", "load", "row_key", "updated_at"})
MAX_TEXT = 4000
_PATTERN_VALUE = 200  # what is longer fits no pattern: with two open repeats a match stays in microseconds
_OPEN_REPEAT = re.compile(r"(?<!\\)[*+]|\{[0-9]*,\}")
_GROUP_REPEAT = re.compile(r"\)\s*[*+?{]")
RULES: dict[str, tuple[str, str]] = {
    "required": ("必填项为空", "empty but required"),
    "type": ("不是该类型的值", "not of the type"),
    "precision": ("是数值，可能已丢失精度", "a number that may have lost digits"),
    "length": ("超过长度", "too long"),
    "pattern": ("不符合格式", "does not fit the pattern"),
    "format": ("校验不通过", "fails its check"),
    "code": ("不在代码表中", "not in the code list"),
    "range": ("超出范围", "out of range"),
    "duplicate_key": ("主键重复", "the key occurs twice"),
    "no_row": ("不是一条记录", "not a record"),
}
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_MOBILE = re.compile(r"1[0-9]{10}")


def _id_number(text: str) -> bool:
    return _ID_NUMBER.fullmatch(text) is not None and check_digit(text[:17]) == text[17]


def _mobile(text: str) -> bool:
    return _MOBILE.fullmatch(text) is not None


FORMATS: dict[str, Callable[[str], bool]] = {"id_number": _id_number, "mobile": _mobile, "credit_code": uscc_valid}


@dataclass(frozen=True)
class Column:
    """A declared column. ``minimum``, ``maximum``: texts of a number, a date or an instant, by type.

    ``encrypted``: of a crypto scope, held as an envelope; then the type is text. ``key``: part of the row's key.
    ``codes``: the values it may have. ``item_id``: the data item it carries.
    """

    name: str
    title: str = ""
    type: str = "text"
    required: bool = False
    key: bool = False
    encrypted: bool = False
    mask: str = "all"
    length: int | None = None
    pattern: str | None = None
    format: str | None = None
    codes: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    item_id: str | None = None


_FIELDS = {one.name for one in fields(Column)}


def columns_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Return columns of their JSON form."""
    return tuple(_column(one) for one in stored)


def _column(one: Mapping[str, Any]) -> Column:
    given: dict[str, Any] = {name: value for name, value in one.items() if name in _FIELDS}
    return Column(**given | {"codes": tuple(given.get("codes", ()))})


def fault(columns: Sequence[Column]) -> tuple[str, str] | None:
    """Return (column, problem) of a contract that cannot be kept, or None."""
    names = [one.name for one in columns]
    if len(set(names)) != len(names):
        return "columns", "duplicate name"
    if not any(one.key for one in columns):
        return "columns", "no key column"
    for one in columns:
        problem = _column_fault(one)
        if problem:
            return one.name, problem
    return None


def _column_fault(one: Column) -> str:
    if not NAME.fullmatch(one.name) or one.name in RESERVED:
        return "name"
    if one.type not in CONVERT or one.mask not in mask_kinds() or (one.format and one.format not in FORMATS):
        return "type, mask or format"
    if one.encrypted and one.type != "text":
        return "an encrypted column is a text"
    if one.type != "text" and (one.pattern or one.format or one.codes or one.length):
        return "pattern, format, codes and length are for texts"
    if one.type in ("text", "boolean") and (one.minimum or one.maximum):
        return "a range is for numbers, dates and instants"
    if one.pattern and not _safe(one.pattern):
        return "pattern: at most two open repeats, no repeated group"
    return "range" if any(isinstance(bound, Bad) for bound in _bounds(one)) else ""


def _safe(pattern: str) -> bool:
    """Whether matching stays cheap whatever a source sends."""
    if len(pattern) > 200 or len(_OPEN_REPEAT.findall(pattern)) > 2 or _GROUP_REPEAT.search(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _bounds(one: Column) -> tuple[Any, Any]:
    return _bound(one, one.minimum), _bound(one, one.maximum)


def _bound(one: Column, given: str | None) -> Any:
    found = CONVERT[one.type](given)
    return Decimal(found) if one.type == "decimal" and isinstance(found, str) else found


@dataclass(frozen=True)
class Checked:
    """A chunk after its checks: ``good`` rows as (place in the chunk, values by column order), ``bad`` with reasons.

    Reasons are "column:rule".
    """

    good: list[tuple[int, tuple[Any, ...]]]
    bad: list[tuple[int, tuple[str, ...]]]


class Checker:
    """Checks rows against columns; ``mapping`` names the source's field of each column (its own name by default)."""

    def __init__(self, columns: Sequence[Column], mapping: Mapping[str, str]) -> None:
        self.columns = tuple(columns)
        self._fields = [mapping.get(one.name) or one.name for one in columns]
        self._rules = [_compiled(one) for one in columns]

    def check(self, rows: Sequence[Any]) -> Checked:
        """Convert and judge rows (mappings of field to value; anything else is no record)."""
        wrong: dict[int, list[str]] = {
            at: ["row:no_row"] for at, row in enumerate(rows) if not isinstance(row, Mapping)
        }
        shaped: Sequence[Mapping[str, Any]] = rows if not wrong else [
            {} if at in wrong else row for at, row in enumerate(rows)]
        judged = []
        for column, field, rule in zip(self.columns, self._fields, self._rules, strict=True):
            values = [rule(value) for value in picked(shaped, field)]
            judged.append(values)
            for at, value in enumerate(values):
                if type(value) is Bad and not _unformed(wrong.get(at)):
                    wrong.setdefault(at, []).append(f"{column.name}:{value.rule}")
        whole = list(zip(*judged, strict=True))
        return Checked(
            [(at, row) for at, row in enumerate(whole) if at not in wrong] if wrong else list(enumerate(whole)),
            [(at, tuple(wrong[at])) for at in sorted(wrong)],
        )


def _unformed(reasons: list[str] | None) -> bool:
    return reasons is not None and reasons[0] == "row:no_row"


def picked(rows: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    """Return a field of rows; ``a.b`` goes into nested records where there is no field of the whole name."""
    if "." not in field:
        return [row.get(field) for row in rows]
    return [row[field] if field in row else _nested(row, field.split(".")) for row in rows]


def _nested(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _compiled(one: Column) -> Callable[[Any], Any]:
    """Return the function that turns what came into what is stored, or a Bad."""
    convert, tests = CONVERT[one.type], _tests(one)
    missing = Bad("required") if one.required or one.key else None

    def judge(value: Any) -> Any:
        found = convert(value)
        if found is None:
            return missing
        if type(found) is Bad:
            return found
        for rule, passes in tests:
            if not passes(found):
                return rule
        return found

    return judge


def _tests(one: Column) -> list[tuple[Bad, Callable[[Any], bool]]]:
    found: list[tuple[Bad, Callable[[Any], bool]]] = []
    if one.type == "text":
        most = min(one.length or MAX_TEXT, MAX_TEXT)
        found.append((Bad("length"), lambda text: len(text) <= most and "\0" not in text))
    if one.pattern:
        match = re.compile(one.pattern).fullmatch
        found.append((Bad("pattern"), lambda text: len(text) <= _PATTERN_VALUE and match(text) is not None))
    if one.format:
        found.append((Bad("format"), FORMATS[one.format]))
    if one.codes:
        found.append((Bad("code"), frozenset(one.codes).__contains__))
    low, high = _bounds(one)
    if low is not None or high is not None:
        number: Callable[[Any], Any] = Decimal if one.type == "decimal" else _same
        found.append((Bad("range"), lambda value: (low is None or number(value) >= low)
                      and (high is None or number(value) <= high)))
    return found


def _same(value: Any) -> Any:
    return value


def key_form(columns: Sequence[Column], values: Sequence[Any]) -> bytes:
    """Return the bytes of a row's key: each part behind its length, so that no two keys have the same."""
    parts = []
    for column, value in zip(columns, values, strict=True):
        if column.key:
            shown = value.isoformat() if isinstance(value, date | datetime) else str(value)
            part = shown.encode()
            parts.append(len(part).to_bytes(4) + part)
    return b"".join(parts)
