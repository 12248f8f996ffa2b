"""Use cases on declared tables: declare one, change what its columns take."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, DataItem
from crypto.scopes import service as scopes
from crypto.scopes.queries import named
from crypto.scopes.rules import Scope
from gateway.collection import contract, physical, queries
from gateway.collection.errors import CODE_TAKEN, CONTRACT
from gateway.collection.models import PROBLEM_TABLE, CollectionTable
from gateway.collection.names import LIVE
from gateway.permissions import COLLECT_EDIT
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require

CODE = re.compile(r"[a-z][a-z0-9_]{1,38}")
FIXED = ("name", "type", "key", "encrypted", "mask")  # what the table of the database, or its scope, was made of


def declare(
    session: Session, actor: Actor, *, code: str, name: str, department_id: uuid.UUID,
    columns: Sequence[Mapping[str, Any]], entry_id: uuid.UUID | None = None,
) -> CollectionTable:
    """Make a table with its columns, and scopes with their keys for those that are encrypted.

    ``entry_id``: the data entry whose data it holds; then ``item_id`` of columns are its items. Raises 403, 404,
    ``gateway.collection.code_taken``, ``gateway.collection.contract``, ``crypto.sealed``.
    """
    require(actor, COLLECT_EDIT, department_id=department_id)
    if not CODE.fullmatch(code) or code.endswith(LIVE):
        raise CONTRACT(column="code", problem=code)
    if session.scalar(select(CollectionTable.id).where(CollectionTable.code == code)) is not None:
        raise CODE_TAKEN(code=code)
    kept = _checked(session, department_id, entry_id, columns)
    table_id = ids.new()
    audit_id = record(
        session, actor, action="gateway.collection.table.declare", object_type="collection_table",
        object_id=str(table_id), department_id=department_id,
        detail={"code": code, "columns": [one["name"] for one in kept],
                "encrypted": [one["name"] for one in kept if one.get("encrypted")]},
    )
    row = CollectionTable(
        id=table_id, code=code, name=name, department_id=department_id, entry_id=entry_id, columns=kept, next_row=1,
        next_load=1, live_load=0, previous_load=None, created_by=actor.name, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    made = physical.create(session, row)
    secret = [one["name"] for one in kept if one.get("encrypted")]
    if secret:
        scopes.declare(session, actor, table=made.name, department_ids=[department_id], columns=secret)
    if named(session, Scope(department_id, PROBLEM_TABLE, "row_env")) is None:
        scopes.declare(session, actor, table=PROBLEM_TABLE, department_ids=[department_id])
    return row


def change(
    session: Session, actor: Actor, *, table_id: uuid.UUID, columns: Sequence[Mapping[str, Any]],
) -> CollectionTable:
    """Change what columns take from the next chunk on (required, pattern, codes, range, length, item).

    Names, types, key and encryption stay: of them the table was made. Raises ``gateway.collection.contract``.
    """
    row = queries.table(session, table_id)
    require(actor, COLLECT_EDIT, department_id=row.department_id)
    kept = _checked(session, row.department_id, row.entry_id, columns)
    before, after = contract.columns_of(row.columns), contract.columns_of(kept)
    for old, new in zip(before, after, strict=False):
        if any(getattr(old, name) != getattr(new, name) for name in FIXED):
            raise CONTRACT(column=old.name, problem="name, type, key and encryption stay")
    if len(before) != len(after):
        raise CONTRACT(column="columns", problem="columns stay")
    row.columns = kept
    row.audit_id = record(
        session, actor, action="gateway.collection.table.change", object_type="collection_table",
        object_id=str(row.id), detail={"code": row.code}, department_id=row.department_id,
    )
    return row


def _checked(
    session: Session, department_id: uuid.UUID, entry_id: uuid.UUID | None, columns: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    kept = [{name: value for name, value in one.items() if value not in (None, "", (), [])} for one in columns]
    for one in kept:
        one["codes"] = list(one.get("codes", ()))
        one["item_id"] = str(one["item_id"]) if one.get("item_id") else None
    wrong = contract.fault(contract.columns_of(kept))
    if wrong:
        raise CONTRACT(column=wrong[0], problem=wrong[1])
    for one in kept:
        if not physical.is_plain(one["name"]):
            raise CONTRACT(column=one["name"], problem="a reserved word")
    named_items = {uuid.UUID(one["item_id"]) for one in kept if one["item_id"]}
    if entry_id is not None:
        entry = session.get(DataEntry, entry_id)
        if entry is None or entry.department_id != department_id:
            raise NOT_FOUND()
    items = set(session.scalars(select(DataItem.id).where(DataItem.entry_id == entry_id))) if entry_id else set()
    if not named_items <= items:
        raise CONTRACT(column="item_id", problem="not an item of the entry")
    return kept
