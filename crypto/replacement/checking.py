"""影响评估 and dry run: what hangs on each column, what every value would become, a rehearsal that is rolled back."""

from collections import Counter
from collections.abc import Callable, Sequence
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
_SHOWN = 500  # of each column and reason
_OTHERWISE = "读回的值不同 / reads back otherwise"  # a trigger's doing, or the type's


@dataclass
class Seen:
    """What the dry run saw in one column."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    fit: list[tuple[str, str]] = field(default_factory=list, repr=False)
    spelled: set[int] = field(default_factory=set, repr=False)
    listed: list[journal.Listed] = field(default_factory=list)
    kept: Counter[str] = field(default_factory=Counter)


def look(
    database: Database, source: Source, field_of: identifiers.Field, number: int,
    columns: Sequence[tuple[Column, Facts]], progress: Any,
) -> Seen:
    """Read a whole column (that of ``number``) and tell what each value would become; nothing is issued for it."""
    seen, after = Seen(), None
    column, facts = columns[number]

    def list_(key: str, value: str, why: str) -> None:
        if seen.kept[why] < _SHOWN:
            seen.kept[why] += 1
            shown = rules.shown_key(column, facts, [one for one, _ in columns], key)
            seen.listed.append(journal.Listed("check", number, shown, why, mask(column.mask, value)))

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
                list_(key, value or "", why)
            elif what is Outcome.REPLACE:
                _remember(seen, column, key, value or "", unique)
        _look_up(database, field_of, seen, alike, list_)
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
        return _OTHERWISE if source.swap(column.slot, facts, changes, rehearse=True) else ""
    except Refused as refused:
        return str(refused)


def report(column: Column, facts: Facts, seen: Seen, refusal: str, columns: Sequence[Column]) -> dict[str, Any]:
    """Return the assessment of a column for the job's row."""
    counts = {what.value: seen.counts[what] for what in Outcome}
    obstacles = rules.obstacles(column, facts, columns)
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
    database: Database, field_of: identifiers.Field, seen: Seen, alike: Sequence[tuple[str, str]],
    list_: Callable[[str, str, str], None],
) -> None:
    """Tell the department's own identifiers from values that only look like some."""
    if not alike:
        return
    with database.read() as session:
        found = identifiers.known(session, field_of, [value for _, value in alike])
    for (key, value), known in zip(alike, found, strict=True):
        seen.counts["known"] += known
        list_(key, value, "identifier_known" if known else "identifier_unknown")
