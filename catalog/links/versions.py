"""Decided links: version rows, hashes and anchoring leaves for one link or thousands, set-based."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog import anchor
from catalog.links import queries
from catalog.links.hashing import End, hash_link
from catalog.links.kinds import LinkKind
from catalog.links.models import LinkVersion
from catalog.nodes import queries as nodes
from catalog.nodes.hashing import Hashed, Org
from chain.anchoring.service import NewLeaf
from kernel import clock, ids
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Act:
    """One link that becomes valid (``add``) or ceases to be (``remove``)."""

    link_id: uuid.UUID
    first: End
    second: End
    relation: str
    action: str
    author_id: uuid.UUID | None

    @property
    def key(self) -> queries.Key:
        """The two ends and the relation."""
        return self.first.id, self.second.id, self.relation


def owner(link: LinkKind, first: End, second: End) -> End:
    """The end in whose department a link is edited and reviewed."""
    return first if link.owner == "from" else second


def write(
    session: Session, actor: Actor, link: LinkKind, acts: Sequence[Act], audit_id: uuid.UUID
) -> dict[uuid.UUID, tuple[int, str]]:
    """Write the next version of each link and append its leaf; returns link id → (version, hash)."""
    if not acts:
        return {}
    now = clock.now()
    heads = queries.latest(session, link.key, [act.key for act in acts])
    orgs = nodes.orgs(session, [owner(link, act.first, act.second).department_id for act in acts])
    rows, leaves, made = [], [], dict[uuid.UUID, tuple[int, str]]()
    for act in acts:
        _, last, prev_hash = heads.get(act.key, (act.link_id, 0, None))
        department_id = owner(link, act.first, act.second).department_id
        hashed = hash_link(
            link.key, act.link_id, act.first, act.second, act.relation, org=orgs[department_id], version=last + 1,
            prev_hash=prev_hash, valid_from=now, removed=act.action == "remove",
        )
        row = _row(link, act, hashed, last + 1, prev_hash, now)
        rows.append({**row, "department_id": department_id, "approver_id": actor.user_id, "audit_id": audit_id})
        record = _leaf(link, act, row, orgs[department_id])
        leaves.append(NewLeaf(record, link.key, str(act.link_id), last + 1, department_id, audit_id))
        made[act.link_id] = (last + 1, hashed.entry_hash)
    session.execute(insert(LinkVersion), rows)
    anchor.append(session, leaves)
    return made


def _row(
    link: LinkKind, act: Act, hashed: Hashed, version: int, prev_hash: str | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": ids.new(), "link_kind": link.key, "link_id": act.link_id, "version": version, "action": act.action,
        "from_id": act.first.id, "to_id": act.second.id, "relation": act.relation,
        "from_node_id": act.first.node_id, "to_node_id": act.second.node_id, "content": hashed.content,
        "prev_hash": prev_hash, "entry_hash": hashed.entry_hash, "valid_from": now, "author_id": act.author_id,
    }


def _leaf(link: LinkKind, act: Act, row: dict[str, Any], org: Org) -> dict[str, Any]:
    """The anchored record: identity and digests only."""
    return {
        "kind": link.key, "id": str(act.link_id), "from": act.first.code, "to": act.second.code, "org": org.code,
        "version": row["version"], "action": act.action, "entry_hash": row["entry_hash"],
        "prev_hash": row["prev_hash"], "valid_from": clock.iso(row["valid_from"]),
    }
