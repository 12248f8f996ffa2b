"""Tables with encrypted columns, declared next to their models."""

from collections.abc import Callable
from dataclasses import dataclass

from crypto.errors import TABLE_UNKNOWN


@dataclass(frozen=True)
class EncryptedColumn:
    """``name`` holds envelopes; ``blind_index`` names the column with the CMAC of the normalised clear text.

    ``blind_index_next``: a second such column, without which the index key cannot be exchanged.
    """

    name: str
    zh: str
    mask: str
    blind_index: str | None = None
    normalise: Callable[[str], bytes] | None = None
    blind_index_next: str | None = None


@dataclass(frozen=True)
class EncryptedTable:
    """A table with an immutable bigint key, an immutable department column and encrypted columns."""

    name: str
    columns: tuple[EncryptedColumn, ...]
    key_column: str = "id"
    department_column: str = "dept_id"

    def column(self, name: str) -> EncryptedColumn:
        """Return a declared column; raise ``crypto.table.unknown``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise TABLE_UNKNOWN(table=self.name, column=name)


_tables: dict[str, EncryptedTable] = {}


def declare(table: EncryptedTable) -> None:
    """Register a table; declaring the same one again has no effect."""
    if _tables.setdefault(table.name, table) != table:
        raise ValueError(f"{table.name} is declared twice, differently")


def table_of(name: str) -> EncryptedTable:
    """Return a declared table; raise ``crypto.table.unknown``."""
    table = _tables.get(name)
    if table is None:
        raise TABLE_UNKNOWN(table=name, column="*")
    return table


def find(name: str) -> EncryptedTable | None:
    """Return the declaration of a table, None for one without encrypted columns."""
    return _tables.get(name)


def tables() -> list[EncryptedTable]:
    """Return every declared table, by name."""
    return [_tables[name] for name in sorted(_tables)]
