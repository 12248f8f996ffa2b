"""Indicators: worked examples, what no data gives, and that a row moves only its own figures."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics.figures.engine import DISTRICT, Engine
from analytics.figures.rules import BY_ID, RULES, ruleset_digest
from analytics.figures.values import Figure, change, value_of
from tests.analytics import generator as g

ONE = g.department(1)


def figures(folder: Path, data: g.Rows, departments: int = 3) -> dict[str, Figure]:
    g.write(folder, data)
    with Engine(folder, (g.START, g.END, g.AS_OF)) as engine:
        found = engine.figures([g.department(n) for n in range(1, departments + 1)], district=True)
    return {figure.key: figure for figure in found}


@pytest.mark.parametrize(
    ("kind", "num", "den", "value"),
    [
        ("ratio", 35, 38, "92.11"), ("ratio", 0, 0, None), ("ratio", 0, 5, "0.00"), ("ratio", 1, 8, "12.50"),
        ("ratio", 1, 3, "33.33"), ("ratio", 1, 800, "0.13"), ("ratio", 99_999, 100_000, "99.99"),
        ("ratio", 7, 7, "100.00"),
        ("count", 4432, None, "4432"), ("rate", 1, 3, "0.33"), ("rate", 1, 0, None), ("p95", 12_340, 100, "12.340"),
        ("peak", None, None, None),
    ],
)
@pytest.mark.requirement("S4-11")
def test_value_of(kind: Any, num: int | None, den: int | None, value: str | None) -> None:
    assert value_of(kind, num, den) == (None if value is None else Decimal(value))


def test_change_on_last_quarter() -> None:
    assert change(Decimal("92.11"), Decimal("90.61")) == "↑1.50"
    assert change(Decimal("90.00"), Decimal("90.20")) == "↓0.20"
    assert (change(Decimal(3), Decimal(3)), change(None, Decimal(3)), change(Decimal(3), None)) == ("持平", "—", "—")


def _baseline(data: g.Rows, total: int, exempt: int, anchored: int) -> None:
    data["entries"], data["anchors"], data["baseline"] = [], [], []
    base = g.rows(1, 4)["entries"][1] | {"kind": "data_entry", "published": True, "version": 1}
    for index in range(total):
        node = f"n{index}"
        data["entries"].append(base | {"node_id": node, "code": node, "entry_hash": "aa"})
        data["baseline"].append({
            "department_id": ONE, "kind": "data_entry", "item": f"清单{index}", "node_id": node,
            "exempt": index >= total - exempt, "basis": "已停用",
        })
        if index < anchored:
            data["anchors"].append({
                "department_id": ONE, "kind": "data_entry", "node_id": node, "version": 1, "entry_hash": "aa",
                "leaf_index": index, "block": 1, "anchored_at": g.START, "consistent": True,
            })


@pytest.mark.requirement("S4-13")
def test_anchored_rate_uses_the_approved_baseline(tmp_path: Path) -> None:
    data = g.rows(1, 4)
    _baseline(data, total=40, exempt=2, anchored=35)
    found = figures(tmp_path, data, 1)
    figure = found[f"catalog.anchored_rate|{ONE}|data_entry"]
    assert (figure.numerator, figure.denominator, figure.text(), figure.fraction()) == (35, 38, "92.11%", "35/38")


def test_without_baseline_there_is_no_rate(tmp_path: Path) -> None:
    figure = figures(tmp_path, g.rows(1, 8), 1)[f"catalog.anchored_rate|{ONE}|"]
    assert figure.text() == "未核定应上链清单"
    assert figure.value is None


def test_an_older_version_on_the_chain_does_not_count(tmp_path: Path) -> None:
    data = g.rows(1, 4)
    _baseline(data, total=4, exempt=0, anchored=4)
    data["entries"][0]["version"] = 2
    assert figures(tmp_path, data, 1)[f"catalog.anchored_rate|{ONE}|"].fraction() == "3/4"


def test_success_rate_leaves_callers_errors_out(tmp_path: Path) -> None:
    data = g.rows(1, 4)
    call = {"department_id": ONE, "interface": "if-1-0", "day": "2026-07-01", "outcome": "ok", "micros": 1000}
    data["calls"] = [call | {"status": status, "calls": n} for status, n in ((200, 90), (302, 5), (404, 100), (502, 5))]
    data["calls"].append(call | {"status": 200, "calls": 1, "outcome": "aborted"})
    found = figures(tmp_path, data, 1)
    assert found[f"gateway.success_rate|{ONE}|"].fraction() == "95/101"
    assert found[f"gateway.calls|{ONE}|"].text() == "201"


@pytest.mark.parametrize(
    ("micros", "rank"),
    [([(i, 1) for i in range(1, 101)], 95), ([(10, 19), (99, 1)], 10), ([(10, 18), (99, 2)], 99), ([(5, 1)], 5)],
)
def test_p95_is_the_nearest_rank(tmp_path: Path, micros: list[tuple[int, int]], rank: int) -> None:
    data = g.rows(1, 4)
    call = {"department_id": ONE, "interface": "if-1-0", "day": "2026-07-01", "outcome": "ok", "status": 200}
    data["calls"] = [call | {"micros": value, "calls": n} for value, n in micros]
    assert figures(tmp_path, data, 1)[f"gateway.p95|{ONE}|"].numerator == rank


@pytest.mark.requirement("S4-18")
def test_chain_figures(tmp_path: Path) -> None:
    found = figures(tmp_path, g.rows(1, 4), 1)
    assert found[f"chain.height|{DISTRICT}|"].text() == "199"
    total = sum(n % 7 * 5 for n in range(20))
    assert found[f"chain.tps|{DISTRICT}|"].fraction() == f"{total}/1,500"
    assert found[f"chain.tps_peak|{DISTRICT}|"].text() == "30"
    assert found[f"chain.blocks|{DISTRICT}|"].text() == "200"
    assert found[f"chain.failed_rate|{DISTRICT}|"].fraction() == f"1/{total}"


def test_empty_quarter_has_no_invented_number(tmp_path: Path) -> None:
    found = figures(tmp_path, {"departments": g.rows(1, 0)["departments"]}, 1)
    for figure in found.values():
        rule = BY_ID[figure.rule]
        assert figure.text() == ("0" if rule.kind == "count" else "未核定应上链清单" if "anchored_rate" in rule.id else "—")


def test_breakdown_sums_to_the_whole_and_departments_to_the_district(tmp_path: Path) -> None:
    found = figures(tmp_path, g.rows())
    for rule in RULES:
        if rule.kind not in ("count", "ratio") or rule.district_only:
            continue
        whole = found[f"{rule.id}|{DISTRICT}|"]
        parts = [f for f in found.values() if f.rule == rule.id and f.scope == DISTRICT and f.grp]
        if parts:
            assert sum(part.numerator or 0 for part in parts) == (whole.numerator or 0)
        units = [f for f in found.values() if f.rule == rule.id and f.scope != DISTRICT and not f.grp]
        assert sum(unit.numerator or 0 for unit in units) == (whole.numerator or 0)


def test_trace_rows_are_the_figure(tmp_path: Path) -> None:
    found = figures(tmp_path, g.rows())
    with Engine(tmp_path, (g.START, g.END, g.AS_OF)) as engine:
        for figure in found.values():
            rule = BY_ID[figure.rule]
            rows, total = engine.trace(rule, figure.scope, figure.grp)
            assert total == figure.rows == len(rows)
            if rule.kind in ("count", "ratio", "rate"):
                assert sum(row.num or 0 for row in rows) == (figure.numerator or 0)
                assert sum(row.den or 0 for row in rows) == (figure.denominator or 0)
        page, total = engine.trace(BY_ID["catalog.nodes"], DISTRICT, "", limit=7, offset=5)
        assert (len(page), total) == (7, 120)


@pytest.mark.parametrize(
    ("name", "column", "value", "expected"),
    [
        ("entries", "required_filled", 0, {"quality.required_rate"}),
        ("entries", "accurate", 0, {"quality.accurate_rate"}),
        ("entries", "consistent", 0, {"quality.consistent_rate"}),
        ("entries", "has_table", True, {"quality.attached_rate"}),
        ("anchors", "consistent", False, {"catalog.consistent_rate"}),
        ("minutes", "failed", 1, {"chain.failed_rate"}),
        ("calls", "calls", 1000, {"gateway.calls", "gateway.success_rate", "gateway.p95"}),
        ("crypto_scopes", "overdue", True, {"crypto.overdue"}),
    ],
)
def test_a_changed_row_changes_exactly_its_figures(
    tmp_path: Path, name: str, column: str, value: Any, expected: set[str]
) -> None:
    data = g.rows()
    before = figures(tmp_path / "a", data)
    row = next(r for r in data[name] if r.get("kind", "data_entry") == "data_entry" and r.get("published", True)
               and r.get("status", 200) in (200, "published") and not r.get("has_interface")
               and r.get("has_table", False) is not True)
    row[column] = value
    after = figures(tmp_path / "b", data)
    parts = [{key: (f.numerator, f.denominator) for key, f in found.items()} for found in (before, after)]
    changed = {key for key in before if parts[0][key] != parts[1][key]}
    assert before.keys() == after.keys()
    assert {key.split("|")[0] for key in changed} - {"gateway.p95"} == expected - {"gateway.p95"}
    assert {key.split("|")[1] for key in changed} <= {ONE, DISTRICT}


def test_engine_reaches_nothing_but_its_inputs(tmp_path: Path) -> None:
    g.write(tmp_path, g.rows(1, 4))
    with Engine(tmp_path, (0, 1, 1)) as engine:
        for statement in (
            "SELECT * FROM read_csv('/etc/passwd')", "COPY run TO '/tmp/x'", "SET enable_external_access=true",
        ):
            with pytest.raises(Exception, match="(?i)disabled|locked|permission|cannot"):
                engine.rows(statement)


def test_ruleset_digest_covers_definitions() -> None:
    assert len(ruleset_digest()) == 64
    assert len({rule.id for rule in RULES}) == len(RULES)
