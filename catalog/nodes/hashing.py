"""The hash of a version: SM3 over canonical JSON (RFC 8785 without floats) of one profile's fields.

    {"fields": {...}, "id": uuid, "kind": "data_entry", "children": [hex, ...], "org": ..., "org_name": ...,
     "prev_hash": hex or null, "profile": "mulian-node/1", "valid_from": RFC 3339, "version": n, "withdrawn": bool}

Every field of the profile is present; one that is not set is null, so absent (not in the profile) and null
differ. A child (item, column) is hashed alone, and its hash stands in ``children`` in the order of ``number``.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.nodes.kinds import KINDS, NodeKind
from kernel import canonical, digest


@dataclass(frozen=True)
class Hashed:
    """The canonical text of a version and its SM3 in hex."""

    content: str
    entry_hash: str


@dataclass(frozen=True)
class Org:
    """The department as it stands in a version: credit code, or the internal code while that is 待补."""

    code: str
    name: str


def child_hash(kind: NodeKind, values: Mapping[str, Any]) -> str:
    """SM3 hex of one item or column."""
    if kind.child is None:
        raise ValueError(f"{kind.key} has no children")
    fields = {name: values[name] for name in kind.child.hashed}
    return digest.sm3_hex(canonical.dumps({"fields": fields, "profile": kind.profile}))


def hash_version(
    kind_key: str,
    node_id: uuid.UUID,
    values: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]],
    *,
    org: Org,
    version: int,
    prev_hash: str | None,
    valid_from: datetime,
    withdrawn: bool = False,
) -> Hashed:
    """Content and hash of one version; ``values`` and ``children`` hold at least the hashed fields.

    Raises ValueError for a value without canonical form (a float, a lone surrogate).
    """
    kind = KINDS[kind_key]
    ordered = sorted(children, key=lambda child: int(child["number"]))
    content = canonical.dumps({
        "profile": kind.profile, "kind": kind_key, "id": node_id, "version": version, "prev_hash": prev_hash,
        "valid_from": valid_from, "withdrawn": withdrawn, "org": org.code, "org_name": org.name,
        "fields": {name: values[name] for name in kind.hashed},
        "children": [child_hash(kind, child) for child in ordered],
    })
    return Hashed(content.decode("utf-8"), digest.sm3_hex(content))


def chain_breaks(rows: Sequence[tuple[int, str, str | None, str]]) -> list[int]:
    """Versions that do not continue the chain; ``rows`` are (version, content, prev_hash, entry_hash).

    A version is sound when its content hashes to ``entry_hash``, names the hash before it, and versions
    run 1, 2, 3 … without a gap.
    """
    broken: list[int] = []
    previous: str | None = None
    for expected, (version, content, prev_hash, entry_hash) in enumerate(rows, start=1):
        sound = version == expected and prev_hash == previous
        data = content.encode("utf-8", "surrogatepass")
        if not sound or digest.sm3_hex(data) != entry_hash or not _names(data, version, prev_hash):
            broken.append(version)
        previous = entry_hash
    return broken


def _names(content: bytes, version: int, prev_hash: str | None) -> bool:
    try:
        body = canonical.loads(content)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("version") == version and body.get("prev_hash") == prev_hash
