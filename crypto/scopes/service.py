"""Use cases on scopes: declare them for a department, read rows through them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.errors import SCOPE_EXISTS
from crypto.keys.keyring import keyring_of
from crypto.keys.service import create_key
from crypto.scopes import fences, queries, registry
from crypto.scopes.models import CryptoScope
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.rules import BLIND_INDEX, ENC, Scope
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor

Value = str | Failure | None


def declare(
    session: Session, actor: Actor, *, table: str, department_ids: Sequence[uuid.UUID],
    columns: Sequence[str] | None = None, rotate_every_days: int = 365, padded: bool = False,
) -> list[CryptoScope]:
    """Make scopes with their first keys for departments' columns, then build the table's fence once.

    ``columns`` None means every declared column. Raises ``crypto.scope.exists``, ``crypto.table.unknown``,
    ``crypto.sealed``.
    """
    declared = registry.table_of(table)
    chosen = [declared.column(name) for name in columns] if columns else list(declared.columns)
    made = [
        _make(session, actor, declared, column, department_id, rotate_every_days, padded)
        for department_id in department_ids for column in chosen
    ]
    fences.rebuild(session, declared)
    return made


def decrypt_rows(session: Session, rows: Sequence[Any], columns: Sequence[str] | None = None) -> list[dict[str, Value]]:
    """Open the encrypted columns of loaded rows, a column at a time: one dict per row, in order.

    ``rows`` are mapped objects or Row tuples of one or more declared tables' columns by name (key, department and
    envelopes present). A field that does not open is a :class:`Failure`, NULL is None.
    """
    result: list[dict[str, Value]] = [{} for _ in rows]
    groups: dict[tuple[str, str, uuid.UUID], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        table = registry.table_of(_table_name(row))
        for column in table.columns:
            if columns is None or column.name in columns:
                groups[table.name, column.name, getattr(row, table.department_column)].append(index)
    keyring = keyring_of(session)
    for (name, column_name, department_id), indexes in groups.items():
        table = registry.table_of(name)
        fields = [(getattr(rows[i], table.key_column), getattr(rows[i], column_name)) for i in indexes]
        opened = keyring.decrypt(Scope(department_id, name, column_name), fields, session=session)
        for index, value in zip(indexes, opened, strict=True):
            result[index][column_name] = value.decode() if isinstance(value, bytes) else value
    return result


def _make(
    session: Session, actor: Actor, table: EncryptedTable, column: EncryptedColumn, department_id: uuid.UUID,
    rotate_every_days: int, padded: bool,
) -> CryptoScope:
    name = Scope(department_id, table.name, column.name)
    if queries.named(session, name) is not None:
        raise SCOPE_EXISTS(scope=str(name))
    scope_id = ids.new()
    audit_id = record(
        session, actor, action="crypto.scope.declare", object_type="crypto_scope", object_id=str(scope_id),
        detail={"scope": str(name), "rotate_every_days": rotate_every_days, "padded": padded},
        department_id=department_id,
    )
    row = CryptoScope(
        id=scope_id, department_id=department_id, table_name=table.name, column_name=column.name, mode="rand",
        padded=padded, blind_index=column.blind_index, rotate_every_days=rotate_every_days, fence_key_id=0,
        window=None, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    row.fence_key_id = create_key(session, actor, row, ENC).key_id
    if column.blind_index:
        create_key(session, actor, row, BLIND_INDEX)
    session.flush()
    return row


def _table_name(row: Any) -> str:
    return str(row.__table__.name)
