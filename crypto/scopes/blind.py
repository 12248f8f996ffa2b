"""Blind indexes of a column: what a writer stores, what a look-up asks for.

While an index key is exchanged, writers fill a second column under the coming key. Look-ups ask both columns for the
index under the key in use: until that changes the first column has it of every row, from then on one of the two.
Where the key in use is compromised, writers fill both columns under the coming key and look-ups ask for both keys.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, or_
from sqlalchemy.orm import Session

from crypto.keys.keyring import keyring_of
from crypto.scopes.registry import EncryptedColumn
from crypto.scopes.rules import Scope


def values(
    session: Session, scope: Scope, column: EncryptedColumn, messages: Sequence[bytes | None],
) -> dict[str, list[bytes | None]]:
    """Return what the index columns of rows hold for normalised values, by column name.

    Raises ``crypto.key.compromised``, ``crypto.scope.unknown``.
    """
    if column.blind_index is None:
        return {}
    first, second = keyring_of(session).written_indexes(session, scope, messages)
    found = {column.blind_index: first}
    if column.blind_index_next:
        found[column.blind_index_next] = second
    return found


def matches(
    session: Session, scope: Scope, column: EncryptedColumn, table: Table, message: bytes,
) -> ColumnElement[bool]:
    """Return the condition that finds the rows of a normalised value; raise ``crypto.scope.unknown``."""
    asked = keyring_of(session).asked_indexes(session, scope, [message])
    names = [name for name in (column.blind_index, column.blind_index_next) if name]
    return or_(*(table.c[name] == wanted for [wanted] in asked for name in names))
