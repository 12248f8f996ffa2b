"""What a run is about: the fixed head of its manifest, from which everything else is computed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kernel import clock

FORMAT = "mulian-report/1"
TIMEZONE = "+08:00"
_QUARTERS = "一二三四"


@dataclass(frozen=True)
class Header:
    """Run id, scope and period. ``as_of`` is the instant of freezing.

    ``unit_id`` is a department id, or "district"; ``issued_on`` the Beijing day of freezing.
    """

    run_id: str
    unit_id: str
    unit_code: str
    unit_name: str
    year: int
    quarter: int
    as_of: datetime
    issued_on: date

    @property
    def district(self) -> bool:
        """True for the report over all departments."""
        return self.unit_id == "district"

    @property
    def bounds(self) -> tuple[int, int, int]:
        """Start, end and as-of in microseconds UTC."""
        start, end = clock.quarter_bounds(self.year, self.quarter)
        return clock.to_micros(start), clock.to_micros(end), clock.to_micros(self.as_of)

    @property
    def title(self) -> str:
        """《{单位}{年}年第{n}季度“上链”数据分析报告》 without its brackets, in one line."""
        return self.title_lines.replace("\n", "")

    @property
    def title_lines(self) -> str:
        """The title with a break where print may part it."""
        return f"{self.unit_name}{self.year}年第{_QUARTERS[self.quarter - 1]}季度\n“上链”数据分析报告"

    @property
    def period_text(self) -> str:
        """The period as the cover prints it."""
        start, end = clock.quarter_bounds(self.year, self.quarter)
        first, after = clock.business_day(start), clock.business_day(end)
        last = date.fromordinal(after.toordinal() - 1)
        return f"{first.isoformat()} 至 {last.isoformat()}（北京时间）"

    @property
    def as_of_text(self) -> str:
        """The instant of the data, as the cover prints it."""
        return self.as_of.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S") + "（北京时间）"

    def as_json(self) -> dict[str, Any]:
        """Return the head of the manifest."""
        start, end = clock.quarter_bounds(self.year, self.quarter)
        return {
            "format": FORMAT, "run_id": self.run_id, "title": self.title,
            "scope": {"id": self.unit_id, "code": self.unit_code, "name": self.unit_name},
            "period": {"year": self.year, "quarter": self.quarter, "start": clock.iso(start), "end": clock.iso(end)},
            "as_of": clock.iso(self.as_of), "issued_on": self.issued_on.isoformat(), "timezone": TIMEZONE,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Header":
        """Read the head of a manifest back."""
        scope, period = data["scope"], data["period"]
        return cls(
            data["run_id"], scope["id"], scope["code"], scope["name"], period["year"], period["quarter"],
            clock.parse(data["as_of"]), date.fromisoformat(data["issued_on"]),
        )
