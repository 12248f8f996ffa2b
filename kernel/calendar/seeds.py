"""The holiday notices that the program ships, as data. Later years are entered on the page 工作日历."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from kernel.calendar.rules import Kind

_FOLDER = Path(__file__).with_name("seed")


@dataclass(frozen=True)
class Notice:
    """A year's notice: its source and the days that differ from their weekday."""

    year: int
    source: str
    days: tuple[tuple[date, Kind, str], ...]


def shipped() -> list[Notice]:
    """Return the shipped notices, ordered by year."""
    return [_notice(path) for path in sorted(_FOLDER.glob("*.json"))]


def _notice(path: Path) -> Notice:
    data = json.loads(path.read_text(encoding="utf-8"))
    days: list[tuple[date, Kind, str]] = []
    for item in data["holidays"]:
        days += [(day, "holiday", item["name"]) for day in _span(item["from"], item["to"])]
    days += [(date.fromisoformat(item["day"]), "workday", item["name"]) for item in data["workdays"]]
    return Notice(data["year"], data["source"], tuple(sorted(days)))


def _span(first: str, last: str) -> Iterator[date]:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day
        day += timedelta(days=1)
