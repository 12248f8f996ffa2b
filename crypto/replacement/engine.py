"""What a job does in a department's database: read and issue, change, look again, undo.

Capture writes what every row held and is to hold into the undo file, range by range, and only then is anything
changed. A range is changed by exact values (from old to new, or from new to old), so doing it twice does no harm;
which ranges are finished stands in the journal. Nothing rests on how a value looks, except that a later round looks
for what the department's programs wrote meanwhile.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from crypto.identifiers import service as identifiers
from crypto.identifiers.rules import Form
from crypto.masking.rules import mask
from crypto.replacement import journal, queries, rules
from crypto.replacement.models import CryptoReplacementRange
from crypto.replacement.port import Change, Facts, Refused, Slot, Source
from crypto.replacement.rules import Column, Outcome, State
from crypto.replacement.undo import UndoFile
from kernel.db import Database

PAGE = 5_000
SLICE = 500
ROUNDS = 4
_REMEMBERED = 2_000_000  # identifiers, at about 100 bytes
Observe = Callable[[int, int, State], None]


@dataclass
class Work:
    """A job in hand: its columns in order of work, with what the database says about them.

    ``listed``: column and key of what is listed as an exception. ``written``: digests of identifiers that this process
    has issued, which need not be looked up when they are read again.
    """

    database: Database
    source: Source
    file: UndoFile
    replacement_id: uuid.UUID
    department_id: uuid.UUID
    columns: list[tuple[Column, Facts]]
    observe: Observe
    done: int = 0
    total: int = 0
    listed: set[tuple[int, str]] = field(default_factory=set, repr=False)
    written: set[int] = field(default_factory=set, repr=False)

    @property
    def linked(self) -> bool:
        """Whether foreign keys hang on any column."""
        return any(facts.linked for _, facts in self.columns)

    def step(self, rows: int, state: State) -> None:
        """Count rows and say so."""
        self.done += rows
        self.observe(self.done, self.total, state)


def run(work: Work) -> dict[str, object]:
    """Carry a job from wherever its journal stands to the end; return the evidence."""
    work.total = 2 * sum(facts.rows for _, facts in work.columns)
    work.done = sum(entry.rows * (1 + (entry.state == "applied")) for entry in _entries(work, "captured", "applied"))
    with work.database.read() as session:
        work.listed = queries.listed(session, work.replacement_id, "exception")
    work.source.prepare(linked=work.linked)
    left, settled, round_ = 0, False, 0
    while not settled and round_ < ROUNDS:
        round_ += 1
        found = capture(work, round_)
        apply(work)
        with work.database.read() as session:
            left = queries.counted_left(session, work.replacement_id, round_)
        settled = round_ > 1 and found == left  # nothing was found but what the database refuses
    return {"rounds": round_, "settled": settled, "clear_left": left, "orphans": orphans(work)}


def capture(work: Work, round_: int) -> int:
    """Read every column from where the journal ends, issue identifiers, write the undo file; return the rows found."""
    for number in range(len(work.columns)):
        for page, last in _pages(work, round_, number):
            _capture_page(work, round_, number, page, last)
            work.step(len(page) if round_ == 1 else 0, State.CAPTURING)
    with work.database.read() as session:
        return queries.counted(session, work.replacement_id, round_)


def apply(work: Work) -> None:
    """Change the rows of every captured range; a range that was under way at a crash is done again."""
    work.database.run(lambda session: journal.enter(session, work.replacement_id, State.APPLYING))
    for entry in _entries(work, "captured"):
        _change(work, entry, _changes(work, entry), "applied")
        work.step(entry.rows, State.APPLYING)


def undo(work: Work) -> dict[str, object]:
    """Put back what every changed row held, newest range first; rows that hold something else now are listed.

    A range that is only captured may have been under way when the work stopped: some of its rows are changed. Those
    that are not hold their old value, which counts as put back.
    """
    work.source.prepare(linked=work.linked)
    work.total = sum(entry.rows for entry in _entries(work, "captured", "applied", "undone"))
    work.done = sum(entry.rows for entry in _entries(work, "undone"))
    for entry in _entries(work, "captured", "applied", newest_first=True):
        column, facts = work.columns[entry.slot]
        own = facts.key == column.slot.column  # the row's name is by now what it was given
        back = [Change(one.new if own else one.key, one.new, one.old) for one in _changes(work, entry)]
        _change(work, entry, back, "undone")
        work.step(entry.rows, State.UNDOING)
    not_undone = sum(entry.left for entry in _entries(work, "undone"))
    return {"undone": work.total - not_undone, "not_undone": not_undone, "orphans_after_undo": orphans(work)}


def swap(source: Source, slot: Slot, facts: Facts, changes: Sequence[Change]) -> list[tuple[Change, str]]:
    """Change rows in slices; return those that were not changed, with why. One bad row spoils only itself."""
    left: list[tuple[Change, str]] = []
    for at in range(0, len(changes), SLICE):
        part = changes[at:at + SLICE]
        try:
            missed = set(source.swap(slot, facts, part))
            left += [(one, "changed") for one in part if one.key in missed]
        except Refused:
            for one in part:
                try:
                    left += [(one, "changed") for _ in source.swap(slot, facts, [one])]
                except Refused as refused:
                    left.append((one, f"refused: {refused}"))
    return left


def orphans(work: Work) -> int:
    """Count rows whose foreign keys find no parent."""
    return sum(work.source.orphans(column.slot, facts) for column, facts in work.columns)


def _pages(work: Work, round_: int, number: int) -> Iterator[tuple[list[tuple[str, str | None]], bool]]:
    column, facts = work.columns[number]
    with work.database.read() as session:
        entry = queries.last_range(session, work.replacement_id, round_=round_, slot=number)
    if entry is not None and entry.last:
        return
    after = work.file.read(entry.place, entry.size, entry.number)[0] if entry is not None else None
    while True:
        page = work.source.page(column.slot, facts, after, PAGE)
        last = len(page) < PAGE
        yield page, last
        if last:
            return
        after = page[-1][0]


def _capture_page(
    work: Work, round_: int, number: int, page: Sequence[tuple[str, str | None]], last: bool,
) -> None:
    column, _ = work.columns[number]
    fit: list[tuple[str, str]] = []
    alike: list[tuple[str, str]] = []
    stays: list[tuple[str, str, str]] = []
    for key, value in page:
        what, why = rules.outcome(column.kind, column.form, value)
        if what is Outcome.REPLACE:
            fit.append((key, value or ""))
        elif what is Outcome.EXCEPTION:
            stays.append((key, value or "", why))
        elif what is Outcome.LOOKALIKE and hash(value) not in work.written:
            alike.append((key, value or ""))
    listed = _stays(work, number, [*stays, *_foreign(work, column, alike)])
    changes = _issued(work, column, fit)
    with work.database.read() as session:
        newest = queries.last_range(session, work.replacement_id)
    place, entry_number = (newest.place + newest.size, newest.number + 1) if newest is not None else (0, 1)
    size = work.file.append(place, entry_number, page[-1][0] if page else None, changes)

    def unit(session: Session) -> None:
        journal.enter_range(session, CryptoReplacementRange(
            replacement_id=work.replacement_id, number=entry_number, round=round_, slot=number, place=place, size=size,
            rows=len(changes), left=0, last=last, state="captured",
        ), listed)

    work.database.run(unit)


def _issued(work: Work, column: Column, fit: Sequence[tuple[str, str]]) -> list[Change]:
    if not fit:
        return []
    field_of = identifiers.Field(work.department_id, column.field)

    def unit(session: Session) -> list[identifiers.Issued | identifiers.Refused]:
        return identifiers.issue(session, field_of, [value for _, value in fit], Form(column.form))

    changes = [
        Change(key, value, one.identifier)
        for (key, value), one in zip(fit, work.database.run(unit), strict=True)
        if isinstance(one, identifiers.Issued)
    ]
    if len(work.written) < _REMEMBERED:
        work.written.update(hash(one.new) for one in changes)
    return changes


def _foreign(work: Work, column: Column, alike: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return what looks like an identifier and is none of the department's: it stays, so it is listed."""
    if not alike:
        return []
    field_of = identifiers.Field(work.department_id, column.field)
    with work.database.read() as session:
        known = identifiers.known(session, field_of, [value for _, value in alike])
    return [(key, value, "identifier_unknown") for (key, value), own in zip(alike, known, strict=True) if not own]


