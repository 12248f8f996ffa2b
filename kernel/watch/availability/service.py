"""Availability of a period, by target and by department, and as a workbook."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kernel import clock
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.render import render
from kernel.identity.actor import Actor
from kernel.watch import registry
from kernel.watch.availability import queries, rules
from kernel.watch.availability.rules import Figure, Period
from kernel.watch.errors import PERIOD_INVALID
from kernel.watch.models import WatchOutage, WatchTarget


@dataclass(frozen=True)
class Line:
    """One target or one department; ``covered`` of ``intervals`` were looked at."""

    key: str
    name: str
    department_id: uuid.UUID | None
    department: str
    figure: Figure
    covered: int
    intervals: int


@dataclass(frozen=True)
class Report:
    """A period up to ``until``: lines by target and by department."""

    period: Period
    until: datetime
    targets: list[Line]
    departments: list[Line]


def report(session: Session, actor: Actor, *, period: str, source: str) -> Report:
    """Compute a period; one that runs is computed up to now. Raises ``period_invalid``."""
    try:
        found = rules.period_of(period)
    except ValueError as error:
        raise PERIOD_INVALID(period=period) from error
    until = min(found.end, clock.now())
    if until <= found.start:
        raise PERIOD_INVALID(period=period)
    rows = queries.counted_targets(session, actor, source)
    names = queries.department_names(session, {row.department_id for row in rows if row.department_id})
    outages: dict[uuid.UUID, list[WatchOutage]] = defaultdict(list)
    for outage in queries.outages(session, [row.id for row in rows], found.start, until):
        outages[outage.target_id].append(outage)
    lines = [_line(session, row, outages[row.id], found.start, until, names) for row in rows]
    return Report(found, until, lines, _departments(lines))


def _line(
    session: Session, row: WatchTarget, outages: list[WatchOutage], start: datetime, end: datetime,
    names: dict[uuid.UUID, str],
) -> Line:
    spans = [(one.started_at, one.ended_at or end) for one in outages]
    planned = registry.windows(session, row.key, start, end) if spans else []
    interval = int(row.policy["interval"])
    return Line(
        row.key, row.name_zh, row.department_id, names.get(row.department_id, "") if row.department_id else "",
        rules.figure(spans, planned, start, end), queries.covered(session, row.id, start, end, interval),
        -(-int((end - start).total_seconds()) // interval),
    )


def _departments(lines: list[Line]) -> list[Line]:
    parts: dict[uuid.UUID | None, list[Line]] = defaultdict(list)
    for line in lines:
        parts[line.department_id].append(line)
    return sorted((
        Line(str(unit or ""), part[0].department, unit, part[0].department, rules.together(one.figure for one in part),
             sum(one.covered for one in part), sum(one.intervals for one in part))
        for unit, part in parts.items()
    ), key=lambda line: line.name)


_HEADS = ("名称", "部门", "可用率（%）", "中断次数", "计入中断（秒）", "计划维护（秒）", "探测覆盖率（%）")


def workbook(found: Report) -> bytes:
    """The period as an xlsx: interfaces, then departments."""
    note = f"统计期 {found.period.name}，截至 {found.until.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}；可用率向下取五位小数。"
    sheets = tuple(
        Sheet(title, tuple(Column(head, 2) for head in _HEADS), [_cells(line) for line in lines], note)
        for title, lines in (("按接口", found.targets), ("按部门", found.departments))
    )
    today = clock.business_day(clock.now())
    return render(Document(f"接口可用率 {found.period.name}", (), issuer="", issued_on=today, annex=sheets), "xlsx")


def _cells(line: Line) -> tuple[str, ...]:
    cover = 100 * line.covered // line.intervals if line.intervals else 0
    figure = line.figure
    share = "" if figure.share is None else str(figure.share)
    return (
        line.name, line.department, share, str(figure.outages), str(figure.down // 1_000_000),
        str(figure.planned // 1_000_000), str(cover),
    )
