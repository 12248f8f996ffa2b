"""All inputs of a run, read in one unit of work so that they are of one snapshot."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analytics.inputs import catalog_source, chain_source, crypto_source, gateway_source
from analytics.inputs.frozen import Source, empty, table
from kernel import clock
from kernel.audit.models import AuditSeal
from kernel.calendar import queries as calendar


@dataclass(frozen=True)
class Selection:
    """What to read: a department or all (None), a quarter, and the instant of freezing."""

    department_id: uuid.UUID | None
    start: datetime
    end: datetime
    as_of: datetime

    @property
    def until(self) -> datetime:
        """The end of the period as far as it has passed."""
        return min(self.end, self.as_of)


def collect(
    session: Session, selection: Selection, previous: Sequence[dict[str, Any]], progress: Callable[[str], None]
) -> list[Source]:
    """Read every input; ``previous`` are the figures of the last quarter's report."""
    only, start, until, as_of = selection.department_id, selection.start, selection.until, selection.as_of
    progress("冻结目录")
    found = [
        catalog_source.departments(session, only, as_of),
        catalog_source.entries(session, only, as_of),
        catalog_source.publications(session, only, start, until),
        empty("baseline", "本期没有已核定的应上链清单"),
    ]
    progress("冻结存证，核对树根")
    found += [chain_source.anchors(session, only), chain_source.state(session)]
    found.append(chain_source.minutes(session, start, selection.end) if only is None else empty("minutes", "仅全区报告采集"))
    progress("冻结接口与调用")
    interfaces = gateway_source.interfaces(session, only)
    found += [interfaces, gateway_source.calls(session, only, interfaces.rows, start, until)]
    progress("冻结加密字段与日历")
    found += [crypto_source.scopes(session, only, as_of), _calendar(session), _previous(previous)]
    mark = {"audit_seq": session.scalar(select(func.max(AuditSeal.seq))) or 0, "as_of": clock.iso(as_of)}
    return [Source(one.name, one.rows, one.predicate, {**mark, **one.snapshot}) for one in found]


def _calendar(session: Session) -> Source:
    rows = [{"year": row.year, "day": row.day.isoformat(), "kind": row.kind} for row in calendar.days(session)]
    return Source("calendar", table("calendar", rows), "工作日历全部特殊日", {})


def _previous(figures: Sequence[dict[str, Any]]) -> Source:
    names = ("run_id", "key", "numerator", "denominator", "value")
    rows = [{name: figure[name] for name in names} for figure in figures]
    return Source("previous", table("previous", rows), "上季度同范围报告的全部数字" if rows else "上季度没有报告", {})
