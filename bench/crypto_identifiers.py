"""Identifiers issued and looked up in batches against one call for each value, in the same SQLite home.

Both work on a store that grows alike: values are new when they are issued, single ones between the batches. Each
round runs every contestant once and counts the CPU seconds of its thread; ratios are medians of rounds. A row for
the codec alone says what the characters cost without a database.
"""

import os
import secrets
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bench import _home
from crypto.identifiers import codec, fields, service
from crypto.identifiers.codec import Place
from crypto.identifiers.rules import Form, Kind
from crypto.identifiers.service import Field, Issued
from crypto.keys.vault import ensure_dev_root
from crypto.persons.rules import synthetic
from kernel.db import Database
from kernel.identity.actor import system_actor

VALUES = int(os.environ.get("MULIAN_BENCH_IDENTIFIERS", "200000"))
BATCH, SINGLE, ROUNDS = 10_000, 300, 5
ISSUE_TARGET, LOOK_UP_TARGET = 15, 10
NAME = "公民身份号码"


def run(values: int = VALUES) -> dict[str, Any]:
    """Return ratios with the design's targets; raise AssertionError where a value does not come back."""
    with tempfile.TemporaryDirectory() as folder:
        database, department = _home.fresh(Path(folder))
        assert database.runtime is not None
        ensure_dev_root(database.runtime)
        database.run(lambda session: fields.declare(
            session, system_actor("bench"), department_id=department, name=NAME, kind=Kind.ID_NUMBER,
        ).number)
        rows = [row for form in (Form.NATIVE, Form.ID18) for row in _Work(database, department, form, values).rows()]
        database.close()
    return {"values": values, "batch": BATCH, "rounds": ROUNDS, "rows": [*rows, _codec()]}


class _Work:
    """Numbers of one form: a part is issued in batches, a few between them one by one."""

    def __init__(self, database: Database, department: uuid.UUID, form: Form, values: int) -> None:
        self.database, self.field, self.form = database, Field(department, NAME), form
        seed = 1 if form is Form.NATIVE else 2
        self.numbers = [person.id_number for person in synthetic(values + (ROUNDS + 1) * SINGLE, seed=seed)]
        self.batches = values // BATCH // (ROUNDS + 1)

    def rows(self) -> list[dict[str, Any]]:
        """Return the two rows of this form."""
        times: dict[str, list[float]] = {}
        for number in range(ROUNDS + 1):
            many = [self._take(BATCH) for _ in range(self.batches)]
            few = self._take(SINGLE)
            issued = [_timed(times, "issue", number, lambda part=part: self._issue(part), BATCH) for part in many]
            alone = _timed(times, "issue alone", number, lambda few=few: [self._issue([one])[0] for one in few], SINGLE)
            for part, texts in zip(many, issued, strict=True):
                found = _timed(times, "look up", number, lambda texts=texts: self._look_up(texts), BATCH)
                assert found == part
            found = _timed(times, "look up alone", number, lambda alone=alone: [
                self._look_up([one])[0] for one in alone
            ], SINGLE)
            assert found == few
        return [
            self._row(times, "issue", ISSUE_TARGET), self._row(times, "look up", LOOK_UP_TARGET),
        ]

    def _take(self, count: int) -> list[str]:
        taken, self.numbers = self.numbers[:count], self.numbers[count:]
        return taken

    def _issue(self, values: list[str]) -> list[str]:
        def unit(session: Session) -> list[str]:
            answers = service.issue(session, self.field, values, self.form)
            return [answer.identifier for answer in answers if isinstance(answer, Issued)]

        return self.database.run(unit)

    def _look_up(self, texts: list[str]) -> list[str | None]:
        with self.database.read() as session:
            return [found.value for found in service.look_up(session, self.field, texts)]

    def _row(self, times: dict[str, list[float]], name: str, target: int) -> dict[str, Any]:
        alone = times[f"{name} alone"]
        # several batches a round stand against one run of single ones
        batches = [statistics.median(times[name][at::len(alone)]) for at in range(len(alone))]
        ratios = [one / many for one, many in zip(alone, batches, strict=True)]
        return {
            "name": f"{name} {self.form} identifiers, batch of {BATCH} vs one by one", "unit": "x", "target": target,
            "ratio": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2),
            "ours_per_second": round(1 / statistics.median(batches)),
            "rival_per_second": round(1 / statistics.median(alone)),
        }


def _timed(
    times: dict[str, list[float]], name: str, number: int, work: Callable[[], list[Any]], count: int,
) -> list[Any]:
    started = time.thread_time()
    result = work()
    if number:  # the first round warms caches
        times.setdefault(name, []).append((time.thread_time() - started) / count)
    return result


def _codec() -> dict[str, Any]:
    key, place, numbers = secrets.token_bytes(16), Place(1, 1, 1), range(BATCH)

    def both(wanted: range) -> None:
        blocks, _ = codec.unpack(codec.encode(key, place, wanted))
        assert codec.decode(key, place, blocks)[1].all()

    times: dict[str, list[float]] = {}
    for number in range(ROUNDS + 1):
        _timed(times, "many", number, lambda: [both(numbers)], BATCH)
        _timed(times, "alone", number, lambda: [both(range(one, one + 1)) for one in range(SINGLE)], SINGLE)
    ratios = [alone / many for alone, many in zip(times["alone"], times["many"], strict=True)]
    return {
        "name": "native characters written and read, batch vs one by one", "unit": "x", "target": None,
        "ratio": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2),
        "ours_per_second": round(1 / statistics.median(times["many"])),
        "rival_per_second": round(1 / statistics.median(times["alone"])),
    }
