"""Tables with encrypted columns, declared next to their models."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Integer, Text, Uuid

from crypto.envelope.row_keys import KeyKind
from crypto.errors import TABLE_UNKNOWN
from crypto.scopes.forms import Form
from crypto.scopes.types import EncryptedBytes, EncryptedText
from kernel.db import Base


@dataclass(frozen=True)
class EncryptedColumn:
    """``name`` holds envelopes, in the form of its model's type.

    ``blind_index`` names the column with the CMAC of the normalised clear text;
    ``blind_index_next`` a second such column, without which the index key cannot be exchanged.
    """

    name: str
    zh: str
    mask: str
    blind_index: str | None = None
    normalise: Callable[[str], bytes] | None = None
    blind_index_next: str | None = None


@dataclass(frozen=True)
class EncryptedTable:
    """A table with an immutable key, an immutable department column and encrypted columns.

    The key is a bigint, a ``Uuid`` or a text (``types.text_key()``). It is stored in clear: none that names a person.
    """

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
_finders: dict[str, Callable[[], None]] = {}


def find_more(name: str, finder: Callable[[], None]) -> None:
    """Let a floor above declare tables that another process has made: asked for what is not known, and for all."""
    _finders[name] = finder


def forget(name: str) -> None:
    """Take a declaration back: of a table that this process no longer works with."""
    _tables.pop(name, None)


def _ask() -> None:
    for finder in _finders.values():
        finder()


def declare(table: EncryptedTable) -> None:
    """Register a table; declaring the same one again has no effect. Raises ValueError for a key of another kind,
    and for a column of another type."""
    key_kind(table)
    for column in table.columns:
        form(table, column.name)
    if _tables.setdefault(table.name, table) != table:
        raise ValueError(f"{table.name} is declared twice, differently")


def key_kind(table: EncryptedTable) -> KeyKind:
    """Return what the table's model has as its key.

    Texts are those without a length only: CHAR(n) and VARCHAR(n) add or cut blanks, and an envelope that was bound to
    the key as it was given would not open under the key as it was stored.
    """
    kind = Base.metadata.tables[table.name].c[table.key_column].type
    if isinstance(kind, Integer):
        return KeyKind.BIGINT
    if isinstance(kind, Uuid) and kind.as_uuid:
        return KeyKind.UUID
    if type(kind) is Text:
        return KeyKind.TEXT
    raise ValueError(f"{table.name}.{table.key_column}: {kind!r} is no row key")


def form(table: EncryptedTable, column: str) -> Form:
    """Return the form in which the table's model holds a column's envelopes."""
    kind = Base.metadata.tables[table.name].c[column].type
    if isinstance(kind, EncryptedBytes | EncryptedText):
        return kind.form
    raise ValueError(f"{table.name}.{column}: {kind!r} holds no envelopes")


def table_of(name: str) -> EncryptedTable:
    """Return a declared table; raise ``crypto.table.unknown``."""
    if name not in _tables:
        _ask()
    table = _tables.get(name)
    if table is None:
        raise TABLE_UNKNOWN(table=name, column="*")
    return table


def find(name: str) -> EncryptedTable | None:
    """Return the declaration of a table, None for one without encrypted columns."""
    return _tables.get(name)


def tables() -> list[EncryptedTable]:
    """Return every declared table, by name."""
    _ask()
    return [_tables[name] for name in sorted(_tables)]