def _stays(work: Work, number: int, rows: Sequence[tuple[str, str, str]]) -> list[journal.Listed]:
    """List rows that stay as they are, each once however often it is read."""
    found = [_finding(work, "exception", number, *row) for row in rows if (number, row[0]) not in work.listed]
    work.listed.update((number, key) for key, _, _ in rows)
    return found


def _changes(work: Work, entry: CryptoReplacementRange) -> list[Change]:
    return work.file.read(entry.place, entry.size, entry.number)[1] if entry.rows else []


def _change(work: Work, entry: CryptoReplacementRange, changes: Sequence[Change], state: str) -> None:
    """Change a range and say so in the journal, with the rows that stayed."""
    column, facts = work.columns[entry.slot]
    left = swap(work.source, column.slot, facts, changes)
    phase = "apply" if state == "applied" else "undo"
    listed = [_finding(work, phase, entry.slot, one.key, one.old, why) for one, why in left]

    def unit(session: Session) -> None:
        journal.finish(session, work.replacement_id, entry.number, state, len(left), listed)

    work.database.run(unit)


def _entries(work: Work, *states: str, newest_first: bool = False) -> list[CryptoReplacementRange]:
    with work.database.read() as session:
        return queries.ranges(session, work.replacement_id, states, newest_first=newest_first)


def _finding(work: Work, phase: str, number: int, key: str, value: str, why: str) -> journal.Listed:
    column, facts = work.columns[number]
    shown = rules.shown_key(column, facts, [one for one, _ in work.columns], key)
    return journal.Listed(phase, number, shown, why, mask(column.mask, value))
