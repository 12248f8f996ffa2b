"""问题数据 as a workbook, and a corrected workbook back: what a cell was changed to is a correction."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from catalog.imports.reader import open_bytes
from gateway.collection import problems, queries, tasks, values
from gateway.collection.contract import RULES, columns_of
from gateway.collection.errors import READ_FAILED
from gateway.collection.models import CollectionProblem, CollectionTask
from gateway.permissions import COLLECT_READ, COLLECT_REVEAL, COLLECT_RUN
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.text import neutral_cell
from kernel.documents.xlsx import render
from kernel.identity.actor import Actor

MOST = 50_000
NAME = "问题编号"
_HEAD_WITHIN = 3  # a note may stand above the titles
_HEADS = (NAME, "行号", "原因")


def workbook(
    session: Session, actor: Actor, *, task_id: uuid.UUID, reason: str = "",
) -> bytes:
    """Return a task's open rows (the first 50,000), encrypted columns masked.

    With ``reason`` they are in clear, which needs the right to and is written down.
    """
    task = tasks.owned(session, actor, task_id, COLLECT_REVEAL if reason else COLLECT_READ)
    columns = columns_of(queries.table(session, task.table_id).columns)
    rows = list(session.scalars(queries.problems(task.id, state="open").limit(MOST)))
    if reason:
        tasks.note(session, actor, task, "reveal", rows=len(rows), reason=reason, ids=[])
    titles = {one.name: one.title or one.name for one in columns}
    heads = tuple(Column(head) for head in (*_HEADS, *titles.values()))
    lines = tuple(
        (str(one.row.id), str(one.row.number), reasons_text(one.row.reasons, titles), *one.values.values())
        for part in _parts(rows) for one in problems.shown(session, task, part, clear=bool(reason))
    )
    return render(Document(title=f"{task.name} 问题数据", blocks=(), annex=(Sheet("问题数据", heads, lines),)))


def correct(session: Session, actor: Actor, *, task_id: uuid.UUID, name: str, data: bytes) -> dict[str, int]:
    """Correct what was changed in a workbook of :func:`workbook`; return how many rows were stored and refused again.

    Rows and cells that nobody changed are left alone, so masked ones stay what they are. Raises
    ``catalog.import.workbook``, ``gateway.collection.read_failed``, and what ``problems.correct`` raises.
    """
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    given = _given(session, task, name, data)
    rows = [row for row in queries.problems_by_id(session, task.id, list(given)) if row.state == "open"]
    changed: dict[uuid.UUID, Mapping[str, Any]] = {}
    for part in _parts(rows):
        masked = problems.shown(session, task, part, clear=False)
        clear = problems.shown(session, task, part, clear=True)
        for one, real in zip(masked, clear, strict=True):
            cells = {key: cell for key, cell in given[one.row.id].items()
                     if cell not in (one.values[key], real.values[key])}
            if cells:
                changed[one.row.id] = cells
    if not changed:
        return {"stored": 0, "refused": 0}
    ended = problems.correct(session, actor, task_id=task_id, corrections=changed)
    refused = sum(bool(why) for why in ended.values())
    return {"stored": len(ended) - refused, "refused": refused}


def reasons_text(reasons: Sequence[str], titles: Mapping[str, str]) -> str:
    """Return reasons for people: 手机号码：不符合格式."""
    shown = []
    for one in reasons:
        column, _, rule = one.partition(":")
        word = RULES.get(rule, (rule, rule))[0]
        shown.append(f"{titles[column]}：{word}" if column in titles else word)
    return "；".join(shown)


def _given(
    session: Session, task: CollectionTask, name: str, data: bytes,
) -> dict[uuid.UUID, dict[str, str]]:
    columns = columns_of(queries.table(session, task.table_id).columns)
    by_title = {one.title or one.name: one.name for one in columns}
    found: dict[uuid.UUID, dict[str, str]] = {}
    with open_bytes(data, name) as sheets:
        lines = iter(sheets[0])
        heads = next((line for line in islice(lines, _HEAD_WITHIN) if NAME in line), None)
        if heads is None:
            raise READ_FAILED(reason=f"no column {NAME}")
        for cells in lines:
            row = dict(zip(heads, map(_cell, cells), strict=False))
            try:
                problem_id = uuid.UUID(row[NAME])
            except ValueError:
                continue
            found[problem_id] = {by_title[head]: cell for head, cell in row.items() if head in by_title}
            if len(found) > problems.MOST:
                raise READ_FAILED(reason=f"more than {problems.MOST} rows")
    return found


def _cell(value: Any) -> str:
    found = values.text(value)
    text = "" if found is None or isinstance(found, values.Bad) else str(found)
    return text[1:] if text.startswith("'") and neutral_cell(text[1:]) == text else text


def _parts(rows: Sequence[CollectionProblem]) -> Iterator[Sequence[CollectionProblem]]:
    for start in range(0, len(rows), 5_000):
        yield rows[start:start + 5_000]
