"""What an expression is worth for one subject at one instant.

Source: Prometheus 2.x, "Operators" and "Functions"; the extrapolation of rate, increase and delta is that of its
``extrapolatedRate``: to the window's edges where a sample is near (1.1 mean distances), else half a distance
further, for counters never below zero. Floats because Prometheus' are: a rule must not depend on who evaluates it.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kernel.watch.expressions.syntax import COMPARISONS, SETS, Binary, Newest, Node, Number, Over

LOOKBACK = 300_000
_NEAR = 1.1


@dataclass(frozen=True)
class Series:
    """Samples of one subject: milliseconds in rising order, and their values."""

    at: tuple[int, ...]
    values: tuple[float, ...]


Recorded = Mapping[str, Series]


def value_of(node: Node, recorded: Recorded, now: int) -> float | None:
    """Return the value at ``now`` (milliseconds); None where the expression has none."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Newest):
        return _newest(recorded.get(node.series), now)
    if isinstance(node, Over):
        found = recorded.get(node.series)
        return None if found is None else _over(node, found, now)
    left, right = value_of(node.left, recorded, now), value_of(node.right, recorded, now)
    return _set(node.op, left, right) if node.op in SETS else _pair(node, left, right)


def _newest(series: Series | None, now: int) -> float | None:
    index = 0 if series is None else bisect_right(series.at, now)
    if series is None or index == 0 or series.at[index - 1] < now - LOOKBACK:
        return None
    return series.values[index - 1]


def _set(op: str, left: float | None, right: float | None) -> float | None:
    if op == "or":
        return right if left is None else left
    return left if (right is not None) == (op == "and") else None


def _pair(node: Binary, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    if node.op not in COMPARISONS:
        return _arithmetic(node.op, left, right)
    kept = right if isinstance(node.left, Number) else left
    holds = {
        "==": left == right, "!=": left != right, ">": left > right, "<": left < right, ">=": left >= right,
        "<=": left <= right,
    }[node.op]
    return kept if holds else None


def _arithmetic(op: str, left: float, right: float) -> float:
    if op == "/":
        return left / right if right else _by_zero(left, right)
    if op == "%":
        return math.fmod(left, right) if right and math.isfinite(left) else math.nan
    return {"+": left + right, "-": left - right, "*": left * right}[op]


def _by_zero(left: float, right: float) -> float:
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _over(node: Over, series: Series, now: int) -> float | None:
    first, last = bisect_left(series.at, now - node.window), bisect_right(series.at, now)
    values = series.values[first:last]
    if node.function in _EXTRAPOLATED:
        return _extrapolated(node, series.at[first:last], values, now)
    return _AGGREGATES[node.function](values) if values else None


_EXTRAPOLATED = frozenset({"rate", "increase", "delta"})


def _extrapolated(node: Over, at: tuple[int, ...], values: tuple[float, ...], now: int) -> float | None:
    if len(values) < 2:
        return None
    counter, result = node.function != "delta", values[-1] - values[0]
    if counter:
        result += sum(before for before, after in zip(values, values[1:], strict=False) if after < before)
    sampled = (at[-1] - at[0]) / 1000
    mean = sampled / (len(values) - 1)
    to_start, to_end = (at[0] - (now - node.window)) / 1000, (now - at[-1]) / 1000
    if counter and result > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / result))
    near = mean * _NEAR
    length = sampled + (to_start if to_start < near else mean / 2)
    length += to_end if to_end < near else mean / 2
    factor = length / sampled
    return result * (factor / (node.window / 1000) if node.function == "rate" else factor)


def _compensated(increments: tuple[float, ...]) -> float:
    total, lost = 0.0, 0.0
    for value in increments:
        total, lost = _add(value, total, lost)
    return total if math.isinf(total) else total + lost


def _add(value: float, total: float, lost: float) -> tuple[float, float]:
    """One step of Neumaier's summation."""
    new = total + value
    larger, smaller = (total, value) if abs(total) >= abs(value) else (value, total)
    return new, lost + ((larger - new) + smaller)


def _mean(values: tuple[float, ...]) -> float:
    mean, lost = 0.0, 0.0
    for count, value in enumerate(values, start=1):
        mean, lost = _add(value / count - mean / count, mean, lost)
    return mean + lost


def _extreme(keep: Callable[[float, float], bool]) -> Callable[[tuple[float, ...]], float]:
    """The largest or smallest; NaN only where there is nothing else."""
    def found(values: tuple[float, ...]) -> float:
        best = values[0]
        for value in values:
            if keep(value, best) or math.isnan(best):
                best = value
        return best
    return found


_AGGREGATES: dict[str, Callable[[tuple[float, ...]], float]] = {
    "avg_over_time": _mean, "sum_over_time": _compensated, "count_over_time": lambda values: float(len(values)),
    "last_over_time": lambda values: values[-1], "max_over_time": _extreme(lambda a, b: a > b),
    "min_over_time": _extreme(lambda a, b: a < b),
}
