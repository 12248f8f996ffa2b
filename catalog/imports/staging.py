"""The dry run of an upload: its rows and findings are written in short transactions, a few thousand at a time.

A check that was interrupted leaves rows that belong to the batch alone; running it again replaces them.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from catalog.codes import profiles as codes
from catalog.errors import BATCH_STATE
from catalog.imports import queries
from catalog.imports.base import Base, export_id_in, path_of
from catalog.imports.check import Checker, Staged
from catalog.imports.corrected import Corrected, last, over
from catalog.imports.findings import ERROR, ROW_ERROR, WARNING, Finding
from catalog.imports.mapping import Mapping
from catalog.imports.merge import Clash
from catalog.imports.models import ImportBatch, ImportClash, ImportCorrection, ImportFinding, ImportRow
from catalog.imports.profile import profile as profile_named
from catalog.imports.progress import Progress
from catalog.imports.reader import FileSheet
from catalog.imports.service import STATES, base_folder, file_of
from catalog.imports.values import text_of
from catalog.permissions import IMPORT
from kernel.db import Database
from kernel.identity.actor import Actor, require

FINDINGS_KEPT: Final = 50_000
"""A workbook with more findings has one fault many times; the rest are counted and not listed."""

_GUIDES: Final = ("填写说明", "可选项")


class Stager:
    """Checks one upload and keeps what it finds."""

    def __init__(
        self, database: Database, actor: Actor, batch: ImportBatch, sheets: Sequence[Corrected], folder: Any,
        corrections: int,
    ) -> None:
        require(actor, IMPORT)
        if batch.state not in ("uploaded", "checked", "failed"):
            raise BATCH_STATE(state=STATES[batch.state], action="重新检查")
        self._database, self._actor, self._batch, self._sheets = database, actor, batch, sheets
        self._profile = profile_named(batch.profile)
        numbers = database.run(lambda session: codes.numbers(session, batch.options.get("numbers")), write=False)
        self._mapping = Mapping(self._profile, sheets, numbers)
        self._base = Base.read(_base_path(sheets, folder))
        self._corrections = corrections
        self._seq = self._finding_seq = self._clash_seq = 0
        self._actions: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._severities: Counter[str] = Counter()
        self._choices: dict[tuple[Any, ...], ImportClash] = {}

    def run(self, progress: Progress) -> ImportBatch:
        """Replace the batch's staged rows and findings by those of the sheets."""
        secret = self._mapping.secret()
        if secret:
            return self._database.run(lambda session: self._refuse(session, secret))
        self._choices = self._database.run(_clear(self._batch.id))
        try:
            self._stage(progress)
        finally:
            self._base.close()
        return self._database.run(self._close)

    def _stage(self, progress: Progress) -> None:
        total = sum(sheet.count for sheet in self._sheets)
        checker = Checker(
            self._actor, self._profile, self._mapping, self._base, department_id=self._batch.department_id,
            create_departments=bool(self._batch.options.get("create_departments")),
        )
        self._keep([], self._drain())
        for kind, rows in checker.groups():
            with self._database.read() as session:
                staged = checker.check(session, kind, rows)
            self._keep(staged, self._drain())
            progress(min(self._seq, total), total, "检查")

    def _drain(self) -> list[Finding]:
        mapped = self._mapping.mapped
        found, mapped.findings = mapped.findings, []
        return sorted(found, key=lambda finding: (finding.sheet, finding.row or 0))

    def _keep(self, staged: Sequence[Staged], findings: Sequence[Finding]) -> None:
        rows, clashes = [], []
        for one in staged:
            self._seq += 1
            self._actions[one.action] += 1
            self._kinds[one.row.kind] += one.action != "skip"
            rows.append(self._row(one))
            clashes += [self._clash(one, clash) for clash in one.clashes if one.action != "skip"]
        kept = []
        for finding in findings:
            self._finding_seq += 1
            self._codes[finding.code] += 1
            self._severities[finding.severity] += 1
            if self._finding_seq <= FINDINGS_KEPT:
                kept.append(_finding(self._batch.id, self._finding_seq, finding))
        if rows or kept:
            self._database.run(lambda session: _write(session, rows, kept, clashes))

    def _row(self, one: Staged) -> dict[str, Any]:
        return {
            "batch_id": self._batch.id, "seq": self._seq, "sheet": one.row.sheet[:64], "row_no": one.row.number,
            "kind": one.row.kind, "data": {} if one.action == "same" else one.data, "action": one.action,
            "node_id": one.node_id, "revision": one.revision, "before": None,
        }

    def _clash(self, one: Staged, clash: Clash) -> dict[str, Any]:
        self._clash_seq += 1
        kind = one.row.kind
        base, current, mine = (text_of(kind, clash.field, value) for value in (clash.base, clash.current, clash.mine))
        field = "superior" if clash.field == "parent_id" else clash.field
        held = self._choices.get((one.node_id, clash.field, current, mine))
        return {
            "batch_id": self._batch.id, "seq": self._clash_seq, "row_seq": self._seq, "node_id": one.node_id,
            "code": one.row.data.get("code", ""), "name": one.row.data.get("name", ""), "sheet": one.row.sheet[:64],
            "row_no": one.row.number, "field": clash.field, "label": self._profile.sheet(kind).labels[field],
            "base": base, "current": current, "mine": mine, "choice": held.choice if held else None,
            "chosen_by": held.chosen_by if held else None, "chosen_at": held.chosen_at if held else None,
        }

    def _close(self, session: Session) -> ImportBatch:
        counts = {
            "rows": self._seq, "actions": dict(self._actions), "kinds": {k: n for k, n in self._kinds.items() if n},
            "findings": {level: self._severities[level] for level in (ERROR, ROW_ERROR, WARNING)},
            "codes": dict(self._codes), "clashes": self._clash_seq, "merged": self._base.found,
            "corrections": self._corrections,
        }
        return _set_checked(session, self._batch.id, counts)

    def _refuse(self, session: Session, findings: Sequence[Finding]) -> ImportBatch:
        """Keep nothing of a workbook with a secret row: no file, no rows, no cell contents, only where it stood."""
        _clear(self._batch.id)(session)
        session.execute(delete(ImportCorrection).where(ImportCorrection.batch_id == self._batch.id))
        found = [replace(finding, value="") for finding in findings]
        _write(session, [], [_finding(self._batch.id, seq, one) for seq, one in enumerate(found, start=1)], [])
        file_of(session, self._batch.id).unlink(missing_ok=True)
        return _set_checked(session, self._batch.id, {
            "rows": 0, "actions": {}, "kinds": {}, "findings": {ERROR: len(found), ROW_ERROR: 0, WARNING: 0},
            "codes": {"secret": len(found)}, "clashes": 0, "merged": False,
        })


