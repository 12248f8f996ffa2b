"""What a rule looks at, and what it answers. Pure."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from catalog.codes.lists import code_list
from catalog.nodes.kinds import KINDS, LIVE
from catalog.nodes.rules import LISTED, problems
from catalog.search.rules import normalise

Row = Mapping[str, Any]
_DATES = frozenset(("published_on", "effective_on", "live_on", "retired_on"))
_NUMBERS = frozenset(("level", "record_count", "row_count", "length", "precision", "mlps_level"))
CHILD_KEYS = {"data_entry": "data_item", "db_table": "db_column"}


@dataclass(frozen=True)
class Around:
    """The surroundings of the nodes of one department.

    ``names`` counts (level, place, name) as :func:`identity_of` gives it; ``columns`` are the columns that an item
    is linked to, ``items`` the items that a column is linked to; ``tables`` and ``served`` the entries with a linked
    table and with a published interface; ``confirmed`` when it was last answered for an entry that nothing changed.
    """

    now: datetime
    today: str
    credit_code: str | None = None
    names: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    codes: Collection[str] = ()
    columns: Mapping[uuid.UUID, Sequence[Row]] = field(default_factory=dict)
    items: Mapping[uuid.UUID, Sequence[Row]] = field(default_factory=dict)
    tables: Collection[uuid.UUID] = ()
    served: Collection[uuid.UUID] = ()
    confirmed: Mapping[uuid.UUID, datetime] = field(default_factory=dict)


class Wrong(NamedTuple):
    """A cell that fails; ``child`` is the item or column where the cell is one of its."""

    field: str
    value: Any
    child: Row | None = None


class Outcome(NamedTuple):
    """How many cells a rule looked at, and which of them fail."""

    checked: int
    wrong: Sequence[Wrong] = ()


@dataclass(frozen=True)
class Subject:
    """One node with its items or columns, under the rules."""

    kind: str
    row: Row
    children: Sequence[Row]
    around: Around
    system: str = ""
    """Of a table: the id of its system."""

    @property
    def live(self) -> bool:
        """Whether readers see the node as published."""
        return self.row["status"] in LIVE

    @cached_property
    def forms(self) -> dict[str, Outcome]:
        """Filled cells that have a form to keep, by form; each such cell stands under exactly one."""
        counts: dict[str, int] = dict.fromkeys(FORMS, 0)
        wrong: dict[str, list[Wrong]] = {form: [] for form in FORMS}
        for kind, values, child in self._records():
            forms = _forms_of(kind)
            filled = {name: values[name] for name in forms if not blank(values.get(name))}
            for name in filled:
                counts[forms[name]] += 1
            for bad in {problem.field for problem in problems(kind, filled)}:
                wrong[forms[bad]].append(Wrong(bad, filled[bad], child))
        return {form: Outcome(counts[form], wrong[form]) for form in FORMS}

    def _records(self) -> list[tuple[str, Row, Row | None]]:
        child_kind = CHILD_KEYS.get(self.kind, "")
        return [(self.kind, self.row, None), *((child_kind, child, child) for child in self.children)]


@dataclass(frozen=True)
class Rule:
    """One check. ``cells`` says what its denominator counts; ``fix`` what an officer does about a failing cell."""

    id: str
    dimension: str
    kinds: tuple[str, ...]
    zh: str
    en: str
    cells_zh: str
    fix_zh: str
    fix_en: str
    check: Callable[[Subject], Outcome]


FORMS = ("listed", "date", "number", "class_code", "text")


def blank(value: Any) -> bool:
    """Whether a cell is empty. False and 0 are values."""
    return value is None or value in ("", [])


def identity_of(kind: str, row: Row, system: str) -> tuple[str, str, str]:
    """What must be unique in a department: a name on its level, a table by schema and name within its system."""
    if kind == "db_table":
        return kind, system, f"{row['schema_name'] or ''}.{row['table_name']}".casefold()
    return kind, "", normalise(row["name"])


_known_forms: dict[str, dict[str, str]] = {}


def _forms_of(kind: str) -> dict[str, str]:
    """Field → form, for the fields of a kind (or of a kind of child) whose value has a form."""
    if kind not in _known_forms:
        parent = next((key for key, child in CHILD_KEYS.items() if child == kind), kind)
        owner: Any = KINDS[parent] if parent == kind else KINDS[parent].child
        _known_forms[kind] = {
            name: form for name in owner.fields if (form := _form(kind, name, owner.model.__table__.c[name]))
        }
    return _known_forms[kind]


def _form(kind: str, name: str, column: Any) -> str:
    if name in LISTED.get(kind, {}):
        # a list that is gone would make every value wrong; that is a defect of the program, not of the data
        code_list(LISTED[kind][name])
        return "listed"
    if name in _DATES:
        return "date"
    if name in _NUMBERS:
        return "number"
    if name == "class_code":
        return "class_code"
    return "text" if type(column.type).__name__ in ("String", "Text") else ""
