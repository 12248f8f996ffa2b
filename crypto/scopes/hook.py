"""The session hook: before a flush, every ``ClearText`` of a table is encrypted in one go, with its blind index.

Without this hook a ``ClearText`` reaches the column type, which refuses it: clear text is never bound.
"""

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from crypto.envelope import row_keys
from crypto.errors import CLEAR_TEXT_REFUSED
from crypto.keys.keyring import keyring_of
from crypto.scopes import blind, registry
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.rules import Scope
from crypto.scopes.types import ClearText

_Group = tuple[EncryptedTable, EncryptedColumn, uuid.UUID]


def install() -> None:
    """Listen to every session of this process; installing twice has no effect."""
    if not event.contains(Session, "before_flush", _encrypt_pending):
        event.listen(Session, "before_flush", _encrypt_pending)


def _encrypt_pending(session: Session, _context: Any, instances: Any) -> None:
    """Look at what this flush writes: all pending rows, or only the ones it was given."""
    groups: dict[_Group, list[Any]] = defaultdict(list)
    for row in [*session.new, *session.dirty] if instances is None else instances:
        table = registry.find(getattr(row, "__tablename__", ""))
        if table is None:
            continue
        for column in table.columns:
            if isinstance(row.__dict__.get(column.name), ClearText):
                groups[table, column, _department(row, table)].append(row)
            elif column.blind_index and row.__dict__.get(column.name, row) is None:
                setattr(row, column.blind_index, None)
                if column.blind_index_next:
                    setattr(row, column.blind_index_next, None)
    for (table, column, department_id), rows in groups.items():
        _encrypt_group(session, table, column, department_id, rows)


def _encrypt_group(
    session: Session, table: EncryptedTable, column: EncryptedColumn, department_id: uuid.UUID, rows: list[Any],
) -> None:
    scope = Scope(department_id, table.name, column.name)
    keyring = keyring_of(session)
    clear = [getattr(row, column.name).value for row in rows]
    if column.blind_index and column.normalise:
        found = blind.values(session, scope, column, [column.normalise(value) for value in clear])
        for name, indexes in found.items():
            for row, index in zip(rows, indexes, strict=True):
                setattr(row, name, index)
    fields = [(getattr(row, table.key_column), value) for row, value in zip(rows, clear, strict=True)]
    for row, sealed in zip(rows, keyring.encrypt(session, scope, fields), strict=True):
        setattr(row, column.name, sealed)


def _department(row: Any, table: EncryptedTable) -> uuid.UUID:
    """Return the row's department; key and department must be known before the flush, they are authenticated.

    Raises ``crypto.column.clear_text`` where one is missing, ``crypto.row_key.kind``.
    """
    department_id, key = getattr(row, table.department_column), getattr(row, table.key_column)
    if not isinstance(department_id, uuid.UUID) or key is None:
        raise CLEAR_TEXT_REFUSED()
    row_keys.check(registry.key_kind(table), key)
    return department_id


install()
