"""Applying staged rows: one transaction, set-based for what is new, through the edit rules for what exists."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from catalog.codes import profiles
from catalog.codes.service import allocate_many
from catalog.errors import BATCH_STALE
from catalog.imports import queries
from catalog.imports.check import LEAVES
from catalog.imports.models import ImportBatch, ImportRow
from catalog.imports.prepared import Prepared
from catalog.imports.progress import Progress
from catalog.links import service as links
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.permissions import IMPORT
from catalog.search import service as search
from kernel import clock
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from kernel.identity.service import create_department

_KIND_LABELS: Final = {
    **{key: kind.zh for key, kind in KINDS.items()}, "data_item": "数据项", "db_column": "字段", "link": "关联",
}
_LEAF_DEFAULTS: Final[dict[str, Any]] = {
    "level": 1, "sensitive": False, "pii": False, "is_key": False, "nullable": True, "encrypted": False,
}


class Applier:
    """Applies the rows of one batch in the caller's transaction, a page of rows at a time."""

    def __init__(
        self, session: Session, actor: Actor, batch: ImportBatch, audit_id: uuid.UUID, source: str,
        chosen: Mapping[int, Mapping[str, Any]], prepared: Prepared | None = None,
    ) -> None:
        self._session, self._actor, self._batch, self._audit_id = session, actor, batch, audit_id
        self._source, self._now, self._chosen, self._prepared = source, clock.now(), chosen, prepared
        self._ready: dict[uuid.UUID, search.Ready] = {}
        self._departments: dict[str, uuid.UUID] = {}
        self._orgs: dict[uuid.UUID, str] = {}
        self._numbers: dict[uuid.UUID, int] = defaultdict(int)
        self._edited: set[uuid.UUID] = set()
        self._before: dict[int, tuple[str, dict[str, Any]]] = {}
        self.counts: dict[str, int] = defaultdict(int)

    def run(self, pages: Iterable[Sequence[Any]], total: int, progress: Progress) -> dict[str, int]:
        """Apply everything; returns how many rows of each kind were created and updated."""
        done = 0
        texts = iter(self._prepared) if self._prepared is not None else None
        for page in pages:
            self._ready = next(texts, {}) if texts is not None else {}
            for kind, group in groupby(page, key=lambda row: str(row.kind)):
                some = list(group)
                if kind in KINDS:
                    self._nodes(KINDS[kind], some)
                elif kind == "link":
                    self._links(some)
                else:
                    self._leaves(kind, some)
                done += len(some)
                progress(done, total, f"写入{_KIND_LABELS[kind]}")
        self._note_before()
        return dict(self.counts)

    def _note_before(self) -> None:
        """Undoing compares with the revision at the end of the batch, whichever of its rows came last."""
        table: Any = ImportRow.__table__
        revisions: dict[uuid.UUID, int] = {}
        for kind_key in {kind for kind, _ in self._before.values()}:
            ids_of = [uuid.UUID(before["node"]) for kind, before in self._before.values() if kind == kind_key]
            held = nodes.rows(self._session, KINDS[kind_key], list(dict.fromkeys(ids_of)))
            revisions.update({node_id: row["revision"] for node_id, row in held.items()})
        changed = [
            {"of": seq, "what": {**before, "revision": revisions[uuid.UUID(before["node"])]}}
            for seq, (_, before) in self._before.items()
        ]
        if changed:
            query = update(table).where(table.c.batch_id == self._batch.id, table.c.seq == bindparam("of"))
            self._session.execute(query.values(before=bindparam("what")), changed)

    def _department(self, name: str) -> uuid.UUID:
        """A department that the workbook names and nobody has opened: internal code, 待补."""
        if name not in self._departments:
            held = self._session.scalar(select(Department.id).where(Department.name == name))
            opener = system_actor("catalog.import")
            self._departments[name] = held or create_department(self._session, opener, name=name, kind="other").id
            self.counts["department_created"] += held is None
        return self._departments[name]

    # -- nodes ---------------------------------------------------------------------------------------------

    def _nodes(self, kind: NodeKind, rows: Sequence[Any]) -> None:
        created = [row for row in rows if row.action == "create"]
        if created:
            self._insert(kind, created)
            self.counts[f"{kind.key}_created"] += len(created)
        updated = [row for row in rows if row.action == "update"]
        if updated:
            self._require_fresh(kind, updated)
            held = {row["id"]: row for row in queries.working(self._session, kind.key, [r.node_id for r in updated])}
            for row in updated:
                self._update(kind, row, held[row.node_id])
            self.counts[f"{kind.key}_updated"] += len(updated)

    def _update(self, kind: NodeKind, row: Any, held: Mapping[str, Any]) -> None:
        values = queries.as_stored({**row.data["values"], **self._chosen.get(row.seq, {})})
        if not values:
            return
        node = self._session.get_one(kind.model, row.node_id)
        before = {name: held[name] for name in values}
        self._before[row.seq] = (kind.key, {"node": str(node.id), "fields": node_service.jsonable(before)})
        node_service.edit(self._session, self._actor, kind.key, node, values)
        self._edited.add(row.node_id)

    def _require_fresh(self, kind: NodeKind, rows: Sequence[Any]) -> None:
        held = nodes.rows(self._session, kind, [row.node_id for row in rows if row.node_id])
        stale = sum(1 for row in rows if row.node_id is None or held[row.node_id]["revision"] != row.revision)
        if stale:
            raise BATCH_STALE(rows=stale)

    def _insert(self, kind: NodeKind, rows: Sequence[Any]) -> None:
        template = self._template(kind)
        made = [self._values(template, row) for row in rows]
        self._give_codes(kind, made, rows)
        superiors = [(values["id"], values.pop("parent_id")) for values in made] if kind.key == "duty" else []
        if superiors:
            made = [{**values, "parent_id": None} for values in made]
        self._session.execute(insert(kind.model.__table__), made)
        above = [{"of": node_id, "above": superior} for node_id, superior in superiors if superior]
        if above:
            table = kind.model.__table__
            query = update(table).where(table.c.id == bindparam("of")).values(parent_id=bindparam("above"))
            self._session.execute(query, above)
        search.index(self._session, [
            node_service.document(kind.key, values, self._ready.get(values["id"])) for values in made
        ], fresh=True)
        if kind.key == "db_table":
            self._link([links.Wanted("system_table", uuid.UUID(row.data["parent"]), row.node_id) for row in rows])

    def _template(self, kind: NodeKind) -> dict[str, Any]:
        """What every new node of a kind starts with."""
        person = self._actor.user_id
        values: dict[str, Any] = {
            **node_service.filled(kind, {}), "status": "draft", "revision": 1, "version": 0, "source": self._source,
            "batch_id": self._batch.id, "created_by": person, "created_at": self._now, "updated_by": person,
            "updated_at": self._now, "audit_id": self._audit_id,
        }
        return values | {"online": False} if kind.key == "data_entry" else values

    def _values(self, template: Mapping[str, Any], row: Any) -> dict[str, Any]:
        department = row.data["department"]
        return {
            **template, **queries.given(row.data), "id": row.node_id, "legacy_code": row.data.get("legacy"),
            "department_id": uuid.UUID(department) if department else self._department(row.data["department_new"]),
        }

    def _give_codes(self, kind: NodeKind, made: Sequence[dict[str, Any]], rows: Sequence[Any]) -> None:
        """Codes in the order of the workbook; numbers are taken once for each scope."""
        wanted = {values["department_id"] for values in made} - set(self._orgs)
        if wanted:
            query = select(Department.id, Department.code).where(Department.id.in_(wanted))
            self._orgs.update(self._session.execute(query).tuples().all())
        systems = self._system_codes(rows) if kind.key == "db_table" else {}
        groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for values, row in zip(made, rows, strict=True):
            org = self._orgs[values["department_id"]]
            if kind.key == "data_entry" and values["class_code"]:
                groups[f"resource:{values['class_code']}", values["class_code"]].append(values)
            elif kind.key == "db_table":
                system = systems[row.data["parent"]]
                groups[f"table:{system}", system].append(values)
            else:
                groups[f"{kind.key}:{org}", org].append(values)
        patterns = profiles.patterns_in_force(self._session)
        taken = allocate_many(self._session, {scope: len(members) for (scope, _), members in groups.items()})
        for (scope, owner), members in groups.items():
            for values, number in zip(members, taken[scope], strict=True):
                if kind.key == "data_entry":
                    values["code"] = patterns.entry(owner, values["class_code"], number)
                else:
                    values["code"] = patterns.make(kind.key, owner, number)

    def _system_codes(self, rows: Sequence[Any]) -> dict[str, str]:
        held = nodes.rows(self._session, KINDS["system"], [uuid.UUID(row.data["parent"]) for row in rows])
        return {str(node_id): str(values["code"]) for node_id, values in held.items()}

    # -- items, columns, links -----------------------------------------------------------------------------

    def _leaves(self, kind_key: str, rows: Sequence[Any]) -> None:
        parent_key, child = LEAVES[kind_key]
        parent_kind = KINDS[parent_key]
        by_parent: dict[uuid.UUID, list[Any]] = defaultdict(list)
        for row in rows:
            by_parent[uuid.UUID(row.data["parent"])].append(row)
        parents = nodes.rows(self._session, parent_kind, list(by_parent))
        fresh: list[dict[str, Any]] = []
        for parent_id, some in by_parent.items():
            if parents[parent_id]["batch_id"] == self._batch.id:
                fresh.extend(self._fresh_leaves(child, kind_key, parents[parent_id], some))
            else:
                self._merge_leaves(parent_kind, parents[parent_id], some)
        if fresh:
            self._session.execute(insert(child.model.__table__), fresh)
        self.counts[f"{kind_key}_created"] += sum(row.action == "create" for row in rows)
        self.counts[f"{kind_key}_updated"] += sum(row.action == "update" for row in rows)

    def _fresh_leaves(
        self, child: Any, kind_key: str, parent: Mapping[str, Any], rows: Sequence[Any]
    ) -> list[dict[str, Any]]:
        patterns = profiles.patterns_in_force(self._session)
        start = self._numbers[parent["id"]] + 1
        self._numbers[parent["id"]] += len(rows)
        return [
            {
                **{name: _leaf_value(row.data["values"], name) for name in child.fields},
                "id": row.node_id, child.parent: parent["id"], "number": number,
                "code": patterns.make(kind_key, parent["code"], number),
            }
            for number, row in enumerate(rows, start=start)
        ]

    def _merge_leaves(self, kind: NodeKind, parent: Mapping[str, Any], rows: Sequence[Any]) -> None:
        """Rows with a code change their leaf, others are added; leaves that no row names stay."""
        known = [row.revision for row in rows if row.revision is not None]
        if parent["id"] not in self._edited and any(revision != parent["revision"] for revision in known):
            raise BATCH_STALE(rows=len(known))
        node = self._session.get_one(kind.model, parent["id"])
        held = queries.working_children(self._session, kind, parent["id"])
        by_id = {str(leaf.get("id")): leaf for leaf in held}
        before = [node_service.jsonable(leaf) for leaf in held]
        for row in rows:
            values = {**row.data["values"], **self._chosen.get(row.seq, {})}
            if row.action == "update" and str(row.node_id) in by_id:
                by_id[str(row.node_id)].update(values)
            elif row.action == "create":
                held.append({**values, "id": str(row.node_id)})
        node_service.edit(self._session, self._actor, kind.key, node, {}, held)
        self._before[rows[0].seq] = (kind.key, {"node": str(parent["id"]), "children": before})
        self._edited.add(parent["id"])

    def _link(self, wanted: Sequence[links.Wanted]) -> list[links.Outcome]:
        return links.add_many(
            self._session, self._actor, list(dict.fromkeys(wanted)), audit_id=self._audit_id, batch_id=self._batch.id,
            permission=IMPORT,
        )

    def _links(self, rows: Sequence[Any]) -> None:
        outcomes = self._link([
            links.Wanted(
                row.data["link"], uuid.UUID(row.data["upper"]), uuid.UUID(row.data["lower"]),
                row.data.get("relation", ""),
            )
            for row in rows
        ])
        self.counts["link_created"] += sum(outcome.state in ("draft", "valid") for outcome in outcomes)
        self.counts["link_pending"] += sum(outcome.state == "pending" for outcome in outcomes)


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
