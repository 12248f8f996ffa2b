"""Use cases of transfers: preview, propose, withdraw, give back."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.codes.service import allocate
from catalog.dependents.port import dependents
from catalog.holds.queries import held
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS
from catalog.nodes.service import kind_of
from catalog.permissions import EDIT, REVIEW
from catalog.transfers import queries
from catalog.transfers.errors import (
    BLOCKED,
    DEPARTMENT,
    EMPTY,
    NOT_REVERSIBLE,
    RECEIVER_GONE,
    SAME_DEPARTMENT,
    TOO_MANY,
    UNKNOWN,
)
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.rules import LIMIT, blocked, next_state, nodes_digest
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.identity.errors import PERMISSION_DENIED
from kernel.identity.models import Department

GIVE, RECEIVE = "catalog.transfer.give", "catalog.transfer.receive"


@dataclass(frozen=True)
class Selection:
    """What to transfer: nodes by kind, and kinds of which everything goes but ``leave_out``. Tables go with systems."""

    nodes: Mapping[str, Sequence[uuid.UUID]]
    everything: Sequence[str] = ()
    leave_out: Sequence[uuid.UUID] = ()


@dataclass(frozen=True)
class Blocked:
    """A node that cannot go, and why. A table that goes because its system does names that system."""

    kind: str
    node_id: uuid.UUID
    code: str
    name: str
    reason_zh: str
    reason_en: str
    system_id: uuid.UUID | None = None
    system: str | None = None


@dataclass(frozen=True)
class Preview:
    """What a transfer would do. ``crossing``: links that would join the two departments afterwards."""

    giver: Department
    receiver: Department
    rows: dict[str, list[dict[str, Any]]]
    children: dict[uuid.UUID, int]
    tables_added: int
    blocked: list[Blocked]
    crossing: dict[str, int]
    demands: int
    dependents: dict[str, int]
    offices: int

    @property
    def count(self) -> int:
        """Nodes that would go."""
        return sum(len(rows) for rows in self.rows.values())


def preview(
    session: Session, actor: Actor, *, giver_id: uuid.UUID, receiver_id: uuid.UUID, selection: Selection
) -> Preview:
    """What transferring a selection would do; raises for departments and an empty or too large selection.

    Either side's officer may ask; nodes that the actor does not see are 404.
    """
    giver, receiver = _departments(session, actor, giver_id, receiver_id)
    chosen, added = _chosen(session, actor, giver_id, selection)
    rows = {
        kind: sorted(node_queries.rows(session, KINDS[kind], some).values(), key=lambda row: str(row["code"]))
        for kind, some in chosen.items()
    }
    _require_seen(actor, chosen, rows)
    held_by = held(session, [one for some in chosen.values() for one in some], clock.now())
    stopped = _stopped(session, rows, giver_id, held_by)
    by_kind = {kind: [row["id"] for row in some] for kind, some in rows.items()}
    resting: dict[str, int] = defaultdict(int)
    for one in dependents(session, by_kind.get("data_entry", [])):
        resting[one.kind] += 1
    counts = {
        key: value for kind, some in by_kind.items()
        for key, value in queries.child_counts(session, KINDS[kind], some).items()
    }
    return Preview(
        giver, receiver, rows, counts, added, stopped, queries.crossing(session, by_kind, giver_id),
        len(queries.undecided_demands(session, by_kind.get("data_entry", []))), dict(resting),
        sum(bool(row["office"]) for some in rows.values() for row in some),
    )


def _stopped(
    session: Session, rows: Mapping[str, Sequence[Mapping[str, Any]]], giver_id: uuid.UUID,
    held_by: Mapping[uuid.UUID, str],
) -> list[Blocked]:
    stopped = [
        Blocked(kind, row["id"], row["code"], row["name"], *why)
        for kind, some in rows.items() for row in some
        if (why := blocked(row["status"], row["department_id"] == giver_id, held_by.get(row["id"]))) is not None
    ]
    above = queries.systems_of(session, [one.node_id for one in stopped if one.kind == "db_table"])
    names = {row["id"]: row["name"] for row in rows.get("system", ())}
    return [
        replace(one, system_id=system, system=names[system])
        if (system := above.get(one.node_id)) is not None and system in names else one
        for one in stopped
    ]


def _departments(
    session: Session, actor: Actor, giver_id: uuid.UUID, receiver_id: uuid.UUID
) -> tuple[Department, Department]:
    if not actor.may(EDIT):
        raise PERMISSION_DENIED(permission=EDIT)
    if not (actor.sees(giver_id) or actor.sees(receiver_id)):
        raise NOT_FOUND()
    if giver_id == receiver_id:
        raise SAME_DEPARTMENT()
    giver, receiver = queries.department(session, giver_id), queries.department(session, receiver_id)
    if giver is None or receiver is None:
        raise DEPARTMENT()
    if receiver.valid_to is not None and receiver.valid_to <= clock.now():
        raise RECEIVER_GONE(name=receiver.name)
    return giver, receiver


def _chosen(
    session: Session, actor: Actor, giver_id: uuid.UUID, selection: Selection
) -> tuple[dict[str, list[uuid.UUID]], int]:
    chosen: dict[str, list[uuid.UUID]] = {kind_of(key).key: list(some) for key, some in selection.nodes.items()}
    for key in selection.everything:
        require(actor, EDIT, department_id=giver_id)  # drafts are the giver's own business
        chosen.setdefault(key, []).extend(queries.ids_of_department(session, kind_of(key), giver_id))
    stays = set(selection.leave_out)
    chosen = {key: [one for one in some if one not in stays] for key, some in chosen.items()}
    tables = queries.tables_of(session, chosen.get("system", []), giver_id)
    added = len(set(tables) - set(chosen.get("db_table", [])))
    chosen.setdefault("db_table", []).extend(tables)
    found = {key: list(dict.fromkeys(chosen[key])) for key in KINDS if chosen.get(key)}
    total = sum(map(len, found.values()))
    if not total:
        raise EMPTY()
    if total > LIMIT:
        raise TOO_MANY(limit=LIMIT)
    return found, added


def _require_seen(
    actor: Actor, chosen: Mapping[str, Sequence[uuid.UUID]], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    for kind, some in chosen.items():
        seen = [row for row in rows[kind] if actor.sees(row["department_id"]) or row["version"] > 0]
        if len(seen) != len(some):
            raise NOT_FOUND()


def propose(
    session: Session, actor: Actor, *, giver_id: uuid.UUID, receiver_id: uuid.UUID, selection: Selection,
    reason: str, basis: str, reverses_id: uuid.UUID | None = None,
) -> NodeTransfer:
    """Propose a transfer; the giver's reviewer decides first. Raises ``.blocked`` and what preview does."""
    seen = preview(session, actor, giver_id=giver_id, receiver_id=receiver_id, selection=selection)
    if seen.blocked:
        shown = seen.blocked[:3]
        raise BLOCKED(
            count=len(seen.blocked), shown_zh="；".join(f"「{one.code}」{one.reason_zh}" for one in shown),
            shown_en="; ".join(f"{one.code} {one.reason_en}" for one in shown),
        )
    transfer_id, now = ids.new(), clock.now()
    year = clock.business_day(now).year
    number = f"YJ-{year}-{allocate(session, f'transfer:{year}')[0]:04d}"
    digest = nodes_digest(
        (kind, row["id"], row["version"], row["revision"]) for kind, rows in seen.rows.items() for row in rows
    )
    row = NodeTransfer(
        id=transfer_id, number=number, from_department_id=giver_id, to_department_id=receiver_id,
        from_name=seen.giver.name, to_name=seen.receiver.name, state="giver_review", reason=reason, basis=basis,
        nodes_count=seen.count, nodes_sm3=digest, reverses_id=reverses_id, created_by=actor.user_id,
        created_name=actor.name, created_at=now,
    )
    row.give_approval_id = ask(session, actor, row, GIVE).id
    row.audit_id = note(session, actor, row, "propose", basis=basis)
    session.add(row)
    session.flush()
    session.execute(insert(NodeTransferNode), [_listed(transfer_id, kind, one, seen) for kind, one in _each(seen)])
    return row


