"""What of an entry the public may see. Exporters get this and never the row, so nothing else can leave."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.canonical import dumps
from kernel.digest import sm3_hex


@dataclass(frozen=True)
class PublicOrg:
    """The department that publishes; ``code`` is its credit code, or the internal one while that is 待补."""

    id: uuid.UUID
    code: str
    name: str
    kind: str
    region: str | None


@dataclass(frozen=True)
class PublicItem:
    """A data item that is no stricter than its public entry."""

    name: str
    data_type: str | None
    length: int | None
    precision: int | None
    code_set: str | None
    is_key: bool


@dataclass(frozen=True)
class PublicSystem:
    """A published system that serves interfaces for the entry."""

    id: uuid.UUID
    code: str
    name: str
    org: PublicOrg


@dataclass(frozen=True)
class PublicEntry:
    """One public data entry. Lists are tuples; codes are tokens of the code lists; instants are aware UTC."""

    id: uuid.UUID
    code: str
    name: str
    org: PublicOrg
    region: str | None
    class_code: str | None
    abstract: str
    keywords: tuple[str, ...]
    theme: str | None
    theme_text: str | None
    formats: tuple[str, ...]
    format_class: str | None
    share_type: str | None
    share_condition: str | None
    share_mode: str | None
    share_method: str | None
    open_type: str | None
    open_condition: str | None
    update_cycle: str | None
    update_cycle_text: str | None
    published_on: str | None
    data_updated_at: datetime | None
    related_codes: tuple[str, ...]
    level: int
    data_range: str | None
    use_scene: str | None
    record_count: int | None
    source_url: str | None
    version: int
    entry_hash: str | None
    valid_from: datetime | None
    items: tuple[PublicItem, ...] = ()
    systems: tuple[PublicSystem, ...] = ()

    def digest(self) -> str:
        """SM3 hex of the whole content: two states of one digest look alike to the public."""
        # vars() instead of asdict(): a third of the time, and sealing a batch is mostly this
        systems = [{**vars(one), "org": vars(one.org)} for one in self.systems]
        items = [vars(one) for one in self.items]
        return sm3_hex(dumps({**vars(self), "org": vars(self.org), "items": items, "systems": systems}))


@dataclass(frozen=True)
class Sealed:
    """A public entry with its place in the feed: ``at`` is when it last changed, ``first_at`` when it first was public.

    ``previous`` is the (version, title) shown before this one, where that version had been public.
    """

    entry: PublicEntry
    seq: int
    first_at: datetime
    at: datetime
    previous: tuple[int, str] | None = None


FIELDS: tuple[str, ...] = tuple(
    name for name in PublicEntry.__dataclass_fields__ if name not in ("org", "items", "systems")
)
"""Fields taken from the row of the entry as they are (lists become tuples)."""


def of_row(
    row: Any, org: PublicOrg, items: tuple[PublicItem, ...], systems: tuple[PublicSystem, ...]
) -> PublicEntry:
    """The public content of a row (a mapping of columns)."""
    values = {name: row[name] for name in FIELDS}
    for name in ("keywords", "formats", "related_codes"):
        values[name] = tuple(str(word) for word in values[name] or ())
    return PublicEntry(**values, org=org, items=items, systems=systems)
