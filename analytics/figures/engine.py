"""Rules over frozen inputs, in a DuckDB of the run's own that can reach nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from analytics.figures.rules import NO_BASELINE, RULES, Rule
from analytics.figures.values import Figure, value_of
from analytics.inputs.frozen import FOLDER
from analytics.inputs.schemas import DATASETS

DISTRICT = "district"
_PARTS = "department_id, grp, code, name, num, den"
_P95 = (
    "SELECT {scope} AS scope, {grp} AS grp, min(num) FILTER (WHERE upto >= need)::BIGINT AS num, "
    "sum(den)::BIGINT AS den, "
    "count(*)::BIGINT AS n FROM (SELECT *, sum(den) OVER w AS upto, "
    "(sum(den) OVER p * 95 + 99) // 100 AS need FROM parts "
    "WINDOW w AS (PARTITION BY {scope}, {grp} ORDER BY num, code, name ROWS UNBOUNDED PRECEDING), "
    "p AS (PARTITION BY {scope}, {grp})) GROUP BY 1, 2 ORDER BY 1, 2"
)
_SUMS = (
    "SELECT {scope} AS scope, {grp} AS grp, {num}::BIGINT AS num, sum(den)::BIGINT AS den, count(*)::BIGINT AS n "
    "FROM parts GROUP BY 1, 2 ORDER BY 1, 2"
)


@dataclass(frozen=True)
class Trace:
    """One row behind a figure."""

    department_id: str
    grp: str
    code: str
    name: str
    num: int | None
    den: int | None


class Engine:
    """Open over a run's folder; ``bounds`` are (start, end, as of) in microseconds UTC. Close when done."""

    def __init__(self, folder: Path, bounds: tuple[int, int, int]) -> None:
        self._db = duckdb.connect(":memory:", config={"threads": "2", "memory_limit": "1GB"})
        for dataset in DATASETS:
            columns = ", ".join(f'"{name}"' for name in dataset.schema.names)
            path = str(folder / FOLDER / f"{dataset.name}.parquet")
            self._db.execute(f'CREATE TABLE "{dataset.name}" AS SELECT {columns} FROM read_parquet(?)', [path])
        self._db.execute("CREATE TABLE run (start_us BIGINT, end_us BIGINT, as_of_us BIGINT)")
        self._db.execute("INSERT INTO run VALUES (?, ?, ?)", list(bounds))
        # from here on a statement sees the frozen inputs and nothing else of the machine
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._db.close()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT over the frozen inputs."""
        return self._db.execute(query, list(parameters)).fetchall()

    def figures(self, departments: Sequence[str], *, district: bool) -> list[Figure]:
        """Return every figure: for each department, and over all where ``district``; ordered by rule and key."""
        found: list[Figure] = []
        for rule in RULES:
            self._db.execute(f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {_PARTS} FROM ({rule.body})")
            if district:
                found += self._scope(rule, f"'{DISTRICT}'", [DISTRICT])
            if not rule.district_only:
                found += self._scope(rule, "department_id", departments)
        return found

    def _scope(self, rule: Rule, scope: str, wanted: Sequence[str]) -> list[Figure]:
        values: dict[tuple[str, str], tuple[int | None, int | None, int]] = {}
        for grp in ("''", "grp"):
            for name, group, num, den, n in self.rows(_statement(rule, scope, grp)):
                values[name, group] = (num, den, n)
        found = []
        for name in wanted:
            groups = sorted({group for known, group in values if known == name} | {""})
            found += [_figure(rule, name, group, *values.get((name, group), (None, None, 0))) for group in groups]
        return found

    def trace(self, rule: Rule, scope: str, grp: str, *, limit: int = -1, offset: int = 0) -> tuple[list[Trace], int]:
        """Return the rows behind a figure, ordered, and how many there are. ``limit`` -1: all."""
        where, parameters = ["true"], []
        if scope != DISTRICT:
            where.append("department_id = ?")
            parameters.append(scope)
        if grp:
            where.append("grp = ?")
            parameters.append(grp)
        base = f"FROM ({rule.body}) WHERE {' AND '.join(where)}"
        total = int(self.rows(f"SELECT count(*) {base}", parameters)[0][0])
        page = f"LIMIT {int(limit)} OFFSET {int(offset)}" if limit >= 0 else ""
        order = "ORDER BY department_id, grp, code, name, num, den"
        rows = self.rows(f"SELECT {_PARTS} {base} {order} {page}", parameters)
        return [Trace(*row) for row in rows], total


def _statement(rule: Rule, scope: str, grp: str) -> str:
    if rule.kind == "p95":
        return _P95.format(scope=scope, grp=grp)
    return _SUMS.format(scope=scope, grp=grp, num="max(num)" if rule.kind == "peak" else "sum(num)")


def _figure(rule: Rule, scope: str, grp: str, num: int | None, den: int | None, rows: int) -> Figure:
    if not rows:
        # no row at all: a count is zero, a quotient has nothing to divide by
        num, den = (0, None) if rule.kind == "count" else (None, None) if rule.kind in ("peak", "p95") else (0, 0)
    value = value_of(rule.kind, num, den)
    reason = NO_BASELINE if rule.id == "catalog.anchored_rate" and not den else ""
    return Figure(rule.id, scope, grp, num, den, value, rule.unit, rows, reason)
