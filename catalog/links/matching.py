"""Proposing item ↔ column links: scored by name, comment, code set, type and length, one column for one item.

The score is a whole number 0–100 and says why. People confirm; nothing is linked by a score.
"""

import re
import unicodedata
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from catalog.links.listing import named_ends
from catalog.nodes.models import DataItem, DataSystem, DbColumn, DbTable, ItemColumn, SystemTable
from catalog.nodes.queries import visible
from catalog.search.initials import initials
from kernel.identity.actor import Actor

MIN_SCORE: Final = 60
LIMIT: Final = 2000
"""Proposals of one answer at most."""
_SHORTLIST: Final = 12
_COLUMNS: Final = 40_000
_NOISE: Final = re.compile(r"[\s_\-./、，,:：;；()（）\[\]【】<>《》\"'“”]+")
_ASIDE: Final = re.compile(r"[（(\[【].*?[)）\]】]")
_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "string": ("char", "text", "clob", "string", "json", "uuid"),
    "integer": ("int", "serial", "number", "numeric", "decimal"),
    "decimal": ("decimal", "numeric", "number", "float", "double", "real", "money"),
    "date": ("date", "timestamp"), "datetime": ("datetime", "timestamp", "date", "time"),
    "boolean": ("bool", "bit", "tinyint", "char", "int"), "binary": ("blob", "binary", "bytea", "raw", "image"),
}


@dataclass(frozen=True)
class ItemSide:
    """What of a data item is compared."""

    id: uuid.UUID
    name: str
    data_type: str | None = None
    length: int | None = None
    code_set: str | None = None
    is_key: bool = False


@dataclass(frozen=True)
class ColumnSide:
    """What of a column is compared; ``comment`` is its Chinese name."""

    id: uuid.UUID
    table_id: uuid.UUID
    name: str
    comment: str | None
    data_type: str
    length: int | None = None
    is_key: bool = False


