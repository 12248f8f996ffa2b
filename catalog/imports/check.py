"""The dry run against the database: which row creates, changes or equals what, and which may not go in.

Rows come in groups of a few thousand, kind by kind, so that a workbook of any size needs little memory. A row whose
node was exported with the workbook is merged cell by cell: only cells that differ from the export are the
officer's, and only those that somebody else changed too are asked about.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.codes.checks import Checker as CodeTables
from catalog.imports import cells, merge, queries
from catalog.imports.base import Base
from catalog.imports.findings import ROW_ERROR, WARNING
from catalog.imports.mapping import LINK_ENDS, Mapped, Mapping, Row
from catalog.imports.profile import Profile
from catalog.links import service as links
from catalog.links.service import Wanted
from catalog.nodes.kinds import CHANGEABLE, COLUMN, EDITABLE, ITEM, KINDS
from catalog.nodes.rules import Problem, editable, problems
from kernel import ids
from kernel.identity.actor import Actor

LEAVES: Final = {"data_item": ("data_entry", ITEM), "db_column": ("db_table", COLUMN)}
ORDER: Final = ("duty", "system", "data_entry", "data_item", "db_table", "db_column", "link")
GROUP: Final = 2000
_NOBODY: Final = str(uuid.UUID(int=0))


@dataclass
class Staged:
    """A row with its decision: create, update, same or skip (a row error keeps it out)."""

    row: Row
    action: str
    node_id: uuid.UUID | None = None
    revision: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    clashes: list[merge.Clash] = field(default_factory=list)


class Checker:
    """Checks the rows of one batch; :meth:`groups` names the groups in the order in which they are applied."""

    def __init__(
        self, actor: Actor, profile: Profile, mapping: Mapping, base: Base,
        *, department_id: uuid.UUID | None, create_departments: bool,
    ) -> None:
        self._actor, self._profile, self._mapping, self._base = actor, profile, mapping, base
        self._mapped: Mapped = mapping.mapped
        self._default_department = department_id or (actor.department_id if actor.scope == "own" else None)
        self._create = create_departments and (actor.scope == "all" or actor.kind == "system")
        self._departments: dict[str, uuid.UUID] | None = None
        self._tables: CodeTables | None = None
        self._announced: set[str] = set()
        self._keys: dict[tuple[str, str], uuid.UUID | None] = {}
        # system → its department, or the name of one that will be opened
        self._homes: dict[uuid.UUID, tuple[uuid.UUID | None, str | None]] = {}
        self._foreign: set[uuid.UUID] = set()
        self._names: dict[str, int] = {}
        self._seen: dict[tuple[str, str | None], dict[str, int]] = defaultdict(dict)

    def groups(self) -> Iterator[tuple[str, list[Row]]]:
        """(kind, rows) in the order of levels; duties come at once because one may name another as superior."""
        for kind in ORDER:
            if kind in self._mapping.kinds:
                rows = self._mapping.rows(kind)
                while some := list(islice(rows, None if kind == "duty" else GROUP)):
                    yield kind, some

    def _listed(self, kind_key: str, row: Row, existing: Any) -> list[Problem]:
        """What the tables of regions and classes say about values that are new."""
        if self._tables is None:
            self._tables = CodeTables(self._session)
        given = {name: value for name, value in self._values(kind_key, row).items() if name in ("region", "class_code")}
        held = {} if existing is None else existing
        return self._tables.problems({name: value for name, value in given.items() if value != held.get(name)})

    def check(self, session: Session, kind: str, rows: Sequence[Row]) -> list[Staged]:
        """Decide about one group; findings are added to the mapping's."""
        self._session = session
        if self._departments is None:
            self._departments = self._known_departments()
        if kind in KINDS:
            return self._nodes(kind, rows)
        return self._links(rows) if kind == "link" else self._leaves(kind, rows)

    def _known_departments(self) -> dict[str, uuid.UUID]:
        known = queries.departments(self._session)
        return known | {
            alias: known[name] for alias, name in self._profile.department_aliases.items() if name in known
        }

    # -- nodes ---------------------------------------------------------------------------------------------

    def _nodes(self, kind_key: str, rows: Sequence[Row]) -> list[Staged]:
        legacy = self._profile.sheet(kind_key).legacy
        codes = self._by_code(kind_key, rows)
        known = queries.by_legacy(
            self._session, KINDS[kind_key], self._profile.source,
            [row.data[legacy] for row in rows if row.data.get(legacy)],
        ) if legacy else {}
        if kind_key == "data_entry":
            self._duplicates(rows)
        if kind_key == "db_table":
            self._look_up("system", (row.data.get("parent") for row in rows))
        staged: list[Staged] = []
        for row in rows:
            existing = self._existing(row, codes, known, legacy)
            if kind_key == "db_table":
                self._parent(row, "system", required=existing is None)
            department = self._department(row, existing)
            self._same_key(kind_key, row, legacy)
            for problem in (*problems(kind_key, self._values(kind_key, row)), *self._listed(kind_key, row, existing)):
                self._mapped.add(row, problem.field, ROW_ERROR, "value", problem.reason_zh, problem.reason_en)
            one = self._decide(kind_key, row, existing, department, row.data.get(legacy) if legacy else None)
            self._remember(kind_key, row, one)
            if kind_key == "system" and one.node_id is not None:
                self._homes[one.node_id] = (department, one.data.get("department_new"))
            staged.append(one)
        if kind_key == "duty":
            self._superiors(staged)
        return staged

    def _by_code(self, kind_key: str, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
        """What the codes of rows mean now; a code that was changed since the export is found by its node."""
        wanted = [row.data["code"] for row in rows if row.data.get("code")]
        found = queries.working_by_code(self._session, kind_key, wanted)
        moved = {code: self._base.node(kind_key, code) for code in wanted if code not in found}
        ids_of = {code: node_id for code, node_id in moved.items() if node_id is not None}
        held = queries.working_by_id(self._session, kind_key, list(ids_of.values()))
        return found | {code: held[node_id] for code, node_id in ids_of.items() if node_id in held}

    def _existing(
        self, row: Row, codes: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]], legacy: str | None
    ) -> dict[str, Any] | None:
        code = row.data.get("code")
        if code:
            if code not in codes:
                self._mapped.add(row, "code", ROW_ERROR, "code_unknown", code)
            elif not self._actor.sees(codes[code]["department_id"]):
                self._foreign.add(codes[code]["id"])
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
        found = (self._departments or {}).get(name)
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

    def _same_key(self, kind_key: str, row: Row, legacy: str | None) -> None:
        for name in ("key", "code", legacy):
            value = row.data.get(name) if name else None
            if value:
                first = self._seen[kind_key, name].setdefault(value, row.number)
                if first != row.number:
                    self._mapped.add(row, str(name), ROW_ERROR, "duplicate_key", str(first))

    def _duplicates(self, rows: Sequence[Row]) -> None:
        for row in rows:
            name = row.data.get("name")
            if name:
                first = self._names.setdefault(name, row.number)
                if first != row.number:
                    self._mapped.add(row, "name", WARNING, "duplicate_name", str(first))

    def _values(self, kind_key: str, row: Row) -> dict[str, Any]:
        fields = KINDS[kind_key].fields
        return {name: value for name, value in row.data.items() if name in fields}

    def _decide(
        self, kind_key: str, row: Row, existing: dict[str, Any] | None, department: uuid.UUID | None, legacy: Any
    ) -> Staged:
        parent = row.data.get("parent_id")
        if existing is None:
            node_id = None if row.severity else ids.new()
            data = {
                "values": self._values(kind_key, row), "parent": parent, "legacy": legacy,
                "department": str(department) if department else None,
                "department_new": None if department else row.data.get("department"),
            }
            return Staged(row, "create" if node_id else "skip", node_id, None, data)
        merged = merge.row(kind_key, KINDS[kind_key].fields, row, existing, self._base.row(existing["id"]))
        self._judge(row, existing, merged, existing["revision"])
        if merged and not editable(kind_key, existing["status"], {**merged.values, **merged.data.get("clashes", {})}):
            self._mapped.add(row, "name", ROW_ERROR, "in_review")
        action = "skip" if row.severity else "update" if merged else "same"
        return Staged(
            row, action, existing["id"], existing["revision"], {**merged.data, "parent": parent}, merged.clashes
        )

    def _judge(self, row: Row, existing: dict[str, Any], merged: merge.Merged, revision: int) -> None:
        """Without the values of the export nobody can tell whose change is newer, so a stale row stays out."""
        held = row.data.get("revision")
        if merged and self._base.row(existing["id"]) is None and held not in (None, revision):
            self._mapped.add(row, "revision", ROW_ERROR, "stale", str(revision))

    def _superiors(self, staged: Sequence[Staged]) -> None:
        """The duty above a duty, by row key or code; a row whose superior is unknown stays out."""
        self._look_up("duty", (one.row.data.get("superior") for one in staged))
        for one in staged:
            held = one.data.pop("held_parent", None)
            if "superior" not in one.row.places or one.action == "skip":
                continue
            found = self._resolve(one.row, "superior", "duty")
            mine = str(found) if found else None
            if one.row.severity:
                one.action = "skip"
            elif mine != held:
                self._superior(one, mine, held)

    def _superior(self, one: Staged, mine: str | None, held: str | None) -> None:
        base = self._base.row(one.node_id) if one.node_id and one.action != "create" else None
        if base is not None and base.get("parent_id") == mine:
            return
        if base is not None and base.get("parent_id") != held:
            one.clashes.append(merge.Clash("parent_id", base.get("parent_id"), held, mine))
            one.data.setdefault("clashes", {})["parent_id"] = mine
        else:
            one.data["values"]["parent_id"] = mine
            one.data.setdefault("old", {})["parent_id"] = held
        one.action = "update" if one.action == "same" else one.action

    # -- references ----------------------------------------------------------------------------------------

    def _remember(self, kind_key: str, row: Row, one: Staged) -> None:
        for name in (row.data.get("key"), row.data.get("code")):
            if name:
                self._keys[kind_key, name] = one.node_id

    def _look_up(self, kind_key: str, references: Iterable[str | None]) -> None:
        """Find codes that are no row of this workbook in the database, many at once."""
        wanted = [
            text for ref in dict.fromkeys(references) if ref and (kind_key, ref) not in self._keys
            for text in dict.fromkeys((ref, cells.first_word(ref))) if (kind_key, text) not in self._keys
        ]
        for code, (node_id, department) in queries.ends_by_code(self._session, kind_key, wanted).items():
            self._keys[kind_key, code] = node_id
            if kind_key == "system":
                self._homes[node_id] = (department, None)
            if department is not None and not self._actor.sees(department):
                self._foreign.add(node_id)
        for code in wanted:
            if (kind_key, code) not in self._keys:
                moved = self._base.node(kind_key, code)
                if moved is not None:
                    self._keys[kind_key, code] = moved

    def _resolve(self, row: Row, name: str, kind_key: str) -> uuid.UUID | None:
        """The node that a reference means: a row key or code of this workbook, else a code of the database.

        A drop-down gives "code name", so the first word is tried where the whole is nothing.
        """
        reference = row.data.get(name)
        if not reference:
            return None
        found = self._keys.get((kind_key, reference)) or self._keys.get((kind_key, cells.first_word(reference)))
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
        parent_kind, child = LEAVES[kind_key]
        known = self._by_code(kind_key, rows)
        self._look_up(parent_kind, (row.data.get("parent") for row in rows))
        staged: list[Staged] = []
        for row in rows:
            self._parent(row, parent_kind, required=True)
            if uuid.UUID(row.data.get("parent_id", _NOBODY)) in self._foreign:
                self._mapped.add(row, "parent", ROW_ERROR, "department_foreign")
            code = row.data.get("code")
            existing = known.get(str(code)) if code else None
            if code and existing is None:
                self._mapped.add(row, "code", ROW_ERROR, "code_unknown", code)
            self._same_key(kind_key, row, None)
            values = {name: value for name, value in row.data.items() if name in child.fields}
            for problem in problems(kind_key, values):
                self._mapped.add(row, problem.field, ROW_ERROR, "value", problem.reason_zh, problem.reason_en)
            one = self._leaf(kind_key, row, values, existing)
            self._remember(kind_key, row, one)
            staged.append(one)
        return staged

    def _leaf(self, kind_key: str, row: Row, values: dict[str, Any], existing: dict[str, Any] | None) -> Staged:
        _, child = LEAVES[kind_key]
        parent = row.data.get("parent_id")
        if existing is None:
            node_id = None if row.severity else ids.new()
            return Staged(row, "create" if node_id else "skip", node_id, None, {"values": values, "parent": parent})
        if parent and str(existing[child.parent]) != parent:
            self._mapped.add(row, "parent", ROW_ERROR, "parent_changed")
        elif not self._actor.sees(existing["department_id"]):
            self._mapped.add(row, "code", ROW_ERROR, "department_foreign")
        merged = merge.row(kind_key, child.fields, row, existing, self._base.row(existing["id"]))
        self._judge(row, existing, merged, existing["revision"])
        if merged and existing["status"] not in (*EDITABLE, *CHANGEABLE):
            self._mapped.add(row, "name", ROW_ERROR, "in_review")
        action = "skip" if row.severity else "update" if merged else "same"
        return Staged(
            row, action, existing["id"], existing["revision"], {**merged.data, "parent": parent}, merged.clashes
        )

    def _links(self, rows: Sequence[Row]) -> list[Staged]:
        for kind, (upper, lower) in LINK_ENDS.items():
            some = [row for row in rows if row.data.get("link", "").split(":")[0] == kind]
            self._look_up(upper, (row.data.get("upper") for row in some))
            self._look_up(lower, (row.data.get("lower") for row in some))
        staged: list[Staged] = []
        wanted: dict[int, Wanted] = {}
        for row in rows:
            link, _, relation = row.data.get("link", "").partition(":")
            data: dict[str, Any] = {"link": link, "relation": relation}
            if link:
                upper, lower = LINK_ENDS[link]
                ends = (self._resolve(row, "upper", upper), self._resolve(row, "lower", lower))
                data["upper"], data["lower"] = (str(end) if end else None for end in ends)
                if ends[0] and ends[1]:
                    wanted[len(staged)] = Wanted(link, ends[0], ends[1], relation)
            staged.append(Staged(row, "skip" if row.severity else "create", None, None, data))
        held = queries.held_links(self._session, list(wanted.values()))
        refused = links.refusals(self._session, self._actor, list(wanted.values()))
        for at, one in wanted.items():
            if one in held and staged[at].action == "create":
                staged[at].action = "same"
            elif one in refused:
                row, error = staged[at].row, refused[one]
                self._mapped.add(row, "link", ROW_ERROR, "value", error.text("zh"), error.text("en"))
                staged[at].action = "skip"
        return staged
