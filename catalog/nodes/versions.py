"""Publishing: version rows, hashes and anchoring leaves for one node or thousands, set-based."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from catalog import anchor
from catalog.events import PublishedVersion
from catalog.history import keeping
from catalog.links import effects
from catalog.nodes import queries
from catalog.nodes.hashing import Hashed, Org, hash_version
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.models import NodeVersion
from chain.anchoring.service import NewLeaf
from kernel import clock, ids
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Publication:
    """One node to publish as it now stands. ``action`` is publish, change, transfer or withdraw."""

    row: Mapping[str, Any]
    children: Sequence[Mapping[str, Any]]
    action: str
    author_id: uuid.UUID | None

    @property
    def version(self) -> int:
        """The number of the version to be written."""
        return int(self.row["version"]) + 1


def publish(
    session: Session, actor: Actor, kind_key: str, publications: Sequence[Publication], audit_id: uuid.UUID
) -> list[PublishedVersion]:
    """Write the next version of each node and append its leaf; returns what became valid, in order."""
    kind, now = KINDS[kind_key], clock.now()
    orgs = queries.orgs(session, [publication.row["department_id"] for publication in publications])
    hashed = [_hashed(kind_key, one, orgs[one.row["department_id"]], now) for one in publications]
    pairs = list(zip(publications, hashed, strict=True))
    if not pairs:
        return []
    session.execute(insert(NodeVersion), [
        _version_row(kind_key, one, content, now, actor, audit_id) for one, content in pairs
    ])
    keeping.keep(session, kind, [(one.row["id"], one.version, one.children) for one in publications])
    _stamp(session, kind, pairs, now, audit_id)
    anchor.append(session, [
        NewLeaf(
            _leaf(kind_key, one, content, now, orgs[one.row["department_id"]]), kind_key, str(one.row["id"]),
            one.version, one.row["department_id"], audit_id,
        )
        for one, content in pairs
    ])
    effects.follow(
        session, actor, kind_key, [(one.row["id"], one.action) for one in publications], audit_id
    )
    return [
        PublishedVersion(
            kind_key, one.row["id"], one.row["code"], one.row["department_id"], one.version, content.entry_hash,
            one.action,
        )
        for one, content in pairs
    ]


def _hashed(kind_key: str, one: Publication, org: Org, now: datetime) -> Hashed:
    return hash_version(
        kind_key, one.row["id"], one.row, one.children, org=org, version=one.version,
        prev_hash=one.row["entry_hash"], valid_from=now, withdrawn=one.action == "withdraw",
    )


def _version_row(
    kind_key: str, one: Publication, hashed: Hashed, now: datetime, actor: Actor, audit_id: uuid.UUID
) -> dict[str, Any]:
    return {
        "id": ids.new(), "node_kind": kind_key, "node_id": one.row["id"], "version": one.version,
        "code": one.row["code"], "department_id": one.row["department_id"], "action": one.action,
        "content": hashed.content, "prev_hash": one.row["entry_hash"], "entry_hash": hashed.entry_hash,
        "valid_from": now, "author_id": one.author_id, "approver_id": actor.user_id, "audit_id": audit_id,
    }


def _stamp(
    session: Session, kind: NodeKind, pairs: Sequence[tuple[Publication, Hashed]], now: datetime, audit_id: uuid.UUID
) -> None:
    rows: list[dict[str, Any]] = []
    for one, hashed in pairs:
        gone = one.action == "withdraw"
        row: dict[str, Any] = {
            "id": one.row["id"], "version": one.version, "entry_hash": hashed.entry_hash,
            "revision": one.row["revision"] + 1, "status": "withdrawn" if gone else "published",
            "valid_from": now, "valid_to": now if gone else None, "audit_id": audit_id,
        }
        if kind.key == "data_entry":
            # a change or a transfer says nothing about being online; the first publication and a withdrawal do
            row["online"] = one.row["online"] if one.action in ("change", "transfer") else not gone
        rows.append(row)
    session.execute(update(kind.model), rows)
    session.expire_all()


def _leaf(kind_key: str, one: Publication, hashed: Hashed, now: datetime, org: Org) -> dict[str, Any]:
    """The anchored record: identity and digests only, so a proof shows no content."""
    return {
        "kind": kind_key, "id": str(one.row["id"]), "code": one.row["code"], "org": org.code,
        "version": one.version, "action": one.action, "entry_hash": hashed.entry_hash,
        "prev_hash": one.row["entry_hash"], "valid_from": clock.iso(now),
    }
