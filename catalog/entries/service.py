"""Use cases of data entries beyond those of every node: detail, version differences, links."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog import anchor
from catalog.codes.rules import is_provisional
from catalog.entries import queries
from catalog.entries.schemas import EntryDetail, EntrySummary, FieldDiff, ItemOut, VersionOut
from catalog.errors import SECRET
from catalog.links import service as links
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry
from catalog.nodes.rules import LABELS
from catalog.permissions import EDIT
from catalog.public import tombstones
from catalog.public.rules import RELEASE_FROM
from catalog.review import queries as reviews
from catalog.review import reasons
from catalog.review.rules import Situation, available
from catalog.search.rules import Query, highlight
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.identity.names import names_of

KIND = "data_entry"


def create(
    session: Session, actor: Actor, values: Mapping[str, Any], *, department_id: uuid.UUID,
    items: Sequence[Mapping[str, Any]] = (), secret: bool = False,
) -> DataEntry:
    """A new draft; ``secret`` raises ``catalog.entry.secret``, the flag itself cannot be stored."""
    if secret:
        raise SECRET()
    node: DataEntry = node_service.create(
        session, actor, KIND, values, department_id=department_id, children=items
    )
    return node


def summary(entry: DataEntry, department: str, query: Query | None = None) -> EntrySummary:
    """A row of a list, with the text around the first hit of a search."""
    text = f"{entry.name}　{entry.abstract}" if query else ""
    return EntrySummary(
        id=entry.id, code=entry.code, name=entry.name, department_id=entry.department_id, department=department,
        status=entry.status, version=entry.version, revision=entry.revision, online=entry.online, theme=entry.theme,
        formats=entry.formats, share_type=entry.share_type, open_type=entry.open_type,
        update_cycle=entry.update_cycle, level=entry.level, data_updated_at=entry.data_updated_at,
        updated_at=entry.updated_at, provisional=is_provisional(entry.code),
        highlight=highlight(text, query) if query else None,
    )


def detail(session: Session, actor: Actor, entry: DataEntry) -> EntryDetail:
    """Everything of an entry that its page shows at once. Drafted changes are for those who may edit."""
    case = reviews.open_case(session, entry.id)
    inside = actor.sees(entry.department_id)
    change = nodes.change(session, entry.id) if inside else None
    situation = Situation(
        entry.code, entry.status, case.submitted_by if case else None, opened=bool(case and case.opened_at)
    )
    children = nodes.children(session, KINDS[KIND], [entry.id])[entry.id]
    items = [ItemOut.model_validate(child) for child in children]
    return EntryDetail(
        entry=as_dict(entry), department=queries.department_name(session, entry.department_id),
        items=items, restricted=max([entry.level, *(item.level for item in items)]) >= RELEASE_FROM,
        change=change.proposed if change else None,
        review={
            "id": str(case.id), "subject": case.subject,
            "submitted_by": names_of(session, [case.submitted_by]).of(case.submitted_by, case.submitted_name),
            "submitted_at": clock.iso(case.submitted_at), "opened": case.opened_at is not None,
            "stage": case.stage, "stages": case.stages, "round": case.round, "due_on": case.due_on,
            "due_pending": case.due_pending, "note": case.note,
        } if case and inside else None,
        actions=available(situation, actor.user_id) if inside else [],
        reasons=open_reasons(session, KIND, entry) if inside else [], tombstone=stone(session, entry),
        duties=queries.duties_of(session, entry.id), systems=queries.systems_of(session, entry.id),
    )


def open_reasons(session: Session, kind_key: str, node: Any) -> list[dict[str, Any]]:
    """The reasons of the last return that wait for an answer."""
    return reasons.shown(session, kind_key, reasons.open_of(session, [node.id]).get(node.id, []))


def stone(session: Session, node: Any) -> dict[str, Any] | None:
    """When and why a withdrawn node was withdrawn."""
    if node.status != "withdrawn":
        return None
    found = tombstones.of_node(session, node.id)
    if found is None:
        return None
    by = names_of(session, usernames=[found.withdrawn_by]).of(None, found.withdrawn_by)
    return {"at": clock.iso(found.withdrawn_at), "by": by, "reason": found.reason}


def as_dict(node: Any) -> dict[str, Any]:
    """The columns of a node for the wire; who edited it and by which batch stays inside."""
    hidden = ("batch_id", "created_by", "updated_by", "audit_id")
    return {name: getattr(node, name) for name in (column.name for column in node.__table__.c) if name not in hidden}


def versions(session: Session, kind_key: str, node_id: uuid.UUID) -> list[VersionOut]:
    """Published versions, newest first, with the state of their anchoring."""
    rows = nodes.versions(session, kind_key, node_id)
    names = names_of(session, (person for row in rows for person in (row.author_id, row.approver_id)))
    states = anchor.states(session, kind_key, [(row.node_id, row.version) for row in rows])
    return [
        VersionOut(
            version=row.version, action=row.action, code=row.code, entry_hash=row.entry_hash, prev_hash=row.prev_hash,
            valid_from=row.valid_from, author=names.of(row.author_id, None) or None,
            approver=names.of(row.approver_id, None) or None,
            anchor=states.get((str(row.node_id), row.version)),
        )
        for row in reversed(rows)
    ]


def difference(session: Session, kind_key: str, node_id: uuid.UUID, older: int, newer: int) -> list[FieldDiff]:
    """Fields that differ between two versions; version 0 is the empty one before the first."""
    contents = {row.version: json.loads(row.content) for row in nodes.versions(session, kind_key, node_id)}
    before = dict(contents.get(older, {}).get("fields", {}))
    after = dict(contents.get(newer, {}).get("fields", {}))
    found = [
        FieldDiff(field=name, label=LABELS.get(name, name), before=before.get(name), after=after.get(name))
        for name in sorted({*before, *after}) if before.get(name) != after.get(name)
    ]
    items = (contents.get(older, {}).get("children", []), contents.get(newer, {}).get("children", []))
    if items[0] != items[1]:
        found.append(FieldDiff(field="children", label="数据项", before=len(items[0]), after=len(items[1])))
    return found


def link(
    session: Session, actor: Actor, entry: DataEntry, *, duty_ids: Sequence[uuid.UUID], system_ids: Sequence[uuid.UUID]
) -> None:
    """Make the duties and systems of an entry exactly these; each must be visible to the actor."""
    require(actor, EDIT, department_id=entry.department_id)
    for kind_key, wanted in (("duty", duty_ids), ("system", system_ids)):
        for node_id in wanted:
            node_service.found(session, actor, kind_key, node_id)
    audit_id = record(
        session, actor, action="catalog.data_entry.link", object_type=KIND, object_id=str(entry.id),
        detail={"duties": [str(one) for one in duty_ids], "systems": [str(one) for one in system_ids]},
        department_id=entry.department_id,
    )
    links.make_exactly(session, actor, entry.id, {"duty_data": duty_ids, "data_system": system_ids}, audit_id)

