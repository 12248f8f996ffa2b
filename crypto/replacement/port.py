"""The port to a department's database: what a job must know and do there, whatever the product."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Slot:
    """A column to be replaced. ``schema`` is empty for the connection's own."""

    schema: str
    table: str
    column: str

    def __str__(self) -> str:
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True)
class Change:
    """One row: its key, what it holds, what it is to hold. Keys are texts, whatever their type."""

    key: str = field(repr=False)  # the key may be the replaced column itself
    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True)
class Facts:
    """What a catalogue of the database says about a column; the assessment is made from it.

    ``width`` in characters, None without a limit. ``key``: the column by which rows are named, "" where there is no
    single unique column that is never null; ``key_type`` as the database writes it; ``neutral``: it is the primary
    key or no text, so that it may be listed unless it is seen to be sensitive. ``unique``, ``checks``,
    ``triggers``, ``generated``, ``indexes``, ``views`` are names or texts of what hangs on the column or its table.
    ``parents`` and ``children`` are (constraint, column at the other end) of foreign keys. ``kept`` are columns that
    the database would change by itself with the row.
    """

    type: str
    text: bool
    width: int | None
    nullable: bool
    collation: str
    rows: int
    key: str
    key_type: str
    neutral: bool = False
    computed: bool = False
    unique: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    parents: tuple[tuple[str, Slot], ...] = ()
    children: tuple[tuple[str, Slot], ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def linked(self) -> bool:
        """Whether foreign keys hang on the column."""
        return bool(self.parents or self.children)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts for a JSON column."""
        links = {name: [[key, str(other)] for key, other in getattr(self, name)] for name in ("parents", "children")}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()} | links


class Refused(Exception):
    """The database refused a change of one row (unique index, check, trigger); the text holds no value."""


class Source(Protocol):
    """A connection to a department's database. Every write method is a transaction of its own.

    Any method raises ``crypto.target.failed`` for an error of the database, without its text.
    """

    def version(self) -> str:
        """Return product and version."""

    def columns(self) -> list[tuple[str, str, str]]:
        """Return (table, column, type) of the connection's schema."""

    def facts(self, slot: Slot, replaced: Collection[str] = ()) -> Facts:
        """Describe a column; raise ``crypto.replacement.column_unknown``.

        ``replaced``: what else the job replaces in the table. Rows are named by a column that stays, if there is one,
        by the primary key before others; if there is none, by the same one for every column of the table.
        """

    def prepare(self, *, linked: bool) -> None:
        """Make the session ready for changes; ``linked``: foreign keys hang on columns of this job.

        Raises ``crypto.replacement.keys_enforced`` where the account may not suspend them for its session.
        """

    def page(self, slot: Slot, facts: Facts, after: str | None, limit: int) -> list[tuple[str, str | None]]:
        """Return at most ``limit`` (key, value) after a key, by key."""

    def swap(self, slot: Slot, facts: Facts, changes: Sequence[Change], *, rehearse: bool = False) -> list[str]:
        """Change rows that hold exactly ``old`` to ``new`` in one transaction; return the keys of the others.

        A row that holds ``new`` already counts as changed: that is how a transaction ended whose answer was lost.
        ``rehearse`` reads every row back, then rolls back. Raises :class:`Refused` when the database refuses any of
        them: then none is changed.
        """

    def orphans(self, slot: Slot, facts: Facts) -> int:
        """Count rows whose foreign keys on the column find no parent."""

    def close(self) -> None:
        """End the connection."""
