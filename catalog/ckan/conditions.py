"""Filters as conditions of SQL, sorting, and facets."""

import contextlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, and_, case, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from catalog.ckan.errors import SearchQueryError
from catalog.ckan.fq import Both, Either, Match, Node, Not, Range, has_fields, parse
from catalog.ckan.package import LICENSES, shown_format
from catalog.codes.lists import code_list
from catalog.feed.models import FeedRecord
from catalog.feed.queries import shown
from catalog.nodes.models import DataEntry
from catalog.search.queries import matching
from catalog.search.rules import QUERY_LIMIT
from catalog.search.rules import parse as parse_words
from kernel import clock
from kernel.identity.models import Department

_FACET_GROUPS = 10_000
_MATH = re.compile(r"NOW((?:[+-]\d{1,6}(?:SECOND|MINUTE|HOUR|DAY)S?)*)(/DAY)?")
_STEP = re.compile(r"([+-]\d+)([A-Z]+?)S?(?=[+-]|$)")
_CONSTANTS = {
    "state": "active", "type": "dataset", "dataset_type": "dataset", "private": "false", "capacity": "public",
    "entity_type": "package",
}
_COLUMNS: dict[str, Any] = {
    "title": DataEntry.name, "notes": DataEntry.abstract, "groups": DataEntry.theme, "url": DataEntry.source_url,
    "resource_code": DataEntry.code, "share_type": DataEntry.share_type, "open_type": DataEntry.open_type,
    "update_cycle": DataEntry.update_cycle, "format_class": DataEntry.format_class, "region": DataEntry.region,
    "class_code": DataEntry.class_code,
}
_TIMES: dict[str, Any] = {
    "metadata_modified": FeedRecord.at, "metadata_created": FeedRecord.first_at,
    "data_updated_at": DataEntry.data_updated_at,
}
_SORTS: dict[str, Any] = {
    "id": DataEntry.id, "name": DataEntry.id, "title": DataEntry.name, "title_string": DataEntry.name,
    "metadata_modified": FeedRecord.at, "metadata_created": FeedRecord.first_at,
}


def query_condition(session: Session, q: str) -> ColumnElement[bool]:
    """The condition of ``q``: words of the directory's search, or a filter where fields are named."""
    text = q.strip()
    if text in ("", "*:*", "*"):
        return true()
    return condition(session, parse(text)) if has_fields(text) else _words(session, text)


def condition(session: Session, node: Node) -> ColumnElement[bool]:
    """The condition of a parsed filter on ``DataEntry`` joined with ``FeedRecord``."""
    if isinstance(node, Both):
        return and_(*(condition(session, one) for one in node.nodes))
    if isinstance(node, Either):
        return or_(*(condition(session, one) for one in node.nodes))
    if isinstance(node, Not):
        # a filter on a field that is not set does not match, so its negation does
        return not_(func.coalesce(condition(session, node.node), false()))
    if isinstance(node, Range):
        return _range(node)
    return _words(session, node.value) if node.field is None else _match(session, node.field, node)


def _words(session: Session, text: str) -> ColumnElement[bool]:
    if len(text) > QUERY_LIMIT:
        raise SearchQueryError(f"longer than {QUERY_LIMIT} characters")
    if text.strip("*") == "":
        return true()
    return DataEntry.id.in_(matching(session, parse_words(text), text))


def _match(session: Session, field: str, node: Match) -> ColumnElement[bool]:
    name, value = field.removeprefix("extras_"), node.value
    if name == "*":
        return true()
    if name == "text":
        return _words(session, value)
    if name in _CONSTANTS:
        return true() if value in (_CONSTANTS[name], "*") else false()
    if name in _TIMES:
        return bool_of(_TIMES[name].is_not(None) if value == "*" else _TIMES[name] == _instant(value))
    if name in ("id", "name"):
        return _by_id(DataEntry.id, value)
    if name in ("organization", "owner_org"):
        return _organization(value)
    if name == "license_id":
        return DataEntry.open_type.in_([token for token, one in LICENSES.items() if value in (one.id, "*")])
    if name == "tags":
        return _in_list(DataEntry.keywords.cast(Text()), value, node.quoted)
    if name == "res_format":
        return _in_list(func.lower(DataEntry.formats.cast(Text())), value.lower(), node.quoted)
    if name in _COLUMNS:
        return _text(_COLUMNS[name], value, part=name in ("title", "notes"))
    raise SearchQueryError(f"undefined field {field}")


def _by_id(column: Any, value: str) -> ColumnElement[bool]:
    if value == "*":
        return true()
    try:
        return bool_of(column == uuid.UUID(value))
    except ValueError:
        return false()


def bool_of(clause: Any) -> ColumnElement[bool]:
    """A comparison, typed."""
    return clause  # type: ignore[no-any-return]


def _organization(value: str) -> ColumnElement[bool]:
    if value == "*":
        return true()
    known = [
        func.lower(Department.code) == value.lower(), func.lower(Department.uscc) == value.lower(),
        Department.name == value,
    ]
    with contextlib.suppress(ValueError):
        known.append(Department.id == uuid.UUID(value))
    return DataEntry.department_id.in_(select(Department.id).where(or_(*known)))


def _in_list(text: Any, value: str, quoted: bool) -> ColumnElement[bool]:
    """A list is stored as JSON text, so a member stands in it with its quotation marks."""
    if value == "*":
        return bool_of(text != "[]")
    wild = value.endswith("*") and not quoted
    word = orjson.dumps(value[:-1] if wild else value).decode()
    return bool_of(text.contains(word[:-1] if wild else word, autoescape=True))