def _each(seen: Preview) -> list[tuple[str, dict[str, Any]]]:
    return [(kind, row) for kind, rows in seen.rows.items() for row in rows]


def _listed(transfer_id: uuid.UUID, kind: str, row: Mapping[str, Any], seen: Preview) -> dict[str, Any]:
    return {
        "transfer_id": transfer_id, "node_id": row["id"], "node_kind": kind, "code": row["code"], "name": row["name"],
        "status": row["status"], "version": row["version"], "revision": row["revision"],
        "children": seen.children.get(row["id"], 0),
    }


def params_of(row: NodeTransfer) -> dict[str, Any]:
    """What an approval of a transfer binds."""
    return {
        "transfer": str(row.id), "number": row.number, "from": row.from_name, "from_id": str(row.from_department_id),
        "to": row.to_name, "to_id": str(row.to_department_id), "nodes": row.nodes_count, "nodes_sm3": row.nodes_sm3,
        "reason": row.reason, "basis": row.basis,
    }


def ask(session: Session, actor: Actor, row: NodeTransfer, kind: str) -> Approval:
    """Propose one side's consent."""
    giving = kind == GIVE
    side_zh, side_en = ("移出", "giving") if giving else ("接收", "receiving")
    return approvals.propose(
        session, actor, kind=kind, params=params_of(row), object_type="node_transfer", object_id=str(row.id),
        title_zh=f"移交 {row.number}（{side_zh}审核）：{row.from_name} → {row.to_name}，{row.nodes_count} 条",
        title_en=f"Transfer {row.number} ({side_en}): {row.from_name} to {row.to_name}, {row.nodes_count} nodes",
        department_id=row.from_department_id if giving else row.to_department_id,
    )