def check(
    database: Database, actor: Actor, batch: ImportBatch, sheets: Sequence[FileSheet], progress: Progress
) -> ImportBatch:
    """The dry run of an upload that was read into ``sheets``."""
    with database.read() as session:
        folder = base_folder(session)
        held = queries.corrections(session, batch.id)
    return Stager(database, actor, batch, over(sheets, held), folder, last(held)).run(progress)


def _base_path(sheets: Sequence[Corrected], folder: Any) -> Any:
    for sheet in sheets:
        if sheet.name in _GUIDES:
            export_id = export_id_in(row for _, row in zip(range(60), sheet, strict=False))
            if export_id is not None:
                return path_of(folder, export_id)
    return None


def _clear(batch_id: uuid.UUID) -> Any:
    """Forget the rows and findings of an earlier check; returns the choices about its clashes."""

    def unit(session: Session) -> dict[tuple[Any, ...], ImportClash]:
        query = select(ImportClash).where(ImportClash.batch_id == batch_id, ImportClash.choice.is_not(None))
        held = {(one.node_id, one.field, one.current, one.mine): one for one in session.scalars(query)}
        session.expunge_all()
        for model in (ImportRow, ImportFinding, ImportClash):
            session.execute(delete(model).where(model.batch_id == batch_id))
        return held

    return unit


def _write(
    session: Session, rows: Sequence[dict[str, Any]], findings: Sequence[dict[str, Any]],
    clashes: Sequence[dict[str, Any]],
) -> None:
    tables: list[tuple[Any, Sequence[dict[str, Any]]]] = [
        (ImportRow.__table__, rows), (ImportFinding.__table__, findings), (ImportClash.__table__, clashes),
    ]
    for table, values in tables:
        if values:
            session.execute(insert(table), list(values))


def _finding(batch_id: uuid.UUID, seq: int, finding: Finding) -> dict[str, Any]:
    zh, en, fix_zh, fix_en = finding.texts()
    return {
        "batch_id": batch_id, "seq": seq, "sheet": finding.sheet[:64], "row_no": finding.row,
        "column": finding.column, "header": finding.header, "value": finding.value, "severity": finding.severity,
        "code": finding.code, "zh": zh, "en": en, "fix_zh": fix_zh, "fix_en": fix_en,
    }


def _set_checked(session: Session, batch_id: uuid.UUID, counts: dict[str, Any]) -> ImportBatch:
    session.execute(
        update(ImportBatch).where(ImportBatch.id == batch_id).values(state="checked", counts=counts, failure=None)
    )
    return session.get_one(ImportBatch, batch_id, populate_existing=True)