def _text(column: Any, value: str, *, part: bool) -> ColumnElement[bool]:
    if value == "*":
        return and_(column.is_not(None), column != "")
    if part:
        return bool_of(func.lower(column).contains(value.strip("*").lower(), autoescape=True))
    if value.endswith("*"):
        return bool_of(column.startswith(value[:-1], autoescape=True))
    return bool_of(column == value)


def _range(node: Range) -> ColumnElement[bool]:
    column = _TIMES.get(node.field)
    if column is None:
        raise SearchQueryError(f"{node.field} has no ranges")
    found = [column.is_not(None)]
    if node.low != "*":
        low = _instant(node.low)
        found.append(column >= low if node.with_low else column > low)
    if node.high != "*":
        high = _instant(node.high)
        found.append(column <= high if node.with_high else column < high)
    return and_(*found)


def _instant(text: str) -> datetime:
    """An instant of Solr: RFC 3339 in UTC, a day, or NOW with days, hours, minutes and seconds."""
    math = _MATH.fullmatch(text)
    try:
        if math:
            moment = clock.now()
            for count, unit in _STEP.findall(math[1]):
                moment += timedelta(**{f"{unit.lower()}s": int(count)})
            return moment.replace(hour=0, minute=0, second=0, microsecond=0) if math[2] else moment
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SearchQueryError(f"{text!r} is no date") from error


def order(sort: str, q: str) -> list[Any]:
    """ORDER BY of ``sort``; always ends with the id, so that pages neither repeat nor lose a dataset."""
    found: list[Any] = []
    if sort.strip().lower() in ("id asc", "id", "name asc", "name"):
        return [DataEntry.id]
    for part in filter(None, (one.strip() for one in sort.split(","))):
        name, _, direction = part.partition(" ")
        direction = direction.strip().lower() or "asc"
        if direction not in ("asc", "desc") or (name not in _SORTS and name != "score"):
            raise SearchQueryError(f'Invalid "sort" parameter {part!r}')
        column = _score(q) if name == "score" else _SORTS[name]
        # a better score is a smaller tier
        found.append(column.desc() if (direction == "desc") != (name == "score") else column.asc())
    return [*found, DataEntry.id]


def _score(q: str) -> Any:
    words = q.strip()
    if words in ("", "*:*", "*") or has_fields(words):
        return DataEntry.version - DataEntry.version
    return case(
        (func.lower(DataEntry.code) == words.lower(), 0),
        (func.lower(DataEntry.name).contains(words.lower(), autoescape=True), 1),
        else_=2,
    )


def facet(
    session: Session, name: str, where: Sequence[ColumnElement[bool]]
) -> list[tuple[str, str, int]]:
    """(value, label, count) of a facet, most frequent first; lists are counted from 10,000 distinct ones at most."""
    makers: dict[str, Callable[[], list[tuple[str, str, int]]]] = {
        "organization": lambda: _organizations(session, where),
        "groups": lambda: _tokens(session, DataEntry.theme, "theme", where),
        "share_type": lambda: _tokens(session, DataEntry.share_type, "share_type", where),
        "open_type": lambda: _tokens(session, DataEntry.open_type, "open_type", where),
        "update_cycle": lambda: _tokens(session, DataEntry.update_cycle, "update_cycle", where),
        "tags": lambda: _members(session, DataEntry.keywords, where),
        "res_format": lambda: _members(session, DataEntry.formats, where, shown_format),
        "license_id": lambda: _licenses(session, where),
    }
    maker = makers.get(name.removeprefix("extras_"))
    if maker is None:
        raise SearchQueryError(f"undefined field {name}")
    return sorted(maker(), key=lambda one: (-one[2], one[0]))


def _grouped(session: Session, column: Any, where: Sequence[ColumnElement[bool]]) -> list[tuple[Any, int]]:
    query = shown(column, func.count()).where(*where).group_by(column)
    rows = session.execute(query.order_by(func.count().desc()).limit(_FACET_GROUPS))
    return [(value, count) for value, count in rows if value is not None]


def _organizations(session: Session, where: Sequence[ColumnElement[bool]]) -> list[tuple[str, str, int]]:
    counts = dict(_grouped(session, DataEntry.department_id, where))
    rows = session.execute(select(Department.id, Department.uscc, Department.code, Department.name))
    return [
        ((uscc or code).lower(), name, counts[found]) for found, uscc, code, name in rows if found in counts
    ]


def _tokens(
    session: Session, column: Any, key: str, where: Sequence[ColumnElement[bool]]
) -> list[tuple[str, str, int]]:
    return [(token, code_list(key).label(token), count) for token, count in _grouped(session, column, where)]


def _members(
    session: Session, column: Any, where: Sequence[ColumnElement[bool]], shown: Callable[[str], str] = str.strip
) -> list[tuple[str, str, int]]:
    counts: Counter[str] = Counter()
    for words, count in _grouped(session, column, where):
        for word in filter(None, dict.fromkeys(shown(str(word)) for word in words)):
            counts[word] += count
    return [(word, word, count) for word, count in counts.items()]


def _licenses(session: Session, where: Sequence[ColumnElement[bool]]) -> list[tuple[str, str, int]]:
    counts: Counter[str] = Counter()
    for open_type, count in _grouped(session, DataEntry.open_type, where):
        counts[LICENSES[open_type].id] += count
    titles = {one.id: one.title for one in LICENSES.values()}
    return [(key, titles[key], count) for key, count in counts.items()]
