"""Use cases of proposals: make them from texts, list them, accept or decline them. Nothing is written silently."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.imports.queries import working_children
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.permissions import EDIT, IMPORT
from catalog.proposals import abstracts, headers, queries
from catalog.proposals.errors import DECIDED, NOTHING_LEFT, SYSTEM_MISSING, UNKNOWN
from catalog.proposals.models import CatalogProposal
from catalog.registry.service import create_table
from kernel import clock, ids
from kernel.audit.service import record
from kernel.canonical import dumps
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor, require

_EVIDENCE = 2_000


def from_abstracts(
    session: Session, actor: Actor, *, batch_id: uuid.UUID | None = None, department_id: uuid.UUID | None = None
) -> dict[str, int]:
    """Propose data items for entries that have none, of a batch, a department or the actor's whole scope.

    Returns how many entries were read, how many proposals are new and how many were known.
    """
    require(actor, IMPORT, department_id=department_id)
    counts = {"entries": 0, "new": 0, "known": 0}
    audit_id = _audit(session, actor, "catalog.proposal.read", "abstracts", department_id)
    for page in queries.entries_without_items(session, actor, batch_id=batch_id, department_id=department_id):
        counts["entries"] += len(page)
        rows = []
        for entry in page:
            names = abstracts.items(entry.abstract)
            if names:
                content = [{"name": name} for name in names]
                rows.append(_row(actor, audit_id, "items", entry.name, entry.id, entry.department_id, content,
                                 entry.abstract))
        _keep(session, rows, counts)
    return counts


def from_headers(
    session: Session, actor: Actor, files: Iterable[headers.File], *, department_id: uuid.UUID | None = None
) -> dict[str, int]:
    """Propose tables from the headers of files; a file that bears the name of one entry is proposed for it.

    A file without such an entry goes to ``department_id`` (the actor's own where absent), else it is counted as
    ``homeless``. ``unreadable``: its first line is no header.
    """
    require(actor, IMPORT, department_id=department_id)
    counts = {"files": 0, "new": 0, "known": 0, "homeless": 0, "unreadable": 0}
    home = department_id or (actor.department_id if actor.scope == "own" else None)
    entries: dict[str, list[Any]] = {}
    for entry in queries.entries_named(session, actor):
        entries.setdefault(headers.same_name(entry.name), []).append(entry)
    audit_id = _audit(session, actor, "catalog.proposal.read", "headers", department_id)
    rows = []
    for file in files:
        counts["files"] += 1
        columns = headers.columns(file.columns)
        named = entries.get(headers.same_name(file.name), [])
        entry = named[0] if len(named) == 1 else None
        where = entry.department_id if entry is not None else home
        if not columns or where is None:
            counts["homeless" if columns else "unreadable"] += 1
            continue
        evidence = "、".join(file.columns) + (f"（{file.rows} 行）" if file.rows is not None else "")
        rows.append(_row(actor, audit_id, "table", file.name, entry.id if entry is not None else None, where, columns,
                         evidence))
    _keep(session, rows, counts)
    return counts


def _row(
    actor: Actor, audit_id: uuid.UUID, kind: str, name: str, entry_id: uuid.UUID | None, department_id: uuid.UUID,
    content: Sequence[Mapping[str, Any]], evidence: str,
) -> dict[str, Any]:
    place = str(entry_id or department_id)
    return {
        "id": ids.new(), "kind": kind, "name": name, "entry_id": entry_id, "department_id": department_id,
        "content": list(content), "evidence": evidence[:_EVIDENCE], "state": "open", "result_id": None,
        "mark": sm3_hex(dumps([kind, place, name, [dict(one) for one in content]])), "created_by": actor.user_id,
        "created_name": actor.name, "created_at": clock.now(), "decided_by": None, "decided_name": None,
        "decided_at": None, "audit_id": audit_id,
    }


def _keep(session: Session, rows: Sequence[dict[str, Any]], counts: dict[str, int]) -> None:
    unique = {row["mark"]: row for row in rows}
    known = queries.known_marks(session, list(unique))
    new = [row for mark, row in unique.items() if mark not in known]
    if new:
        table: Any = CatalogProposal.__table__
        session.execute(insert(table), new)
    counts["new"] += len(new)
    counts["known"] += len(rows) - len(new)


def _audit(
    session: Session, actor: Actor, action: str, what: str, department_id: uuid.UUID | None, **detail: Any
) -> uuid.UUID:
    return record(
        session, actor, action=action, object_type="catalog_proposal", object_id=what, detail=detail,
        department_id=department_id,
    )


def found(session: Session, actor: Actor, proposal_id: uuid.UUID) -> CatalogProposal:
    """A proposal that the actor sees, or ``catalog.proposal.unknown``."""
    row = queries.one(session, actor, proposal_id)
    if row is None:
        raise UNKNOWN()
    return row


def accept(
    session: Session, actor: Actor, proposal: CatalogProposal, *, names: Sequence[str] | None = None,
    system_id: uuid.UUID | None = None, table_name: str | None = None,
) -> CatalogProposal:
    """Write what a proposal says, by the ordinary edit rules; ``names``: only these of its items or columns.

    Items are appended to the entry's; one that the entry has already is passed over. A table needs ``system_id``.
    """
    _require_open(actor, proposal)
    content = [one for one in proposal.content if names is None or one["name"] in names]
    if proposal.kind == "items":
        proposal.result_id = _add_items(session, actor, proposal, content)
    else:
        proposal.result_id = _add_table(session, actor, proposal, content, system_id, table_name)
    return _decide(session, actor, proposal, "accepted", count=len(content))


def _add_items(
    session: Session, actor: Actor, proposal: CatalogProposal, content: Sequence[Mapping[str, Any]]
) -> uuid.UUID:
    entry = node_service.found(session, actor, "data_entry", _id(proposal.entry_id), edit=EDIT)
    held = working_children(session, KINDS["data_entry"], entry.id)
    known = {str(one["name"]) for one in held}
    new = [dict(one) for one in content if one["name"] not in known]
    if not new:
        raise NOTHING_LEFT()
    node_service.edit(session, actor, "data_entry", entry, {}, [*held, *new])
    return _id(entry.id)


def _add_table(
    session: Session, actor: Actor, proposal: CatalogProposal, content: Sequence[Mapping[str, Any]],
    system_id: uuid.UUID | None, table_name: str | None,
) -> uuid.UUID:
    if system_id is None:
        raise SYSTEM_MISSING()
    if not content:
        raise NOTHING_LEFT()
    values = {
        "name": proposal.name, "table_name": (table_name or proposal.name)[:128], "kind": "business",
        "columns": [dict(one) for one in content],
    }
    return _id(create_table(session, actor, values, system_id=system_id).id)


def decline(session: Session, actor: Actor, proposal: CatalogProposal) -> CatalogProposal:
    """Say no; the same suggestion is not made again."""
    _require_open(actor, proposal)
    return _decide(session, actor, proposal, "declined")


def accept_many(session: Session, actor: Actor, proposal_ids: Sequence[uuid.UUID]) -> dict[str, int]:
    """Accept proposals of data items as they are; those of tables, which need their system, are left."""
    counts = {"accepted": 0, "left": 0}
    for proposal in queries.by_ids(session, actor, proposal_ids):
        if proposal.kind != "items":
            continue
        accept(session, actor, proposal)
        counts["accepted"] += 1
    counts["left"] = len(set(proposal_ids)) - counts["accepted"]
    return counts


def _require_open(actor: Actor, proposal: CatalogProposal) -> None:
    require(actor, EDIT, department_id=proposal.department_id)
    if proposal.state != "open":
        raise DECIDED()


def _decide(session: Session, actor: Actor, proposal: CatalogProposal, state: str, **detail: Any) -> CatalogProposal:
    proposal.state, proposal.decided_by, proposal.decided_name = state, actor.user_id, actor.name
    proposal.decided_at = clock.now()
    proposal.audit_id = _audit(
        session, actor, f"catalog.proposal.{'accept' if state == 'accepted' else 'decline'}", str(proposal.id),
        proposal.department_id, kind=proposal.kind, name=proposal.name, **detail,
    )
    session.flush()
    return proposal


def _id(value: uuid.UUID | None) -> uuid.UUID:
    if value is None:
        raise UNKNOWN()
    return value
