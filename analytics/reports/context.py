"""What the chapters write from: header, figures by key, frozen rows, and the parts written so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from analytics.figures.engine import DISTRICT, Engine
from analytics.figures.rules import BY_ID, KIND_ZH
from analytics.figures.values import NONE, Figure, change
from analytics.reports.header import Header
from kernel.calendar.rules import Kind, WorkCalendar
from kernel.documents import model
from kernel.documents.model import Block, Cell, Column
from kernel.errors import MulianError


@dataclass(frozen=True)
class Unit:
    """A department as the inputs have it."""

    id: str
    code: str
    name: str
    kind: str


@dataclass
class Context:
    """Blocks are appended in reading order; tables and figures number themselves."""

    header: Header
    figures: dict[str, Figure]
    engine: Engine
    units: list[Unit]
    previous: dict[str, tuple[str, Decimal | None]]
    calendar: WorkCalendar
    blocks: list[Block] = field(default_factory=list)
    tables: int = 0
    pictures: int = 0

    @property
    def scope(self) -> str:
        """The scope of the report's own figures."""
        return DISTRICT if self.header.district else self.header.unit_id

    def figure(self, rule: str, grp: str = "", scope: str | None = None) -> Figure:
        """Return a figure of the report's scope; a breakdown without rows reads as the empty figure."""
        scope = scope or self.scope
        found = self.figures.get(f"{rule}|{scope}|{grp}")
        if found is not None:
            return found
        zero = BY_ID[rule].kind == "count"
        unit = BY_ID[rule].unit
        return Figure(rule, scope, grp, 0 if zero else None, None, Decimal(0) if zero else None, unit, 0)

    def count(self, rule: str, grp: str = "", scope: str | None = None) -> int:
        """Return a count."""
        return self.figure(rule, grp, scope).numerator or 0

    def changed(self, figure: Figure) -> str:
        """Return the change on the last quarter's report."""
        return change(figure.value, self.previous.get(figure.key, ("", None))[1])

    def rows_of(self, relation: str) -> int:
        """Return the number of rows of an input."""
        return int(self.engine.rows(f'SELECT count(*) FROM "{relation}"')[0][0])

    def heading(self, text: str, level: int = 1, *, numbered: bool = True) -> None:
        """Append a heading of level 1 to 3."""
        self.blocks.append(model.Heading(1 if level == 1 else 2 if level == 2 else 3, text, numbered))

    def say(self, text: str) -> None:
        """Append a paragraph."""
        self.blocks.append(model.Paragraph(text))

    def table(self, caption: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]], note: str = "") -> None:
        """Append a numbered table."""
        self.tables += 1
        self.blocks.append(model.Table(tuple(columns), tuple(rows), f"表{self.tables}　{caption}", note))

    def picture(self, figure: model.Figure) -> None:
        """Append a numbered figure."""
        self.pictures += 1
        caption = f"图{self.pictures}　{figure.caption}"
        self.blocks.append(model.Figure(figure.png, figure.svg, caption, figure.alt, figure.width_mm))

    def due(self, workdays: int) -> str:
        """Return a deadline counted from the day of issue, or 期限待定 beyond the work calendar's end."""
        try:
            day = self.calendar.add(self.header.issued_on, workdays)
        except MulianError:
            return "期限待定（工作日历未录入）"
        return day.isoformat()


def open_context(header: Header, figures: Sequence[Figure], engine: Engine) -> Context:
    """Read the small inputs that chapters need."""
    query = "SELECT department_id, code, name, kind FROM departments ORDER BY sort, code"
    units = [Unit(*row) for row in engine.rows(query)]
    previous = {
        key: (run, None if value is None else Decimal(value))
        for run, key, value in engine.rows("SELECT run_id, key, value FROM previous ORDER BY key")
    }
    years = frozenset(year for (year,) in engine.rows("SELECT DISTINCT year FROM calendar ORDER BY year"))
    days = engine.rows("SELECT day, kind FROM calendar ORDER BY day")
    return Context(header, {figure.key: figure for figure in figures}, engine, units, previous, _calendar(years, days))


def _calendar(years: frozenset[int], days: Sequence[tuple[str, str]]) -> WorkCalendar:
    kinds: dict[str, Kind] = {"holiday": "holiday", "workday": "workday"}
    return WorkCalendar({date.fromisoformat(day): kinds[kind] for day, kind in days}, years)


def level_names() -> list[tuple[str, str]]:
    """Return (kind, Chinese name) of the four levels."""
    return list(KIND_ZH.items())


def shown(figure: Figure) -> tuple[str, str]:
    """Return how a figure stands in a table: its fraction and its text."""
    return figure.fraction() or NONE, figure.text()