def note(session: Session, actor: Actor, row: NodeTransfer, verb: str, **more: Any) -> uuid.UUID:
    """Write the audit line of a step."""
    return record(
        session, actor, action=f"catalog.transfer.{verb}", object_type="node_transfer", object_id=str(row.id),
        detail={"number": row.number, "nodes": row.nodes_count, "nodes_sm3": row.nodes_sm3, **more},
        department_id=row.from_department_id,
    )


def found(session: Session, actor: Actor, transfer_id: uuid.UUID) -> NodeTransfer:
    """One transfer that the actor sees, or ``catalog.transfer.unknown``."""
    row = queries.transfer(session, actor, transfer_id)
    if row is None:
        raise UNKNOWN()
    return row


def found_by_number(session: Session, actor: Actor, number: str) -> NodeTransfer:
    """One transfer that the actor sees, or ``catalog.transfer.unknown``."""
    row = queries.by_number(session, actor, number)
    if row is None:
        raise UNKNOWN()
    return row


def current_approval_id(row: NodeTransfer) -> uuid.UUID:
    """The approval that waits, or waited last."""
    return row.receive_approval_id or row.give_approval_id


def decide(
    session: Session, actor: Actor, transfer_id: uuid.UUID, *, approve: bool, opinion: str, digest: str
) -> NodeTransfer:
    """Decide the side that waits, over exactly what ``digest`` names; the receiver's consent moves the nodes."""
    row = found(session, actor, transfer_id)
    next_state(row.number, row.state, "approve" if approve else "reject")
    require(actor, REVIEW)
    approvals.decide_seen(session, actor, current_approval_id(row), digest=digest, approve=approve, opinion=opinion)
    session.refresh(row)
    return row


def withdraw(session: Session, actor: Actor, transfer_id: uuid.UUID, *, reason: str = "") -> NodeTransfer:
    """The proposer takes back an open transfer."""
    row = found(session, actor, transfer_id)
    next_state(row.number, row.state, "withdraw")
    approvals.withdraw(session, actor, current_approval_id(row))
    session.refresh(row)
    row.closed_reason = reason or None
    session.flush()
    return row


def reverse(session: Session, actor: Actor, transfer_id: uuid.UUID) -> tuple[NodeTransfer, list[str]]:
    """Propose giving back what a finished transfer moved and nobody touched since; returns it and the codes left out.

    The way back is a transfer of its own, approved by both sides: what is published cannot be unpublished silently.
    """
    row = found(session, actor, transfer_id)
    if row.state != "done":
        next_state(row.number, row.state, "reverse")
    chosen: dict[str, list[uuid.UUID]] = defaultdict(list)
    left: list[str] = []
    moved = list(session.scalars(queries.nodes(row.id)))
    for kind in {one.node_kind for one in moved}:
        some = [one for one in moved if one.node_kind == kind]
        rows = node_queries.rows(session, KINDS[kind], [one.node_id for one in some])
        for one in some:
            now = rows.get(one.node_id)
            same = now is not None and now["department_id"] == row.to_department_id
            moved_to = (one.moved_version, one.moved_revision)
            if same and now is not None and (now["version"], now["revision"]) == moved_to:
                chosen[kind].append(one.node_id)
            else:
                left.append(one.code)
    if not chosen:
        raise NOT_REVERSIBLE(number=row.number)
    back = propose(
        session, actor, giver_id=row.to_department_id, receiver_id=row.from_department_id,
        selection=Selection(chosen), reason=f"退回移交 {row.number}", basis=row.basis, reverses_id=row.id,
    )
    return back, sorted(left)
