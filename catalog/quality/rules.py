"""The rules together, one node judged by all of them, and how a figure prints. Pure.

Six properties (``DIMENSIONS``). Withdrawn nodes are not judged. A property's figure is the sum over its rules;
with nothing to divide by it is None and prints "—", never 100.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from catalog.nodes.rules import LABELS
from catalog.quality import form_checks, truth_checks, use_checks
from catalog.quality.subject import Rule, Subject, Wrong
from kernel import clock
from kernel.digest import sm3_hex

VERSION: Final = 2
"""Raised with every change of what a rule counts, so that kept figures are computed anew."""

DIMENSIONS: Final[dict[str, tuple[str, str]]] = {
    "norm": ("规范性", "Conformity"), "complete": ("完整性", "Completeness"), "accurate": ("准确性", "Accuracy"),
    "consistent": ("一致性", "Consistency"), "timely": ("时效性", "Timeliness"),
    "accessible": ("可访问性", "Accessibility"),
}
RULES: Final[tuple[Rule, ...]] = (*form_checks.RULES, *truth_checks.RULES, *use_checks.RULES)
BY_ID: Final = {rule.id: rule for rule in RULES}
_OF_KIND: Final = {
    kind: tuple(rule for rule in RULES if kind in rule.kinds) for kind in ("duty", "data_entry", "system", "db_table")
}
NONE: Final = "—"
_VALUE_LIMIT: Final = 200
_EXTRA_LABELS: Final = {
    "children": "数据项/字段", "org": "统一社会信用代码", "attached": "接口或库表", "sensitive": "关联字段",
}


@dataclass(frozen=True)
class Failure:
    """A cell that fails a rule. ``value`` is what stands in it, as text, cut to 200 characters."""

    rule: str
    field: str
    value: str
    child_id: uuid.UUID | None
    child_name: str | None


@dataclass(frozen=True)
class Verdict:
    """Rule → (cells that pass, cells looked at), for rules that looked at any; and the cells that fail."""

    counts: dict[str, tuple[int, int]]
    failures: list[Failure]


def judge(subject: Subject) -> Verdict:
    """One node under every rule of its level."""
    counts: dict[str, tuple[int, int]] = {}
    failures: list[Failure] = []
    if subject.row["status"] == "withdrawn":
        return Verdict(counts, failures)
    for rule in _OF_KIND[subject.kind]:
        checked, wrong = rule.check(subject)
        if checked:
            counts[rule.id] = (checked - len(wrong), checked)
            failures.extend(_failure(rule, one) for one in wrong)
    return Verdict(counts, failures)


def _failure(rule: Rule, wrong: Wrong) -> Failure:
    child = wrong.child
    return Failure(
        rule.id, wrong.field, _text(wrong.value), child["id"] if child else None, child["name"] if child else None
    )


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return clock.business_day(value).isoformat()
    # what a database refuses to store would fail the whole recomputation
    text = "" if value is None else str(value).replace("\x00", "�")
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"


def label_of(field: str) -> str:
    """The field's name as officers know it."""
    return _EXTRA_LABELS.get(field) or LABELS.get(field, field)


def add_up(counts: Sequence[tuple[str, int, int]]) -> dict[str, tuple[int, int]]:
    """Property → (numerator, denominator), from (rule, numerator, denominator); every property is there."""
    found = dict.fromkeys(DIMENSIONS, (0, 0))
    for rule, numerator, denominator in counts:
        dimension = rule.split(".", 1)[0]
        held = found[dimension]
        found[dimension] = (held[0] + numerator, held[1] + denominator)
    return found


def percent(numerator: int, denominator: int) -> str | None:
    """Percent with two decimals, half up; None for denominator 0; below the whole it is never 100.00."""
    if not denominator:
        return None
    value = (Decimal(100 * numerator) / Decimal(denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return "99.99" if value >= 100 and numerator < denominator else str(value)


def ruleset() -> str:
    """SM3 over the rules' ids, texts and version: other rules, other figures."""
    return sm3_hex("\n".join((str(VERSION), *(f"{rule.id} {rule.zh} {rule.cells_zh}" for rule in RULES))).encode())
