"""影响评估 and dry run: what hangs on each column, what every value would become, a rehearsal that is rolled back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from crypto.identifiers import service as identifiers
from crypto.identifiers.rules import normalise
from crypto.masking.rules import mask
from crypto.replacement import journal, rules
from crypto.replacement.port import Change, Facts, Refused, Source
from crypto.replacement.rules import Column, Outcome
from kernel.db import Database
from kernel.errors import MulianError

PAGE = 5_000
_REHEARSED = 100
_SHOWN = 500  # of each column and outcome


@dataclass
class Seen:
    """What the dry run saw in one column."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    fit: list[tuple[str, str]] = field(default_factory=list, repr=False)
    spelled: set[int] = field(default_factory=set, repr=False)
    listed: list[journal.Listed] = field(default_factory=list)


def look(
    database: Database, source: Source, field_of: identifiers.Field, number: int, column: Column, facts: Facts,
    progress: Any,
) -> Seen:
    """Read a whole column and tell what each value would become; nothing is issued for it."""
    seen, after = Seen(), None
    unique = bool(facts.unique)
    while True:
        page = source.page(column.slot, facts, after, PAGE)
        alike: list[tuple[str, str]] = []
        for key, value in page:
            what, why = rules.outcome(column.kind, column.form, value)
            seen.counts[what] += 1
            if what is Outcome.LOOKALIKE:
                alike.append((key, value or ""))
            elif what is Outcome.EXCEPTION:
                seen.reasons[why] += 1
                _list(seen, number, column, facts, key, value or "", why)
            elif what is Outcome.REPLACE:
                _remember(seen, column, key, value or "", unique)
        _look_up(database, field_of, seen, number, column, facts, alike)
        progress(len(page))
        if len(page) < PAGE:
            return seen
        after = page[-1][0]


def rehearse(database: Database, source: Source, field_of: identifiers.Field, column: Column, facts: Facts,
             fit: Sequence[tuple[str, str]]) -> str:
    """Change some rows and roll back; return "" or what the database said.

    Rows that only collide with each other are counted as merged and listed by the run; a column of which no row can be
    changed is refused.
    """
    values = [value for _, value in fit]

    def unit(session: Session) -> list[identifiers.Issued | identifiers.Refused]:
        return identifiers.issue(session, field_of, values, column.form)

    changes = [
        Change(key, value, one.identifier)
        for (key, value), one in zip(fit, database.run(unit) if fit else [], strict=True)
        if isinstance(one, identifiers.Issued)
    ]
    refusal = _rehearsed(source, column, facts, changes) if changes else ""
    alone = [_rehearsed(source, column, facts, [change]) for change in changes] if refusal else []
    return refusal if alone and all(alone) else ""


def with_obstacle(found: dict[str, Any], error: MulianError) -> dict[str, Any]:
    """Return a report with one more reason against the column."""
    said = {"zh": f"{error.text('zh')}（{error.fix('zh')}）", "en": f"{error.text('en')} ({error.fix('en')})"}
    return found | {"obstacles": [*found["obstacles"], said], "advice": "unsuited"}


def _rehearsed(source: Source, column: Column, facts: Facts, changes: Sequence[Change]) -> str:
    try:
        source.swap(column.slot, facts, changes, rehearse=True)
    except Refused as refused:
        return str(refused)
    return ""


def report(column: Column, facts: Facts, seen: Seen, refusal: str, slots: Sequence[Any]) -> dict[str, Any]:
    """Return the assessment of a column for the job's row."""
    counts = {what.value: seen.counts[what] for what in Outcome}
    obstacles = rules.obstacles(column.slot, facts, column.form, slots)
    return {
        "column": str(column.slot), "field": column.field, "form": column.form.value, "facts": facts.as_dict(),
        "counts": counts | {
            "merged": seen.counts["merged"], "known_identifiers": seen.counts["known"],
        },
        "reasons": dict(seen.reasons), "obstacles": obstacles, "warnings": rules.warnings(facts), "refusal": refusal,
        "advice": "unsuited" if obstacles else column.form.value,
    }


def _remember(seen: Seen, column: Column, key: str, value: str, unique: bool) -> None:
    if len(seen.fit) < _REHEARSED:
        seen.fit.append((key, value))
    if unique:
        mark = hash(normalise(column.kind, value))
        seen.counts["merged"] += mark in seen.spelled
        seen.spelled.add(mark)


def _look_up(
    database: Database, field_of: identifiers.Field, seen: Seen, number: int, column: Column, facts: Facts,
    alike: Sequence[tuple[str, str]],
) -> None:
    """Tell the department's own identifiers from values that only look like some."""
    if not alike:
        return
    with database.read() as session:
        found = identifiers.look_up(session, field_of, [value for _, value in alike])
    for (key, value), answer in zip(alike, found, strict=True):
        known = answer.status is identifiers.Status.FOUND
        seen.counts["known"] += known
        _list(seen, number, column, facts, key, value, "identifier_known" if known else "identifier_unknown")


def _list(seen: Seen, number: int, column: Column, facts: Facts, key: str, value: str, why: str) -> None:
    if sum(one.reason == why for one in seen.listed[:_SHOWN + 1]) < _SHOWN:
        own = facts.key == column.slot.column
        seen.listed.append(journal.Listed(
            "check", number, mask(column.mask, key) if own else key, why, mask(column.mask, value),
        ))
