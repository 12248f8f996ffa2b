"""A declared table as a query: named columns, typed parameters, keyset paging. Nothing of SQL comes from a caller."""

import operator
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, Select, Text, Uuid, column, select, table
from sqlalchemy.types import NullType, TypeEngine

from gateway.policy.rules import Policy
from kernel import clock
from kernel.db import Instant

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
TYPES: dict[str, type[TypeEngine[Any]] | TypeEngine[Any]] = {
    "integer": BigInteger, "text": Text, "boolean": Boolean, "date": Date, "instant": Instant(), "uuid": Uuid(),
    "envelope": NullType(),  # as the driver gives it: bytes or, in columns of text envelopes, a text
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {"eq": operator.eq, "ge": operator.ge, "lt": operator.lt}
OPERATORS = tuple(_COMPARE)
PAGE_DEFAULT, PAGE_LIMIT = 50, 500


class ParameterFault(ValueError):
    """A parameter of the call is unknown, repeated or of the wrong type."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A ready statement. ``names``: the answer's fields in the order of the selected columns after the key."""

    statement: Select[Any]
    names: tuple[str, ...]
    size: int


def declaration_fault(source: Mapping[str, Any]) -> str:
    """Return what is wrong with a table declaration, or ""."""
    columns = source.get("columns")
    if not isinstance(columns, dict) or not columns:
        return "columns"
    parameters = source.get("parameters", [])
    names = [source.get("table"), source.get("key"), *(one.get("column") for one in columns.values())]
    names += [one.get("column") for one in parameters]
    if source.get("department"):
        names.append(source["department"].get("column"))
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return f"name {name!r}"
    for one in [*columns.values(), *parameters]:
        if one.get("type") not in TYPES:
            return f"type {one.get('type')!r}"
    for one in parameters:
        if one.get("op") not in OPERATORS or one["type"] == "envelope" or one["name"] in ("after", "size"):
            return f"parameter {one.get('name')!r}"
    page = source.get("page_max", PAGE_DEFAULT)
    return "" if isinstance(page, int) and 1 <= page <= PAGE_LIMIT else "page_max"


def build(source: Mapping[str, Any], policy: Policy, query: bytes) -> TableQuery:
    """Return the statement for one call: granted columns only; raise :class:`ParameterFault`."""
    given = _pairs(query)
    key = column(source["key"], BigInteger)
    columns = source["columns"]
    names = tuple(rule.name for rule in policy.rules if rule.name in columns)
    fields = [column(columns[name]["column"], TYPES[columns[name]["type"]]) for name in names]
    statement = select(key.label("ml_key"), *[one.label(f"c{index}") for index, one in enumerate(fields)])
    statement = statement.select_from(table(source["table"]))
    department = source.get("department")
    if department:
        statement = statement.where(column(department["column"], Uuid()) == uuid.UUID(department["id"]))
    for parameter in source.get("parameters", []):
        text = given.pop(parameter["name"], None)
        if text is not None:
            statement = statement.where(_condition(parameter, text))
        elif parameter.get("required"):
            raise ParameterFault(parameter["name"])
    after, size = given.pop("after", None), given.pop("size", None)
    if given:
        # a misspelt filter that is ignored answers more than was asked for
        raise ParameterFault(next(iter(given)))
    if after is not None:
        statement = statement.where(key > _integer("after", after))
    limit = min(_integer("size", size) if size else PAGE_DEFAULT, int(source.get("page_max", PAGE_DEFAULT)))
    if limit < 1:
        raise ParameterFault("size")
    return TableQuery(statement.order_by(key).limit(limit + 1), names, limit)


def _pairs(query: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
                          max_num_fields=50) if query else []
    except ValueError as error:
        raise ParameterFault("query") from error
    given = dict(pairs)
    if len(given) != len(pairs):
        raise ParameterFault("query")
    return given


def _condition(parameter: Mapping[str, Any], text: str) -> ColumnElement[bool]:
    name, kind = parameter["name"], parameter["type"]
    left: ColumnElement[Any] = column(parameter["column"], TYPES[kind])
    condition: ColumnElement[bool] = _COMPARE[parameter["op"]](left, _typed(name, kind, text))
    return condition


def _typed(name: str, kind: str, text: str) -> Any:
    if len(text) > 500 or "\0" in text:
        raise ParameterFault(name)
    try:
        if kind == "integer":
            return _integer(name, text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "date":
            return datetime.strptime(text, "%Y-%m-%d").date()
        if kind == "instant":
            return clock.parse(text)
        return uuid.UUID(text) if kind == "uuid" else text
    except (KeyError, ValueError) as error:
        raise ParameterFault(name) from error


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ParameterFault(name)
    return int(text)


def plain_value(kind: str, value: Any) -> Any:
    """Return a column's value as it goes into JSON."""
    if value is None or kind in ("integer", "boolean", "text"):
        return value
    if isinstance(value, datetime):
        return clock.iso(value)
    return value.isoformat() if kind == "date" else str(value)
