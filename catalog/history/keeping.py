"""Keeping the children of versions when they are published, and reading them back, checked against the hashes."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from catalog.history.models import VersionChildren
from catalog.nodes.kinds import HASH_PROFILE, KINDS, NodeKind
from catalog.nodes.queries import children as held_children
from catalog.nodes.queries import slices
from kernel import canonical
from kernel.digest import sm3_hex

Children = list[dict[str, Any]]
Hashes = tuple[str, Sequence[str]]
"""The profile of a version and the hashes of its children."""

_LATER: dict[tuple[str, str], frozenset[str]] = {("db_table", HASH_PROFILE): frozenset({"level"})}
"""Fields that children of a kind did not have yet in an older profile."""


def keep(
    session: Session, kind: NodeKind, published: Sequence[tuple[uuid.UUID, int, Sequence[Mapping[str, Any]]]]
) -> None:
    """Write the children of published versions (node id, version, children) that differ from the ones kept last."""
    if kind.child is None or not published:
        return
    known = _last_digests(session, [node_id for node_id, version, _ in published if version > 1])
    rows: list[dict[str, Any]] = []
    for node_id, version, children in published:
        content = _content(kind, children)
        digest = sm3_hex(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
        if known.get(node_id) == digest or (not content and node_id not in known):
            continue
        rows.append({"node_id": node_id, "version": version, "digest": digest, "content": content})
    if rows:
        session.execute(insert(VersionChildren), rows)


def _content(kind: NodeKind, children: Sequence[Mapping[str, Any]]) -> Children:
    if kind.child is None:
        return []
    ordered = sorted(children, key=lambda child: int(child["number"]))
    return [{"id": str(child["id"]), **{name: child[name] for name in kind.child.hashed}} for child in ordered]


def _last_digests(session: Session, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    found: dict[uuid.UUID, str] = {}
    for some in slices(node_ids):
        last = (
            select(VersionChildren.node_id, func.max(VersionChildren.version).label("version"))
            .where(VersionChildren.node_id.in_(some)).group_by(VersionChildren.node_id).subquery()
        )
        query = select(VersionChildren.node_id, VersionChildren.digest).join(
            last, (last.c.node_id == VersionChildren.node_id) & (last.c.version == VersionChildren.version)
        )
        found.update(session.execute(query).tuples().all())
    return found


def children_of(
    session: Session, kind_key: str, wanted: Mapping[tuple[uuid.UUID, int], Hashes]
) -> dict[tuple[uuid.UUID, int], Children | None]:
    """Children of versions; ``wanted`` maps (node id, version) to profile and child hashes of the version's content.

    None where they were not kept: a version written before children were, whose children are no longer the ones of
    today. What is returned always hashes to what the version says.
    """
    kind = KINDS[kind_key]
    if kind.child is None:
        return {key: [] for key in wanted}
    kept = _kept(session, sorted({node_id for node_id, _ in wanted}))
    found: dict[tuple[uuid.UUID, int], Children | None] = {}
    for (node_id, version), hashes in wanted.items():
        before = [row for row in kept.get(node_id, []) if row.version <= version]
        found[node_id, version] = _sound(before[-1].content if before else [], hashes)
    lacking = [node_id for (node_id, _), children in found.items() if children is None]
    today = held_children(session, kind, lacking) if lacking else {}
    for (node_id, version), hashes in wanted.items():
        if found[node_id, version] is None:
            later = _LATER.get((kind_key, hashes[0]), frozenset())
            content = [
                {name: value for name, value in child.items() if name not in later}
                for child in _content(kind, today.get(node_id, []))
            ]
            found[node_id, version] = _sound(content, hashes)
    return found


def _kept(session: Session, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[VersionChildren]]:
    found: dict[uuid.UUID, list[VersionChildren]] = {}
    for some in slices(node_ids):
        query = select(VersionChildren).where(VersionChildren.node_id.in_(some))
        for row in session.scalars(query.order_by(VersionChildren.node_id, VersionChildren.version)):
            found.setdefault(row.node_id, []).append(row)
    return found


def _sound(children: Children, hashes: Hashes) -> Children | None:
    profile, expected = hashes
    if len(children) != len(expected):
        return None
    for child, digest in zip(children, expected, strict=True):
        fields = {name: value for name, value in child.items() if name != "id"}
        if sm3_hex(canonical.dumps({"fields": fields, "profile": profile})) != digest:
            return None
    return children
