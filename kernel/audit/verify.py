"""Verification of the trail: edited, deleted, inserted, reordered and truncated lines, and what rests on what.

Reads only. The keyed MAC proves each line's content, the links prove order and completeness up to the head, the
head file proves that the end was not cut off, anchored heads prove both to outsiders. What cannot be shown: a
line that was deleted together with everything that names it before the sealer saw it, that is within about a
second of being written.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Row, Table, func, literal, select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.audit.models import AuditLog, AuditSeal, AuditUnsealed
from kernel.audit.sealing import GENESIS, Head, head_file, next_link
from kernel.audit.service import PURPOSE, content
from kernel.db import Base
from kernel.home import Home
from kernel.runtime import runtime_of

LATE = timedelta(seconds=60)
_MAX_FINDINGS = 200
_anchor_sources: list[Callable[[Session], list[Head]]] = []


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``seq`` is the line's number where it has one."""

    kind: str
    seq: int | None
    audit_id: str | None
    zh: str
    en: str


@dataclass
class Report:
    """Result of a verification: how many lines rest on what, and the findings (at most 200 are listed)."""

    sealed: int = 0
    by_anchor: int = 0
    by_head_file: int = 0
    by_links_only: int = 0
    unsealed: int = 0
    references: int = 0
    total_findings: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True without a finding."""
        return self.total_findings == 0

    def add(self, kind: str, zh: str, en: str, *, seq: int | None = None, audit_id: object = None) -> None:
        """Count a finding and list it while there is room."""
        self.total_findings += 1
        if len(self.findings) < _MAX_FINDINGS:
            self.findings.append(Finding(kind, seq, None if audit_id is None else str(audit_id), zh, en))


def anchor_source(fn: Callable[[Session], list[Head]]) -> None:
    """Register who knows heads that were anchored outside (the chain): ``fn(session) -> [Head]``."""
    _anchor_sources.append(fn)


def verify(session: Session, home: Home) -> Report:
    """Check the whole trail in one snapshot and return the report; it never raises for what it finds."""
    report = Report()
    heads, anchored = _read_heads(home, report), [h for source in _anchor_sources for h in source(session)]
    last = _walk(session, report, {h.count: h.link for h in heads}, {h.count: h.link for h in anchored})
    report.sealed = last.count
    _check_end(report, last, heads, anchored)
    _check_unsealed(session, report)
    _check_references(session, report)
    return report


def _walk(session: Session, report: Report, heads: dict[int, bytes], anchored: dict[int, bytes]) -> Head:
    box, last = runtime_of(session).box, Head(0, GENESIS)
    rows = session.execute(
        select(AuditSeal.seq, AuditSeal.audit_id, AuditSeal.link, AuditLog)
        .outerjoin(AuditLog, AuditLog.id == AuditSeal.audit_id)
        .order_by(AuditSeal.seq).execution_options(yield_per=1000)
    )
    for seq, audit_id, link, line in rows:
        if seq != last.count + 1:
            report.add("deleted", f"第 {last.count + 1} 至 {seq - 1} 行缺失",
                       f"lines {last.count + 1} to {seq - 1} are missing", seq=seq)
        if line is None:
            report.add("deleted", f"第 {seq} 行已被删除", f"line {seq} was deleted", seq=seq, audit_id=audit_id)
        else:
            if box.mac(PURPOSE, content(line)) != line.mac:
                report.add("edited", f"第 {seq} 行内容与其校验码不符", f"line {seq} does not match its MAC",
                           seq=seq, audit_id=audit_id)
            if next_link(last.link, seq, line.mac) != link:
                report.add("order", f"第 {seq} 行与前一行的链接不符（插入、调换或改写）",
                           f"line {seq} does not follow its predecessor (inserted, swapped or rewritten)",
                           seq=seq, audit_id=audit_id)
        for name, known in (("head", heads), ("anchor", anchored)):
            if seq in known and known[seq] != link:
                report.add(name, f"第 {seq} 行与已留存的链头不符", f"line {seq} differs from a kept head", seq=seq)
        last = Head(seq, link)
    return last


def _read_heads(home: Home, report: Report) -> list[Head]:
    path = head_file(home)
    if not path.exists():
        return []
    heads: list[Head] = []
    for number, raw in enumerate(path.read_bytes().splitlines(), 1):
        try:
            line = json.loads(raw)
            heads.append(Head(int(line["count"]), bytes.fromhex(line["link"])))
        except (ValueError, KeyError, TypeError):
            report.notes.append(f"audit.head line {number} is torn and was skipped")
    return heads


def _check_end(report: Report, last: Head, heads: list[Head], anchored: list[Head]) -> None:
    newest = max((h.count for h in heads), default=0)
    newest_anchor = max((h.count for h in anchored), default=0)
    if max(newest, newest_anchor) > last.count:
        report.add("truncated", f"链头记录到第 {max(newest, newest_anchor)} 行，库中只有 {last.count} 行",
                   f"heads reach line {max(newest, newest_anchor)}, the database ends at {last.count}")
    if last.count and not heads:
        report.add("head_missing", "缺少链头文件 audit.head", "the head file audit.head is missing")
    report.by_anchor = min(newest_anchor, last.count)
    report.by_head_file = max(min(newest, last.count) - report.by_anchor, 0)
    report.by_links_only = last.count - report.by_anchor - report.by_head_file


def _check_unsealed(session: Session, report: Report) -> None:
    box, now, late = runtime_of(session).box, clock.now(), 0
    rows = session.execute(
        select(AuditLog, AuditUnsealed.audit_id)
        .outerjoin(AuditSeal, AuditSeal.audit_id == AuditLog.id)
        .outerjoin(AuditUnsealed, AuditUnsealed.audit_id == AuditLog.id)
        .where(AuditSeal.audit_id.is_(None)).execution_options(yield_per=1000)
    )
    for line, waiting in rows:
        report.unsealed += 1
        late += now - line.at > LATE
        if box.mac(PURPOSE, content(line)) != line.mac:
            report.add("inserted", "有一行未经封存且校验码不符", "an unsealed line does not match its MAC",
                       audit_id=line.id)
        elif waiting is None:
            report.add("unsealed", "有一行既未封存也不在待封存队列中", "a line is neither sealed nor waiting for it",
                       audit_id=line.id)
    if late:
        report.notes.append(f"{late} line(s) have waited for the sealer longer than 60 s: is the worker running?")


def _check_references(session: Session, report: Report) -> None:
    """Every row that names an audit line must find it: a line deleted before it was sealed shows here."""
    for table, column in _reference_columns():
        report.references += session.scalar(
            select(func.count()).select_from(table).where(column.is_not(None))
        ) or 0
        for row in _dangling(session, table, column):
            report.add("dangling", f"{table.name} 的一行引用了不存在的审计行",
                       f"a row of {table.name} names an audit line that is not there", audit_id=row[0])


def _reference_columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if table.name in (AuditSeal.__tablename__, "audit_unsealed"):
            continue
        for column in table.columns:
            if column.name == "audit_id" or column.name.endswith("_audit_id"):
                yield table, column


def _dangling(session: Session, table: Table, column: Column[Any]) -> list[Row[Any]]:
    found = select(literal(1)).where(AuditLog.id == column).exists()
    return list(session.execute(
        select(column).select_from(table).where(column.is_not(None), ~found).limit(_MAX_FINDINGS)
    ))
