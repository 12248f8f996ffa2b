"""From kept rows and verdicts to what is answered."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.quality import queries, rules, service
from catalog.quality.schemas import (
    DepartmentQuality,
    DimensionFigure,
    FailingCell,
    Figure,
    NodeQuality,
    RuleFigure,
    RuleOut,
    Summary,
    TrendPoint,
)
from kernel import clock
from kernel.identity.actor import Actor

Counts = Sequence[tuple[str, int, int]]
CITY = "consistent.city"


def rule_list() -> list[RuleOut]:
    """Every rule."""
    return [
        RuleOut(
            id=rule.id, dimension=rule.dimension, dimension_zh=rules.DIMENSIONS[rule.dimension][0],
            kinds=list(rule.kinds), zh=rule.zh, en=rule.en, cells=rule.cells_zh, fix_zh=rule.fix_zh,
            fix_en=rule.fix_en,
        )
        for rule in rules.RULES
    ]


def dimensions(counts: Counts) -> list[DimensionFigure]:
    """The six properties of some counts, in order."""
    added = rules.add_up(counts)
    return [
        DimensionFigure(dimension=key, zh=zh, en=en, figure=Figure.of(*added[key]))
        for key, (zh, en) in rules.DIMENSIONS.items()
    ]


def rule_figures(counts: Counts, kinds: Sequence[str]) -> list[RuleFigure]:
    """Every rule of the levels, also those that looked at nothing."""
    added: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for rule, numerator, denominator in counts:
        added[rule][0] += numerator
        added[rule][1] += denominator
    return [
        RuleFigure(
            rule=rule.id, zh=rule.zh, dimension=rule.dimension, figure=Figure.of(added[rule.id][0], added[rule.id][1])
        )
        for rule in rules.RULES if set(rule.kinds) & set(kinds)
    ]


def summary(session: Session, actor: Actor, department_id: uuid.UUID | None, kind: str | None) -> Summary:
    """What is kept of the departments in the actor's scope."""
    only = service.scope(actor, department_id)
    kept = queries.figures(session, only, kind)
    counts = [(rule, numerator, denominator) for _, _, rule, numerator, denominator in kept]
    levels = {
        level: dimensions([(rule, a, b) for _, of, rule, a, b in kept if of == level])
        for level in ([kind] if kind else KINDS)
    }
    figures = rule_figures(counts, [kind] if kind else list(KINDS))
    city = next((one.figure for one in figures if one.rule == CITY), Figure.of(0, 0))
    return Summary(
        department_id=department_id, kind=kind, computed_at=service.computed_at(session, only),
        dimensions=dimensions(counts), levels=levels, rules=figures, row_quality=rules.NONE, city=city,
    )


def departments(session: Session, actor: Actor, kind: str | None) -> list[DepartmentQuality]:
    """A row for each department that has nodes and lies in the actor's scope."""
    only = service.scope(actor, None)
    names, states = queries.department_names(session, only), queries.states(session)
    counts: dict[uuid.UUID, list[tuple[str, int, int]]] = defaultdict(list)
    for department_id, _, rule, numerator, denominator in queries.figures(session, only, kind):
        counts[department_id].append((rule, numerator, denominator))
    return [
        DepartmentQuality(
            department_id=department_id, department=name, nodes=states[department_id].nodes,
            failing=sum(b - a for _, a, b in counts[department_id]),
            computed_at=states[department_id].computed_at, dimensions=dimensions(counts[department_id]),
        )
        for department_id, name in names.items() if department_id in states and states[department_id].nodes
    ]


def failing(row: Mapping[str, Any], department: str) -> FailingCell:
    """A failing cell with the words of its rule."""
    rule = rules.BY_ID[row["rule"]]
    names = (
        "node_kind", "node_id", "code", "name", "department_id", "rule", "field", "value", "child_id", "child_name",
    )
    return FailingCell(
        **{name: row[name] for name in names}, department=department, rule_zh=rule.zh, dimension=rule.dimension,
        label=rules.label_of(row["field"]), fix_zh=rule.fix_zh, fix_en=rule.fix_en,
    )


def of_node(session: Session, actor: Actor, kind: str, node_id: uuid.UUID) -> NodeQuality:
    """One node as it now stands."""
    node, verdict = service.of_node(session, actor, kind, node_id)
    counts = [(rule, a, b) for rule, (a, b) in verdict.counts.items()]
    department = queries.department_names(session, [node.department_id])[node.department_id]
    base = {
        "node_kind": kind, "node_id": node.id, "code": node.code, "name": node.name,
        "department_id": node.department_id,
    }
    return NodeQuality(
        node_kind=kind, node_id=node.id, code=node.code, name=node.name, judged_at=clock.now(),
        dimensions=dimensions(counts), rules=rule_figures(counts, [kind]),
        failures=[failing({**base, **vars(one)}, department) for one in verdict.failures],
    )


def trend(
    session: Session, actor: Actor, department_id: uuid.UUID | None, kind: str | None, since: str, until: str
) -> list[TrendPoint]:
    """A point for each day that was kept."""
    by_day: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for day, rule, numerator, denominator in queries.trend(
        session, service.scope(actor, department_id), since, until, kind
    ):
        by_day[day].append((rule, numerator, denominator))
    return [TrendPoint(day=day, dimensions=dimensions(counts)) for day, counts in by_day.items()]
