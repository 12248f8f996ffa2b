"""The six kinds of link: their tables, their ends, and which end owns them.

The owner is the end in whose department a link is edited and reviewed: the data entry where there is one, because it
is the middle of the directory; the table for its system; the first duty for a duty's fate.
"""

from dataclasses import dataclass
from typing import Any, Final

from catalog.links.models import DataData, DutyDuty
from catalog.nodes.models import (
    DataEntry,
    DataItem,
    DataSystem,
    DbColumn,
    DbTable,
    Duty,
    DutyData,
    ItemColumn,
    System,
    SystemTable,
)

LINK_PROFILE: Final = "mulian-link/1"


@dataclass(frozen=True)
class EndKind:
    """What a link may end at: a node, or a leaf with the node above it."""

    key: str
    zh: str
    model: Any
    node: Any
    node_key: str
    parent: str | None = None


@dataclass(frozen=True)
class LinkKind:
    """One kind of link. ``by_hand``: officers write it; ``outlives``: it stays when an end is withdrawn."""

    key: str
    zh: str
    en: str
    model: Any
    from_kind: str
    from_column: str
    to_kind: str
    to_column: str
    owner: str
    relations: tuple[str, ...] = ()
    by_hand: bool = True
    outlives: bool = False


ENDS: Final[dict[str, EndKind]] = {
    end.key: end
    for end in (
        EndKind("duty", "职责", Duty, Duty, "duty"),
        EndKind("data_entry", "数据目录", DataEntry, DataEntry, "data_entry"),
        EndKind("data_item", "数据项", DataItem, DataEntry, "data_entry", "entry_id"),
        EndKind("system", "系统", System, System, "system"),
        EndKind("db_table", "库表", DbTable, DbTable, "db_table"),
        EndKind("db_column", "字段", DbColumn, DbTable, "db_table", "table_id"),
    )
}

LINKS: Final[dict[str, LinkKind]] = {
    link.key: link
    for link in (
        LinkKind("duty_data", "职责-数据", "Duty–data", DutyData, "duty", "duty_id", "data_entry", "entry_id", "to"),
        LinkKind("data_system", "数据-系统", "Data–system", DataSystem,
                 "data_entry", "entry_id", "system", "system_id", "from"),
        # written with its table, never by itself: a table belongs to exactly one system
        LinkKind("system_table", "系统-库表", "System–table", SystemTable,
                 "system", "system_id", "db_table", "table_id", "to", by_hand=False),
        LinkKind("item_column", "数据项-字段", "Item–column", ItemColumn,
                 "data_item", "item_id", "db_column", "column_id", "from"),
        LinkKind("data_data", "数据-数据", "Data–data", DataData,
                 "data_entry", "from_id", "data_entry", "to_id", "from", ("related", "derived", "source")),
        # written by the decided change of a duty
        LinkKind("duty_duty", "职责-职责", "Duty–duty", DutyDuty,
                 "duty", "from_id", "duty", "to_id", "from", ("moved", "merged", "split"), False, True),
    )
}

RELATIONS: Final[dict[str, tuple[str, str]]] = {
    "related": ("相关", "related to"), "derived": ("加工自", "derived from"), "source": ("数源为", "sourced from"),
    "moved": ("划转为", "moved to"), "merged": ("并入", "merged into"), "split": ("拆分为", "split into"),
}
"""Labels of relations, read from the first end to the second."""