def folded(text: str | None) -> str:
    """NFKC, lower case, without separators."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text or "").casefold())


def similarity(first: str, second: str) -> float:
    """0 to 1 of two folded texts: 1 equal, containing 0.85–0.95, else nine tenths of the edit ratio."""
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) > 1 and shorter in longer:
        return 0.85 + 0.1 * len(shorter) / len(longer)
    return 0.9 * SequenceMatcher(None, first, second, autojunk=False).ratio()


def score(item: ItemSide, column: ColumnSide) -> tuple[int, tuple[str, ...]]:
    """How well a column holds an item (0–100), and the reasons in Chinese."""
    likeness, reasons = _name(item, column)
    code_set = folded(item.code_set)
    if len(code_set) > 2 and code_set in folded(column.comment):
        likeness, reasons = max(likeness, 0.8), [*reasons, "代码集相符"]
    if not likeness:
        return 0, ()
    points = 88 * likeness
    fits = _type_fits(item.data_type, column.data_type)
    if fits:
        points, reasons = points + 6, [*reasons, "类型相符"]
    elif fits is None:
        points += 4
    if item.length is not None and item.length == column.length:
        points, reasons = points + 3, [*reasons, "长度相同"]
    if item.is_key == column.is_key:
        points += 3
    return min(100, round(points)), tuple(reasons)


def _name(item: ItemSide, column: ColumnSide) -> tuple[float, list[str]]:
    name, own = folded(item.name), folded(column.name)
    comment, bare = folded(column.comment), folded(_ASIDE.sub("", column.comment or ""))
    by_comment = max(similarity(name, comment), similarity(name, bare))
    by_name = similarity(name, own)
    letters = initials(item.name)
    by_letters = 0.0
    if len(letters) > 1 and own == letters:
        # two letters stand for many words, four hardly for two
        by_letters = 0.7 + 0.05 * min(len(letters), 5)
    best = max(by_comment, by_name, by_letters)
    if best == by_comment:
        text = "名称相同" if best == 1 else "注释相近"
    else:
        text = "名称相同" if best == 1 else "拼音首字母相符" if best == by_letters else "字段名相近"
    return best, [text]


def _type_fits(item_type: str | None, column_type: str) -> bool | None:
    if item_type is None:
        return None
    return any(word in column_type.casefold() for word in _TYPES.get(item_type, ()))


def assign(
    items: Sequence[ItemSide], columns: Sequence[ColumnSide], min_score: int
) -> list[tuple[ItemSide, ColumnSide, int, tuple[str, ...]]]:
    """Best pairs first, one column for one item, and of each table one column an item; ties go by position."""
    by_char: dict[str, list[int]] = defaultdict(list)
    for at, column in enumerate(columns):
        for char in set(folded(column.comment)) | set(folded(column.name)):
            by_char[char].append(at)
    ranked: list[tuple[int, int, int, tuple[str, ...]]] = []
    for number, item in enumerate(items):
        for at in _shortlist(item, columns, by_char):
            points, reasons = score(item, columns[at])
            if points >= min_score:
                ranked.append((-points, number, at, reasons))
    taken_columns: set[int] = set()
    taken_items: set[tuple[int, uuid.UUID]] = set()
    found: list[tuple[ItemSide, ColumnSide, int, tuple[str, ...]]] = []
    for points, number, at, reasons in sorted(ranked):
        place = (number, columns[at].table_id)
        if at not in taken_columns and place not in taken_items:
            taken_columns.add(at)
            taken_items.add(place)
            found.append((items[number], columns[at], -points, reasons))
    return found


def _shortlist(item: ItemSide, columns: Sequence[ColumnSide], by_char: dict[str, list[int]]) -> list[int]:
    """Of each table the columns that share most characters with the item: the dear comparison is for those."""
    shared: Counter[int] = Counter()
    for char in set(folded(item.name)) | set(folded(item.code_set)) | set(initials(item.name)):
        shared.update(by_char.get(char, ()))
    kept: Counter[uuid.UUID] = Counter()
    found: list[int] = []
    for at, _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        kept[columns[at].table_id] += 1
        if kept[columns[at].table_id] <= _SHORTLIST:
            found.append(at)
    return found


def propose(
    session: Session, actor: Actor, entry_id: uuid.UUID, table_id: uuid.UUID | None, min_score: int = MIN_SCORE
) -> list[dict[str, Any]]:
    """Proposed links of an entry's items to columns of one table, or of all tables of the entry's systems.

    Columns that hold an item already, and items that have a column in the table, are left out.
    """
    items = [ItemSide(*row) for row in session.execute(
        select(DataItem.id, DataItem.name, DataItem.data_type, DataItem.length, DataItem.code_set, DataItem.is_key)
        .where(DataItem.entry_id == entry_id).order_by(DataItem.number)
    )]
    columns = [ColumnSide(*row) for row in session.execute(_columns(actor, entry_id, table_id))]
    held_column = aliased(DbColumn)
    held = set(session.execute(
        select(ItemColumn.item_id, held_column.table_id)
        .join(held_column, held_column.id == ItemColumn.column_id)
        .join(DataItem, DataItem.id == ItemColumn.item_id).where(DataItem.entry_id == entry_id)
    ).tuples())
    pairs = [pair for pair in assign(items, columns, min_score) if (pair[0].id, pair[1].table_id) not in held][:LIMIT]
    firsts = named_ends(session, "data_item", [pair[0].id for pair in pairs])
    seconds = named_ends(session, "db_column", [pair[1].id for pair in pairs])
    return [
        {"item": firsts[item.id], "column": seconds[column.id], "score": points, "reasons": list(reasons)}
        for item, column, points, reasons in pairs
    ]


def _columns(actor: Actor, entry_id: uuid.UUID, table_id: uuid.UUID | None) -> Any:
    query = select(
        DbColumn.id, DbColumn.table_id, DbColumn.name, DbColumn.name_zh, DbColumn.data_type, DbColumn.length,
        DbColumn.is_key,
    ).join(DbTable, DbTable.id == DbColumn.table_id)
    query = query.where(visible(actor, DbTable), ~exists().where(ItemColumn.column_id == DbColumn.id))
    if table_id is not None:
        query = query.where(DbTable.id == table_id)
    else:
        systems = select(DataSystem.system_id).where(DataSystem.entry_id == entry_id)
        query = query.where(DbTable.id.in_(select(SystemTable.table_id).where(SystemTable.system_id.in_(systems))))
    return query.order_by(DbTable.code, DbColumn.number).limit(_COLUMNS)
