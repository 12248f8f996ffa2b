"""Availability over HTTP."""

from typing import Annotated

from fastapi import Query, Response

from kernel import clock
from kernel.http import Actor_, Session_, download, needs, router
from kernel.watch.availability import rules, service
from kernel.watch.availability.schemas import AvailabilityOut, LineOut
from kernel.watch.availability.service import Line

api = router(prefix="/watch/availability", tags=["watch"])
Period = Annotated[str | None, Query(max_length=8, examples=["2026-W47", "2026-11", "2026-Q4"], description="统计期，缺省本周")]
Source = Annotated[str, Query(max_length=60, description="登记来源")]


@api.get("", **needs("kernel.watch.read"))
def read_availability(
    session: Session_, actor: Actor_, period: Period = None, source: Source = "gateway.interfaces"
) -> AvailabilityOut:
    """Availability of a week, month or quarter, by interface and department."""
    found = service.report(session, actor, period=period or rules.current_week(clock.now()), source=source)
    return AvailabilityOut(
        period=found.period.name, start=found.period.start, end=found.period.end, until=found.until,
        targets=[_line(line) for line in found.targets], departments=[_line(line) for line in found.departments],
    )


@api.get("/export", **needs("kernel.watch.read"))
def export_availability(
    session: Session_, actor: Actor_, period: Period = None, source: Source = "gateway.interfaces"
) -> Response:
    """Download the same as a workbook."""
    found = service.report(session, actor, period=period or rules.current_week(clock.now()), source=source)
    return download(service.workbook(found), f"接口可用率-{found.period.name}.xlsx")


def _line(line: Line) -> LineOut:
    share = line.figure.share
    return LineOut(
        key=line.key, name=line.name, department_id=line.department_id, department=line.department,
        share=None if share is None else str(share), outages=line.figure.outages,
        down_seconds=line.figure.down // 1_000_000, planned_seconds=line.figure.planned // 1_000_000,
        covered=line.covered, intervals=line.intervals,
    )
