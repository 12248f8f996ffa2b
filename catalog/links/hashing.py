"""The hash of a link's version: SM3 over canonical JSON, profile ``mulian-link/1``.

    {"fields": {"relation": ...}, "from": {"code", "id", "kind"}, "id": uuid, "kind": "duty_data", "org": ...,
     "org_name": ..., "prev_hash": hex or null, "profile": "mulian-link/1", "removed": bool, "to": {...},
     "valid_from": RFC 3339, "version": n}
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from catalog.links.kinds import LINK_PROFILE
from catalog.nodes.hashing import Hashed, Org
from kernel import canonical, digest


@dataclass(frozen=True)
class End:
    """One end of a link, with the node whose state and department decide about it."""

    kind: str
    id: uuid.UUID
    code: str
    name: str
    node_id: uuid.UUID
    node_kind: str
    node_code: str
    node_name: str
    department_id: uuid.UUID
    status: str


def hash_link(
    kind_key: str,
    link_id: uuid.UUID,
    first: End,
    second: End,
    relation: str,
    *,
    org: Org,
    version: int,
    prev_hash: str | None,
    valid_from: datetime,
    removed: bool,
) -> Hashed:
    """Content and hash of one version of a link."""
    content = canonical.dumps({
        "profile": LINK_PROFILE, "kind": kind_key, "id": link_id, "version": version, "prev_hash": prev_hash,
        "valid_from": valid_from, "removed": removed, "org": org.code, "org_name": org.name,
        "from": {"kind": first.kind, "id": first.id, "code": first.code},
        "to": {"kind": second.kind, "id": second.id, "code": second.code},
        "fields": {"relation": relation or None},
    })
    return Hashed(content.decode("utf-8"), digest.sm3_hex(content))
