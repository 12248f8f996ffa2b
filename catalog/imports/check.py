"""The dry run against the database: which row creates, changes or equals what, and which may not go in."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.imports import cells, queries
from catalog.imports.findings import ROW_ERROR, WARNING
from catalog.imports.mapping import Mapped, Row
from catalog.imports.profile import Profile
from catalog.nodes.kinds import CHANGEABLE, COLUMN, EDITABLE, ITEM, KINDS
from catalog.nodes.rules import problems
from kernel import clock, ids
from kernel.identity.actor import Actor

_LEAVES: Final = {"data_item": ("data_entry", ITEM), "db_column": ("db_table", COLUMN)}
_LINK_ENDS: Final = {
    "duty_data": ("duty", "data_entry"), "data_system": ("data_entry", "system"),
    "item_column": ("data_item", "db_column"),
}
_ORDER: Final = ("duty", "system", "data_entry", "data_item", "db_table", "db_column", "link")


@dataclass
class Staged:
    """A row with its decision: create, update, same or skip (a row error keeps it out)."""

    row: Row
    action: str
    node_id: uuid.UUID | None = None
    revision: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Checker:
    """Checks the rows of one batch; :meth:`run` returns them in the order in which they are applied."""

    def __init__(
        self, session: Session, actor: Actor, profile: Profile, mapped: Mapped,
        *, department_id: uuid.UUID | None, create_departments: bool,
    ) -> None:
        self._session, self._actor, self._profile, self._mapped = session, actor, profile, mapped
        self._default_department = department_id or (actor.department_id if actor.scope == "own" else None)
        self._create = create_departments and (actor.scope == "all" or actor.kind == "system")
        self._departments = queries.departments(session)
        self._departments |= {
            alias: self._departments[name] for alias, name in profile.department_aliases.items()
            if name in self._departments
        }
        self._announced: set[str] = set()
        self._keys: dict[tuple[str, str], uuid.UUID | None] = {}
        # node → its department, or the name of one that will be opened
        self._homes: dict[uuid.UUID, tuple[uuid.UUID | None, str | None]] = {}

    def run(self) -> list[Staged]:
        """Check everything."""
        staged: list[Staged] = []
        for kind in _ORDER:
            rows = [row for row in self._mapped.rows if row.kind == kind]
            if not rows:
                continue
            if kind in KINDS:
                staged.extend(self._nodes(kind, rows))
            elif kind == "link":
                staged.extend(self._links(rows))
            else:
                staged.extend(self._leaves(kind, rows))
        return staged

    # -- nodes ---------------------------------------------------------------------------------------------

    def _nodes(self, kind_key: str, rows: Sequence[Row]) -> list[Staged]:
        kind, legacy = KINDS[kind_key], self._profile.sheet(kind_key).legacy
        codes = queries.by_code(self._session, kind, [row.data["code"] for row in rows if row.data.get("code")])
        known = queries.by_legacy(
            self._session, kind, self._profile.source, [row.data[legacy] for row in rows if row.data.get(legacy)]
        ) if legacy else {}
        if kind_key == "data_entry":
            self._duplicates(rows)
        if kind_key == "db_table":
            self._look_up("system", (row.data.get("parent") for row in rows))
        staged: list[Staged] = []
        seen: dict[str, int] = {}
        for row in rows:
            existing = self._existing(row, codes, known, legacy)
            if kind_key == "db_table":
                self._parent(row, "system", required=existing is None)
            department = self._department(row, existing)
            self._same_key(row, seen, legacy)
            for problem in problems(kind_key, self._values(kind_key, row)):
                self._mapped.add(row, problem.field, ROW_ERROR, "value", problem.reason_zh, problem.reason_en)
            one = self._decide(kind_key, row, existing, department, row.data.get(legacy) if legacy else None)
            self._remember(kind_key, row, one)
            if one.node_id is not None:
                self._homes[one.node_id] = (department, one.data.get("department_new"))
            staged.append(one)
        return staged

    def _existing(
        self, row: Row, codes: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]], legacy: str | None
    ) -> dict[str, Any] | None:
        code = row.data.get("code")
        if code:
            if code not in codes:
                self._mapped.add(row, "code", ROW_ERROR, "code_unknown", code)
            elif not self._actor.sees(codes[code]["department_id"]):
                self._mapped.add(row, "code", ROW_ERROR, "department_foreign")
            return codes.get(code)
        return known.get(row.data.get(legacy, "")) if legacy else None

    def _department(self, row: Row, existing: dict[str, Any] | None) -> uuid.UUID | None:
        name = row.data.get("department")
        if name is None:
            # a table without a department column belongs where its system belongs
            parent = row.data.get("parent_id")
            home, row.data["department"] = self._homes.get(uuid.UUID(parent), (None, None)) if parent else (None, None)
            found = existing["department_id"] if existing else home or self._default_department
            if found is None and row.data["department"] is None and row.severity is None:
                self._mapped.add(row, "department", ROW_ERROR, "empty_required")
            return found
        found = self._departments.get(name)
        if found is None:
            self._unknown_department(row, name)
        elif not self._actor.sees(found):
            self._mapped.add(row, "department", ROW_ERROR, "department_foreign")
        return found

    def _unknown_department(self, row: Row, name: str) -> None:
        if not self._create:
            self._mapped.add(row, "department", ROW_ERROR, "department_unknown", name)
        elif name not in self._announced:
            self._announced.add(name)
            self._mapped.add(row, "department", WARNING, "department_created", name)

    def _same_key(self, row: Row, seen: dict[str, int], legacy: str | None) -> None:
        for name in ("key", "code", legacy):
            value = row.data.get(name) if name else None
            if value:
                mark = f"{name}:{value}"
                if mark in seen:
                    self._mapped.add(row, str(name), ROW_ERROR, "duplicate_key", str(seen[mark]))
                seen.setdefault(mark, row.number)

    def _duplicates(self, rows: Sequence[Row]) -> None:
        first: dict[str, int] = {}
        for row in rows:
            name = row.data.get("name")
            if name in first:
                self._mapped.add(row, "name", WARNING, "duplicate_name", str(first[name]))
            elif name:
                first[name] = row.number

    def _values(self, kind_key: str, row: Row) -> dict[str, Any]:
        fields = KINDS[kind_key].fields
        return {name: value for name, value in row.data.items() if name in fields}

    def _decide(
        self, kind_key: str, row: Row, existing: dict[str, Any] | None, department: uuid.UUID | None, legacy: Any
    ) -> Staged:
        data: dict[str, Any] = {"values": self._values(kind_key, row), "parent": row.data.get("parent_id")}
        if existing is None:
            data |= {"department": str(department) if department else None, "legacy": legacy}
            data["department_new"] = None if department else row.data.get("department")
            return Staged(row, "skip" if row.severity else "create", None if row.severity else ids.new(), None, data)
        data["values"] = changed = self._changes(kind_key, row, existing)
        if changed and row.data.get("revision") not in (None, existing["revision"]):
            self._mapped.add(row, "revision", ROW_ERROR, "stale", str(existing["revision"]))
        if changed and existing["status"] not in (*EDITABLE, *CHANGEABLE):
            self._mapped.add(row, "name", ROW_ERROR, "in_review")
        action = "skip" if row.severity else ("update" if changed else "same")
        return Staged(row, action, existing["id"], existing["revision"], data)

    def _changes(self, kind_key: str, row: Row, existing: dict[str, Any]) -> dict[str, Any]:
        """Fields of the sheet whose value differs; an emptied cell clears its field."""
        changed: dict[str, Any] = {}
        for name in row.places:
            if name not in KINDS[kind_key].fields or (name == "theme" and "theme_text" in row.data):
                continue
            new, old = row.data.get(name), existing.get(name)
            old = clock.iso(old) if isinstance(old, datetime) else old
            if not cells.unchanged(old, new):
                changed[name] = new
        return changed

    # -- references ----------------------------------------------------------------------------------------

    def _remember(self, kind_key: str, row: Row, one: Staged) -> None:
        for name in (row.data.get("key"), row.data.get("code")):
            if name:
                self._keys[kind_key, name] = None if one.action == "skip" else one.node_id

    def _look_up(self, kind_key: str, references: Iterable[str | None]) -> None:
        """Find codes that are no row of this workbook in the database, many at once."""
        wanted = [ref for ref in dict.fromkeys(references) if ref and (kind_key, ref) not in self._keys]
        held = (
            queries.by_code(self._session, KINDS[kind_key], wanted) if kind_key in KINDS
            else queries.leaves_by_code(self._session, kind_key, wanted)
        )
        for code, values in held.items():
            self._keys[kind_key, code] = values["id"]
            if kind_key in KINDS:
                self._homes[values["id"]] = (values["department_id"], None)

    def _resolve(self, row: Row, name: str, kind_key: str) -> uuid.UUID | None:
        """The node that a reference means: a row key or code of this workbook, else a code of the database."""
        reference = row.data.get(name)
        if not reference:
            return None
        found = self._keys.get((kind_key, reference))
        if found is None:
            self._mapped.add(row, name, ROW_ERROR, "reference_unknown", reference)
        return found

    def _parent(self, row: Row, kind_key: str, *, required: bool) -> None:
        found = self._resolve(row, "parent", kind_key)
        if found is not None:
            row.data["parent_id"] = str(found)
        elif required and not row.data.get("parent") and row.severity is None:
            self._mapped.add(row, "parent", ROW_ERROR, "empty_required")

    def _leaves(self, kind_key: str, rows: Sequence[Row]) -> list[Staged]:
        parent_kind, child = _LEAVES[kind_key]
        known = queries.leaves_by_code(self._session, kind_key, [r.data["code"] for r in rows if r.data.get("code")])
        self._look_up(parent_kind, (row.data.get("parent") for row in rows))
        staged: list[Staged] = []
        for row in rows:
            self._parent(row, parent_kind, required=True)
            code = row.data.get("code")
            if code and code not in known:
                self._mapped.add(row, "code", ROW_ERROR, "code_unknown", code)
            values = {name: value for name, value in row.data.items() if name in child.fields}
            for problem in problems(kind_key, values):
                self._mapped.add(row, problem.field, ROW_ERROR, "value", problem.reason_zh, problem.reason_en)
            existing = known.get(str(code)) if code else None
            same = existing is not None and all(
                cells.unchanged(existing[n], row.data.get(n)) for n in row.places if n in child.fields
            )
            action = "skip" if row.severity else "same" if same else "update" if existing else "create"
            node_id = existing["id"] if existing else None if row.severity else ids.new()
            one = Staged(row, action, node_id, None, {"values": values, "parent": row.data.get("parent_id")})
            self._remember(kind_key, row, one)
            staged.append(one)
        return staged

    def _links(self, rows: Sequence[Row]) -> list[Staged]:
        for kind, (upper, lower) in _LINK_ENDS.items():
            self._look_up(upper, (row.data.get("upper") for row in rows if row.data.get("link") == kind))
            self._look_up(lower, (row.data.get("lower") for row in rows if row.data.get("link") == kind))
        staged: list[Staged] = []
        for row in rows:
            link = row.data.get("link")
            data: dict[str, Any] = {"link": link}
            if link:
                upper, lower = _LINK_ENDS[link]
                ends = (self._resolve(row, "upper", upper), self._resolve(row, "lower", lower))
                data["upper"], data["lower"] = (str(end) if end else None for end in ends)
            staged.append(Staged(row, "skip" if row.severity else "create", None, None, data))
        return staged
