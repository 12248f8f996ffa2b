"""Applying staged rows: one transaction, set-based for what is new, through the edit rules for what exists."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.codes import rules as codes
from catalog.codes.service import allocate
from catalog.errors import BATCH_STALE
from catalog.imports.models import ImportBatch, ImportRow
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import COLUMN, ITEM, KINDS, NodeKind
from catalog.nodes.models import DataItem, DataSystem, DbColumn, DutyData, ItemColumn, SystemTable
from catalog.search import service as search
from kernel import clock, ids
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from kernel.identity.service import create_department

Progress = Callable[[int, int, str], None]

_LINKS: Final[dict[str, tuple[Any, str, str]]] = {
    "duty_data": (DutyData, "duty_id", "entry_id"), "data_system": (DataSystem, "entry_id", "system_id"),
    "item_column": (ItemColumn, "item_id", "column_id"),
}
_LEAVES: Final[dict[str, tuple[str, Any]]] = {"data_item": ("data_entry", ITEM), "db_column": ("db_table", COLUMN)}
_INSTANTS: Final = ("data_updated_at", "last_update_at")
_LEAF_DEFAULTS: Final[dict[str, Any]] = {
    "level": 1, "sensitive": False, "pii": False, "is_key": False, "nullable": True, "encrypted": False,
}


class Applier:
    """Applies the rows of one batch in the caller's transaction."""

    def __init__(self, session: Session, actor: Actor, batch: ImportBatch, audit_id: uuid.UUID, source: str) -> None:
        self._session, self._actor, self._batch, self._audit_id = session, actor, batch, audit_id
        self._source, self._now = source, clock.now()
        self._departments: dict[str, uuid.UUID] = {}
        self.counts: dict[str, int] = defaultdict(int)

    def run(self, rows: Sequence[ImportRow], progress: Progress) -> dict[str, int]:
        """Apply everything; returns how many rows of each kind were created and updated."""
        by_kind: dict[str, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_kind[row.kind].append(row)
        self._open_departments(rows)
        done = 0
        for kind in ("duty", "system", "data_entry", "data_item", "db_table", "db_column", "link"):
            some = by_kind.get(kind, [])
            if kind in KINDS:
                self._nodes(KINDS[kind], some)
            elif kind == "link":
                self._links(some)
            else:
                self._leaves(kind, some)
            done += len(some)
            if some:
                progress(done, len(rows), kind)
        self._note_revisions(rows)
        return dict(self.counts)

    def _note_revisions(self, rows: Sequence[ImportRow]) -> None:
        """Undoing compares with the revision at the end of the batch, whichever of its rows came last."""
        for row in rows:
            if row.before is not None:
                model = KINDS[_LEAVES[row.kind][0] if row.kind in _LEAVES else row.kind].model
                node = self._session.get_one(model, uuid.UUID(row.before["node"]))
                row.before = {**row.before, "revision": node.revision}

    def _open_departments(self, rows: Sequence[ImportRow]) -> None:
        """Departments that the workbook names and nobody has opened: internal code, 待补."""
        opener = system_actor("catalog.import")
        for row in rows:
            name = row.data.get("department_new")
            if name and name not in self._departments:
                held = self._session.scalar(select(Department.id).where(Department.name == name))
                self._departments[name] = held or create_department(self._session, opener, name=name, kind="other").id
                self.counts["department_created"] += held is None

    # -- nodes ---------------------------------------------------------------------------------------------

    def _nodes(self, kind: NodeKind, rows: Sequence[ImportRow]) -> None:
        created = [row for row in rows if row.action == "create"]
        if created:
            self._insert(kind, created)
            self.counts[f"{kind.key}_created"] += len(created)
        updated = [row for row in rows if row.action == "update"]
        self._require_fresh(kind, updated)
        for row in updated:
            node = self._session.get_one(kind.model, row.node_id)
            values = as_instants(row.data["values"])
            row.before = {"node": str(node.id), "fields": node_service.jsonable(
                {name: getattr(node, name) for name in values}
            )}
            node_service.edit(self._session, self._actor, kind.key, node, values)
        self.counts[f"{kind.key}_updated"] += len(updated)

    def _require_fresh(self, kind: NodeKind, rows: Sequence[ImportRow]) -> None:
        held = nodes.rows(self._session, kind, [row.node_id for row in rows if row.node_id])
        stale = sum(1 for row in rows if row.node_id is None or held[row.node_id]["revision"] != row.revision)
        if stale:
            raise BATCH_STALE(rows=stale)

    def _insert(self, kind: NodeKind, rows: Sequence[ImportRow]) -> None:
        made = [self._values(kind, row) for row in rows]
        self._give_codes(kind, made, rows)
        self._session.execute(insert(kind.model), made)
        documents = [node_service.document(kind.key, values) for values in made]
        search.index(self._session, documents, fresh=True)
        if kind.key == "db_table":
            self._session.execute(insert(SystemTable), [
                {**self._link(), "system_id": uuid.UUID(row.data["parent"]), "table_id": row.node_id} for row in rows
            ])

    def _values(self, kind: NodeKind, row: ImportRow) -> dict[str, Any]:
        department = row.data["department"]
        person = self._actor.user_id
        values: dict[str, Any] = {
            **node_service.filled(kind, as_instants(row.data["values"])),
            "id": row.node_id, "status": "draft", "revision": 1, "version": 0, "source": self._source,
            "department_id": uuid.UUID(department) if department else self._departments[row.data["department_new"]],
            "legacy_code": row.data.get("legacy"), "batch_id": self._batch.id, "created_by": person,
            "created_at": self._now, "updated_by": person, "updated_at": self._now, "audit_id": self._audit_id,
        }
        if kind.key == "data_entry":
            values["online"] = False
        return values

    def _give_codes(self, kind: NodeKind, made: Sequence[dict[str, Any]], rows: Sequence[ImportRow]) -> None:
        """Codes in the order of the workbook; numbers are taken once for each scope."""
        query = select(Department.id, Department.code)
        wanted = {values["department_id"] for values in made}
        orgs = dict(self._session.execute(query.where(Department.id.in_(wanted))).tuples().all())
        systems = self._system_codes(rows) if kind.key == "db_table" else {}
        groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for values, row in zip(made, rows, strict=True):
            org = orgs[values["department_id"]]
            if kind.key == "data_entry" and values["class_code"]:
                groups[f"resource:{values['class_code']}", values["class_code"]].append(values)
            elif kind.key == "db_table":
                system = systems[row.data["parent"]]
                groups[f"table:{system}", system].append(values)
            else:
                groups[f"{kind.key}:{org}", org].append(values)
        makers = {"duty": codes.duty_code, "system": codes.system_code, "db_table": codes.table_code}
        for (scope, front), members in groups.items():
            default = codes.resource_code if scope.startswith("resource:") else codes.provisional_code
            make = makers.get(kind.key, default)
            for values, number in zip(members, allocate(self._session, scope, len(members)), strict=True):
                values["code"] = make(front, number)

    def _system_codes(self, rows: Sequence[ImportRow]) -> dict[str, str]:
        held = nodes.rows(self._session, KINDS["system"], [uuid.UUID(row.data["parent"]) for row in rows])
        return {str(node_id): str(values["code"]) for node_id, values in held.items()}

    # -- items, columns, links -----------------------------------------------------------------------------

    def _leaves(self, kind_key: str, rows: Sequence[ImportRow]) -> None:
        parent_key, child = _LEAVES[kind_key]
        parent_kind = KINDS[parent_key]
        by_parent: dict[uuid.UUID, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_parent[uuid.UUID(row.data["parent"])].append(row)
        parents = nodes.rows(self._session, parent_kind, list(by_parent))
        fresh: list[dict[str, Any]] = []
        for parent_id, some in by_parent.items():
            if parents[parent_id]["batch_id"] == self._batch.id:
                fresh.extend(self._fresh_leaves(child, kind_key, parents[parent_id], some))
            else:
                self._merge_leaves(parent_kind, parent_id, some)
        if fresh:
            self._session.execute(insert(DataItem if kind_key == "data_item" else DbColumn), fresh)
        self.counts[f"{kind_key}_created"] += sum(row.action == "create" for row in rows)
        self.counts[f"{kind_key}_updated"] += sum(row.action == "update" for row in rows)

    def _fresh_leaves(
        self, child: Any, kind_key: str, parent: Mapping[str, Any], rows: Sequence[ImportRow]
    ) -> list[dict[str, Any]]:
        make = codes.item_code if kind_key == "data_item" else codes.column_code
        return [
            {
                **{name: _leaf_value(row.data["values"], name) for name in child.fields},
                "id": row.node_id, child.parent: parent["id"], "number": number, "code": make(parent["code"], number),
            }
            for number, row in enumerate(rows, start=1)
        ]

    def _merge_leaves(self, kind: NodeKind, parent_id: uuid.UUID, rows: Sequence[ImportRow]) -> None:
        """Rows with a code change their leaf, others are added; leaves that no row names stay."""
        node = self._session.get_one(kind.model, parent_id)
        held = nodes.children(self._session, kind, [parent_id])[parent_id]
        by_id = {leaf["id"]: leaf for leaf in held}
        before = [node_service.jsonable(leaf) for leaf in held]
        for row in rows:
            if row.action == "update" and row.node_id in by_id:
                by_id[row.node_id].update(row.data["values"])
            elif row.action == "create":
                held.append(dict(row.data["values"]))
        node_service.edit(self._session, self._actor, kind.key, node, {}, held)
        rows[0].before = {"node": str(parent_id), "children": before}

    def _link(self) -> dict[str, Any]:
        return {"id": ids.new(), "batch_id": self._batch.id, "created_at": self._now, "audit_id": self._audit_id}

    def _links(self, rows: Sequence[ImportRow]) -> None:
        for token, (model, upper, lower) in _LINKS.items():
            wanted = {
                (uuid.UUID(row.data["upper"]), uuid.UUID(row.data["lower"]))
                for row in rows
                if row.data["link"] == token
            }
            table = model.__table__
            held: set[tuple[uuid.UUID, uuid.UUID]] = set()
            for some in nodes.slices(sorted({end for end, _ in wanted})):
                query = select(table.c[upper], table.c[lower]).where(table.c[upper].in_(some))
                held.update((first, second) for first, second in self._session.execute(query))
            new = sorted(wanted - held)
            if new:
                self._session.execute(
                    insert(model), [{**self._link(), upper: first, lower: second} for first, second in new]
                )
            self.counts["link_created"] += len(new)


def as_instants(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a staged row with their instants as datetimes."""
    made = dict(values)
    for name in _INSTANTS:
        if isinstance(made.get(name), str):
            made[name] = clock.parse(made[name])
    return made


def _leaf_value(values: Mapping[str, Any], name: str) -> Any:
    value = values.get(name)
    return _LEAF_DEFAULTS.get(name) if value is None else value


def mark_applied(session: Session, batch: ImportBatch, at: datetime, counts: Mapping[str, int]) -> None:
    """Close the batch."""
    session.execute(
        update(ImportBatch).where(ImportBatch.id == batch.id)
        .values(state="applied", applied_at=at, counts={**batch.counts, "applied": dict(counts)})
    )
    session.expire(batch)
