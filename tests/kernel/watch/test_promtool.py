"""Expressions and their alerts against Debian's promtool on the same generated series."""

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from kernel.watch.expressions import firing
from kernel.watch.expressions.evaluate import Series, value_of
from kernel.watch.expressions.firing import Hold
from kernel.watch.expressions.syntax import parse
from tests.support import closing
from tests.support.scale import Scale

TICK, STEP, STEPS = 5, 30, 80  # seconds between possible samples, seconds between evaluations, evaluations


@dataclass
class Case:
    """One rule over a counter of calls, one of failures and a gauge, each a list of (tick, value)."""

    number: int
    expression: str
    hold: int
    keep: int
    series: dict[str, dict[int, float]]


def _ticks(random: Random) -> list[int]:
    """When a scrape came: every so often, now and then late, now and then for a while not at all."""
    every, at, found = random.choice((3, 6, 6, 12)), random.randint(0, 6), []
    while at < STEPS * STEP // TICK:
        late = random.randint(1, 2) if random.random() < 0.15 else 0
        if not found or at + late > found[-1]:
            found.append(at + late)
        at += every * (random.randint(3, 30) if random.random() < 0.04 else 1)
    return found


def _counter(random: Random, mean: float, spoiled: bool) -> dict[int, float]:
    value, found = float(random.randint(0, 500)), {}
    burst = random.randint(0, STEPS * STEP // TICK)
    for at in _ticks(random):
        value += random.randint(0, int(mean * (8 if burst <= at < burst + 80 else 1)) + 1)
        if random.random() < 0.02:
            value = float(random.randint(0, 5))  # the process began anew
        found[at] = math.nan if spoiled and random.random() < 0.03 else value
    return found


def _gauge(random: Random) -> dict[int, float]:
    level, found = random.uniform(0, 100), {}
    for at in _ticks(random):
        level += random.uniform(-12, 12)
        found[at] = math.nan if random.random() < 0.03 else round(level, 3)
    return found


def _expression(random: Random) -> str:
    long, short = random.choice((("20m", "5m"), ("15m", "1m"), ("10m30s", "2m"))), random.choice(("2m", "5m", "90s"))
    limit, least, level = random.choice((0.05, 0.1, 0.288)), random.choice((0, 20, 100)), random.randint(10, 90)
    burn = f"bad_total[{{}}]) / rate(calls_total[{{}}]) > {limit}"
    return random.choice((
        f"(rate({burn.format(long[0], long[0])}) and (rate({burn.format(long[1], long[1])})"
        f" and increase(calls_total[{long[0]}]) >= {least}",
        f"rate(calls_total[{short}]) * 60 > {level}", f"{level} < depth", f"depth >= {level} or depth < {level / 4}",
        f"avg_over_time(depth[{short}]) > {level}",
        f"max_over_time(depth[{short}]) - min_over_time(depth[{short}]) > 20",
        f"sum_over_time(depth[{short}]) / count_over_time(depth[{short}]) != last_over_time(depth[{short}])",
        f"increase(bad_total[{short}]) > {level / 5} unless depth < {level}", f"delta(depth[{short}]) < -{level / 3}",
        f"-depth > -{level} and rate(calls_total[{long[0]}]) > 0",
        "depth % 7 > 3.5 and depth / (bad_total - bad_total) > 0",
    ))


def generate(number: int) -> Case:
    """A case by its number: the same one every time."""
    random = Random(number)
    holds = (0, 30, 60, 150, 300)
    return Case(number, _expression(random), random.choice(holds), random.choice(holds), {
        "calls_total": _counter(random, random.choice((1, 10, 60)), spoiled=False),
        "bad_total": _counter(random, random.choice((0.4, 2, 8)), spoiled=random.random() < 0.3),
        "depth": _gauge(random),
    })


def firing_at(case: Case) -> list[bool]:
    """Our answer: whether the alert fires at each evaluation."""
    node, alert, found = parse(case.expression), None, []
    recorded = {
        name: Series(tuple(at * TICK * 1000 for at in samples), tuple(samples.values()))
        for name, samples in case.series.items()
    }
    for step in range(STEPS):
        now = step * STEP * 1000
        alert, _ = firing.advance(Hold(case.hold * 1000, case.keep * 1000), alert, now, value_of(node, recorded, now))
        found.append(alert is not None and alert.fired_at is not None)
    return found


def _values(samples: dict[int, float]) -> str:
    return " ".join(
        ("NaN" if math.isnan(samples[tick]) else repr(samples[tick])) if tick in samples else "_"
        for tick in range(max(samples) + 1)
    )


def _file(cases: list[Case], answers: list[list[bool]], folder: Path) -> Path:
    """Rules and a unit test of promtool; a series carries its case's number as a label."""
    rules = [
        {"alert": f"case{case.number}", "expr": _labelled(case), "for": f"{case.hold}s",
         "keep_firing_for": f"{case.keep}s"}
        for case in cases
    ]
    test = {
        "interval": f"{TICK}s",
        "input_series": [
            {"series": f'{name}{{case="{case.number}"}}', "values": _values(samples)}
            for case in cases for name, samples in case.series.items()
        ],
        "alert_rule_test": [
            {"eval_time": f"{step * STEP}s", "alertname": f"case{case.number}",
             "exp_alerts": [{"exp_labels": {"case": str(case.number)}}] if fires else []}
            for case, answer in zip(cases, answers, strict=True) for step, fires in enumerate(answer)
        ],
    }
    (folder / "rules.json").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    path = folder / "test.json"
    path.write_text(json.dumps({"rule_files": ["rules.json"], "evaluation_interval": f"{STEP}s", "tests": [test]}))
    return path


def _labelled(case: Case) -> str:
    text = case.expression
    for name in case.series:
        text = text.replace(name, f'{name}{{case="{case.number}"}}')
    return text


def _promtool(path: Path) -> tuple[int, str]:
    tool = shutil.which("promtool")
    if tool is None:
        closing.missing("promtool")
        pytest.skip("promtool is not installed")
    done = subprocess.run([tool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_alert_fires_when_promtools_does(scale: Scale, tmp_path: Path) -> None:
    cases = [generate(number) for number in range(scale.of(20, 600))]
    answers = [firing_at(case) for case in cases]
    fired = sum(any(answer) for answer in answers)
    assert len(cases) / 5 < fired < len(cases), "the cases tell nothing where all or none of them fire"
    for first in range(0, len(cases), 20):
        folder = tmp_path / str(first)
        folder.mkdir()
        part = slice(first, first + 20)
        status, said = _promtool(_file(cases[part], answers[part], folder))
        assert status == 0, said[:4000]


def test_promtool_would_have_noticed(tmp_path: Path) -> None:
    case = next(case for case in map(generate, range(100)) if any(firing_at(case)))
    answer = firing_at(case)
    answer[answer.index(True)] = False
    assert _promtool(_file([case], [answer], tmp_path))[0] == 1
