"""From numerator and denominator to what is printed. Exact rationals and decimals, never floats."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from analytics.figures.rules import Kind

NONE = "—"
_CENT = Decimal("0.01")
_ALMOST = Decimal("99.99")


@dataclass(frozen=True)
class Figure:
    """A printed number. ``scope`` is a department id or "district"; ``grp`` the breakdown ('' for the whole).

    ``value`` is None where the denominator is 0 or the figure does not apply; ``reason`` then says what prints.
    ``rows`` counts the rows behind it.
    """

    rule: str
    scope: str
    grp: str
    numerator: int | None
    denominator: int | None
    value: Decimal | None
    unit: str
    rows: int
    reason: str = ""

    @property
    def key(self) -> str:
        """The name by which the figure is traced: rule|scope|breakdown."""
        return f"{self.rule}|{self.scope}|{self.grp}"

    def text(self) -> str:
        """Return what prints: 92.11%, 4,432, 12.340 ms, — or the reason."""
        if self.value is None:
            return self.reason or NONE
        number = f"{self.value:,f}"
        return f"{number}%" if self.unit == "%" else number

    def fraction(self) -> str:
        """Return "35/38", "n=20" for a quantile, or nothing for a plain count."""
        if self.denominator is None:
            return ""
        if self.unit == "ms":
            return f"n={self.denominator:,}"
        return f"{self.numerator or 0:,}/{self.denominator:,}"

    def as_json(self) -> dict[str, Any]:
        """Return the figure for figures.json and the API."""
        value = None if self.value is None else str(self.value)
        return {**vars(self), "key": self.key, "text": self.text(), "value": value}


def value_of(kind: Kind, numerator: int | None, denominator: int | None) -> Decimal | None:
    """Return the value of a figure; None where there is nothing to divide by, never 100.

    ratio: percent, two decimals, half up; a ratio below one never rounds up to 100.00. rate: two decimals.
    p95: milliseconds with three decimals from integer microseconds. count and peak: the integer itself.
    """
    if numerator is None:
        return None
    if kind in ("count", "peak"):
        return Decimal(numerator)
    if kind == "p95":
        return Decimal(numerator).scaleb(-3).quantize(Decimal("0.001"))
    if not denominator:
        return None
    if kind == "rate":
        return (Decimal(numerator) / Decimal(denominator)).quantize(_CENT, ROUND_HALF_UP)
    percent = (Decimal(100 * numerator) / Decimal(denominator)).quantize(_CENT, ROUND_HALF_UP)
    return _ALMOST if percent >= 100 and numerator < denominator else percent


def change(current: Decimal | None, previous: Decimal | None) -> str:
    """Return the change on the last quarter: ↑1.50, ↓0.20, 持平, or — where either is missing."""
    if current is None or previous is None:
        return NONE
    difference = current - previous
    if not difference:
        return "持平"
    return f"{'↑' if difference > 0 else '↓'}{abs(difference):,f}"
