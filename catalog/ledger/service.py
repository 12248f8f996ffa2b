"""Use cases of the project ledger: import a workbook, list with the systems that bear a project's number."""

import uuid
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.imports.reader import read
from catalog.ledger import queries
from catalog.ledger.models import LedgerProject
from catalog.ledger.rules import Ledger, read_sheets
from catalog.permissions import LEDGER
from kernel import clock, ids
from kernel.audit.service import record
from kernel.db import Database
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor, require

_SHOWN = 500
_FIELDS = ("name", "department_id", "year", "kind", "budget", "stage", "system_names")


def run(
    database: Database, actor: Actor, path: Path, filename: str, *, dry_run: bool, accept_partial: bool
) -> dict[str, Any]:
    """Read a workbook (in the limited child process, outside any transaction) and take its projects over.

    Nothing is written while a row is wrong, unless ``accept_partial``. Returns rows, created, updated, unchanged,
    applied and the first 500 findings. Raises ``catalog.import.workbook`` for a file that cannot be read.
    """
    require(actor, LEDGER)
    sheets = [(sheet.name, sheet.rows) for sheet in read(path, filename)]
    digest = sm3_hex(path.read_bytes())
    with database.read() as session:
        names = queries.department_names(session)
    ledger = read_sheets(sheets, {word: name for word, (_, name) in names.items()})
    homes = {name: department_id for department_id, name in names.values()}
    blocked = bool(ledger.findings) and not accept_partial
    if dry_run or blocked:
        with database.read() as session:
            counts = _compare(session, ledger, homes)[2]
    else:
        counts = database.run(lambda session: apply(session, actor, ledger, homes, filename, digest))
    return {
        "rows": ledger.rows, **counts, "wrong": len({(f.sheet, f.row) for f in ledger.findings}),
        "applied": not (dry_run or blocked), "findings": [asdict(one) for one in ledger.findings[:_SHOWN]],
    }


def _compare(
    session: Session, ledger: Ledger, homes: dict[str, uuid.UUID]
) -> tuple[list[dict[str, Any]], list[tuple[LedgerProject, dict[str, Any]]], dict[str, int]]:
    """New rows, rows to change, and the counts."""
    held = queries.by_number(session, [one.project_no for one in ledger.projects])
    created: list[dict[str, Any]] = []
    updated: list[tuple[LedgerProject, dict[str, Any]]] = []
    for one in ledger.projects:
        values = {
            "project_no": one.project_no, "name": one.name, "department_id": homes[one.department], "year": one.year,
            "kind": one.kind, "budget": one.budget, "stage": one.stage, "system_names": list(one.system_names),
        }
        row = held.get(one.project_no)
        if row is None:
            created.append(values)
        elif any(getattr(row, name) != values[name] for name in _FIELDS):
            updated.append((row, values))
    same = len(ledger.projects) - len(created) - len(updated)
    return created, updated, {"created": len(created), "updated": len(updated), "unchanged": same}


def apply(
    session: Session, actor: Actor, ledger: Ledger, homes: dict[str, uuid.UUID], filename: str, digest: str
) -> dict[str, int]:
    """Write the projects in the caller's transaction; rows of the ledger that the workbook lacks stay."""
    created, updated, counts = _compare(session, ledger, homes)
    now = clock.now()
    audit_id = record(
        session, actor, action="catalog.ledger.import", object_type="project_ledger", object_id="batch",
        detail={"filename": filename[:255], "sm3": digest, **counts},
    )
    if created:
        session.execute(insert(LedgerProject), [
            {**values, "id": ids.new(), "created_at": now, "updated_at": now, "audit_id": audit_id}
            for values in created
        ])
    for row, values in updated:
        for name in _FIELDS:
            setattr(row, name, values[name])
        row.updated_at, row.audit_id = now, audit_id
    session.flush()
    return counts


def matched(session: Session, actor: Actor, numbers: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Project number → systems that bear exactly this number, among those that the actor sees."""
    wanted, found = set(numbers), defaultdict[str, list[dict[str, Any]]](list)
    for system_id, code, name, held in queries.systems_with_numbers(session, actor):
        for number in wanted.intersection(held):
            found[number].append({"id": system_id, "code": code, "name": name})
    return found
