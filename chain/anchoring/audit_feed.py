"""The stream "audit": sealed heads of the trail, each with the row tree of the lines since the head before.

A head on the chain proves order and completeness of all lines up to it to whoever holds the trail; the row tree lets
one line be shown alone. ``kernel.audit.verify`` compares the trail with the heads that are final here.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries, rows, rules
from chain.anchoring.errors import ANCHOR_NOT_FOUND
from chain.anchoring.models import AnchorLeaf
from chain.anchoring.service import append_leaf
from chain.anchoring.tree import leaf_hash
from kernel import canonical
from kernel.audit.models import AuditSeal
from kernel.audit.sealing import Head, current_head
from kernel.audit.service import content
from kernel.audit.verify import anchor_source
from kernel.identity.actor import Actor, require
from kernel.runtime import Runtime, runtime_of

STREAM, OBJECT, TRAIL = "audit", "audit_head", "audit"
LINES = 10_000  # below one head


def feed(runtime: Runtime) -> int:
    """Append a leaf for what was sealed since the last one and return how many; each is a unit of its own."""
    count = 0
    while runtime.database.run(_feed_one):
        count += 1
    return count


def _feed_one(session: Session) -> bool:
    last, head = queries.last_version(session, STREAM, OBJECT, TRAIL), current_head(session)
    upto = min(head.count, last + LINES)
    if upto <= last:
        return False
    link = session.get_one(AuditSeal, upto).link
    leaves = _hasher(session, upto).leaves(canonical.dumps(row) for row in _lines(session, last, upto))
    append_leaf(
        session, stream=STREAM, object_type=OBJECT, object_id=TRAIL, version=upto,
        record={
            "format": "mulian-audit-head-1", "from": last, "count": upto, "link": link.hex(), "rows": upto - last,
            "row_root": rows.grow(leaves).root().hex(),
        },
    )
    return True


def line_proof(session: Session, actor: Actor, *, audit_id: uuid.UUID) -> bytes:
    """Return the proof file of one line of the trail; ``chain.anchor.not_found`` before its head is anchored."""
    require(actor, "kernel.audit.read")
    seq = queries.sealed_number(session, audit_id)
    head = None if seq is None else queries.leaf_from(session, STREAM, OBJECT, TRAIL, seq)
    if seq is None or head is None:
        raise ANCHOR_NOT_FOUND()
    start, index = head.record["from"], seq - head.record["from"] - 1
    lines, hasher = _lines(session, start, head.version), _hasher(session, head.version)
    path = rows.grow(hasher.leaves(canonical.dumps(row) for row in lines)).inclusion(index)
    return rows.proof(
        session, stream=STREAM, object_type=OBJECT, object_id=TRAIL, version=head.version, index=index,
        row=lines[index], salt=hasher.salt(index), path=path,
    )


def _hasher(session: Session, upto: int) -> rows.RowHasher:
    return rows.RowHasher(runtime_of(session).box, OBJECT, TRAIL, upto)


def _lines(session: Session, after: int, upto: int) -> Sequence[dict[str, Any]]:
    """Lines after..upto as rows: what the line's MAC covers, its number and the MAC."""
    found = queries.sealed_lines(session, after, upto)
    return [json.loads(content(line)) | {"seq": seq, "mac": line.mac.hex()} for seq, line in found]


def anchored_heads(session: Session) -> list[Head]:
    """Return the heads that are final on the chain; one whose row was changed here counts as no true head."""
    found = queries.final_versions(session, STREAM, OBJECT, TRAIL)
    return [Head(leaf.version, bytes.fromhex(leaf.record["link"]) if _whole(leaf) else b"") for leaf in found]


def _whole(leaf: AnchorLeaf) -> bool:
    data = rules.leaf_bytes(leaf.record, leaf.object_type, leaf.object_id, leaf.version, leaf.salt)
    return leaf_hash(data) == leaf.leaf_hash


anchor_source(anchored_heads)
