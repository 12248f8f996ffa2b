"""Registering, configuring and reading nodes. Nothing here asks a network: looks are ``sampling``'s."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.nodes import queries
from chain.nodes.errors import ACCOUNT_LISTED, NODE_ENODE_INVALID, NODE_NOT_FOUND, NODE_OWN, NODE_URL_TAKEN
from chain.nodes.models import ChainAllowedAccount, ChainNode, ChainNodeHour, ChainNodeSample
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.outbound import rules as outbound
from kernel.outbound.errors import URL_INVALID

MANAGE = "chain.node.manage"
_ENODE = re.compile(r"enode://[0-9a-f]{128}@[^\s/?#@]+:\d{1,5}\Z")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")
# of the platform's own node only what its operator decides about, not where it is
_OF_OWN = frozenset({"managed", "enode", "signer", "contact"})


@dataclass(frozen=True)
class DepartmentNodes:
    """A department's nodes in one line; ``department_id`` None is the platform."""

    department_id: uuid.UUID | None
    nodes: int
    validators: int
    running: int
    worst: str
    lag: int | None


def register(
    session: Session, actor: Actor, *, name: str, url: str, role: str, department_id: uuid.UUID | None = None,
    enode: str | None = None, signer: str | None = None, managed: bool = False, declared: list[str] | None = None,
    contact: str = "",
) -> ChainNode:
    """Register a node; it is looked at within seconds. Raises ``chain.node.url_taken``, ``chain.node.enode_invalid``
    and ``kernel.outbound.url_invalid``; an address that may not be reached shows at the first look."""
    require(actor, MANAGE)
    _check_url(url, declared or [])
    if queries.by_url(session, url) is not None:
        raise NODE_URL_TAKEN(url=url)
    row = ChainNode(
        id=ids.new(), name=name, url=url, role=role, department_id=department_id, created_at=clock.now(), own=False,
        enabled=True, managed=managed, enode=checked_enode(enode), signer=_checked_address(signer), contact=contact,
        declared=declared or [], engine=None, state="unknown", since=None, members=None, lists=None, version=1,
    )
    session.add(row)
    session.flush([row])
    _note(session, actor, "register", row, {"url": url, "role": role, "managed": managed})
    return row


def configure(session: Session, actor: Actor, *, node_id: uuid.UUID, **changes: Any) -> ChainNode:
    """Change name, url, department_id, enode, signer, managed, declared, contact or enabled. A node that is switched
    off keeps its history. Raises ``chain.node.own`` where the platform's own node would be moved."""
    require(actor, MANAGE)
    row = node(session, actor, node_id)
    if row.own and changes.keys() - _OF_OWN:
        raise NODE_OWN()
    if "url" in changes or "declared" in changes:
        _check_url(changes.get("url", row.url), changes.get("declared", row.declared))
        other = queries.by_url(session, changes.get("url", row.url))
        if other is not None and other.id != row.id:
            raise NODE_URL_TAKEN(url=other.url)
    if "enode" in changes:
        changes["enode"] = checked_enode(changes["enode"])
    if "signer" in changes:
        changes["signer"] = _checked_address(changes["signer"])
    before = {key: getattr(row, key) for key in changes}
    for key, value in changes.items():
        setattr(row, key, value)
    if "url" in changes or changes.get("enabled") is False:
        row.state, row.since, row.members, row.lists = "unknown", clock.now(), None, None
    row.version += 1
    _note(session, actor, "configure", row, {"before": _plain(before), "after": _plain(changes)})
    return row


def node(session: Session, actor: Actor, node_id: uuid.UUID) -> ChainNode:
    """Return a node of the platform or of a department in the actor's scope; raise ``chain.node.not_found``."""
    row = session.get(ChainNode, node_id)
    if row is None or not (row.department_id is None or actor.sees(row.department_id)):
        raise NODE_NOT_FOUND()
    return row


def nodes(session: Session, actor: Actor) -> list[tuple[ChainNode, ChainNodeSample | None]]:
    """Return the nodes in the actor's scope with their newest samples."""
    return [(row, queries.latest_sample(session, row.id)) for row in queries.seen_by(session, actor)]


def history(
    session: Session, actor: Actor, node_id: uuid.UUID, start: datetime, end: datetime, limit: int
) -> list[ChainNodeSample]:
    """Return samples of [start, end), oldest first, the newest ``limit`` of them; raise ``chain.node.not_found``."""
    return list(queries.samples(session, node(session, actor, node_id).id, start, end, limit))


def hours(session: Session, actor: Actor, node_id: uuid.UUID, start: datetime, end: datetime) -> list[ChainNodeHour]:
    """Return the hours of [start, end), oldest first; raise ``chain.node.not_found``."""
    return list(queries.hours(session, node(session, actor, node_id).id, start, end))


def by_department(session: Session, actor: Actor) -> list[DepartmentNodes]:
    """Return one line a department with nodes in the actor's scope, the platform first."""
    found: dict[uuid.UUID | None, list[ChainNode]] = {}
    for row in queries.seen_by(session, actor):
        if row.enabled:
            found.setdefault(row.department_id, []).append(row)
    order = sorted(found, key=lambda key: (key is not None, str(key)))
    return [_line(session, key, found[key]) for key in order]


# the worse of two states is the one that comes later
_SEVERITY = ("ok", "idle", "unknown", "clock", "lagging", "forked", "stalled", "foreign", "down")


def _line(session: Session, department_id: uuid.UUID | None, rows: list[ChainNode]) -> DepartmentNodes:
    samples = [queries.latest_sample(session, row.id) for row in rows]
    lags = [item.lag for item in samples if item is not None and item.lag is not None]
    return DepartmentNodes(
        department_id, len(rows), sum(row.role == "validator" for row in rows),
        sum(row.state in ("ok", "idle") for row in rows), max((row.state for row in rows), key=_SEVERITY.index),
        max(lags, default=None),
    )


def list_account(
    session: Session, actor: Actor, *, address: str, note: str, department_id: uuid.UUID | None = None
) -> ChainAllowedAccount:
    """Let an account send, on every node that the platform sets lists on. Raises ``chain.account.listed``."""
    require(actor, MANAGE)
    wanted = _checked_address(address)
    assert wanted is not None
    if queries.account(session, wanted) is not None:
        raise ACCOUNT_LISTED(address=wanted)
    row = ChainAllowedAccount(
        id=ids.new(), address=wanted, note=note, department_id=department_id, created_at=clock.now(), audit_id=ids.new()
    )
    row.audit_id = record(
        session, actor, action="chain.account.list", object_type="chain_allowed_account", object_id=str(row.id),
        detail={"address": wanted, "note": note}, department_id=department_id,
    )
    session.add(row)
    session.flush([row])
    return row


def strike_account(session: Session, actor: Actor, *, account_id: uuid.UUID) -> None:
    """Take an account off the list."""
    require(actor, MANAGE)
    row = session.get(ChainAllowedAccount, account_id)
    if row is None:
        raise NOT_FOUND()
    record(
        session, actor, action="chain.account.strike", object_type="chain_allowed_account", object_id=str(row.id),
        detail={"address": row.address}, department_id=row.department_id,
    )
    session.delete(row)


def checked_enode(enode: str | None) -> str | None:
    """Return an enode in its one form, None for none; raise ``chain.node.enode_invalid``."""
    if not enode:
        return None
    text = enode.strip().split("?")[0]
    text = text[:136].lower() + text[136:]
    if not _ENODE.match(text) or not 0 < int(text.rsplit(":", 1)[1]) < 65_536:
        raise NODE_ENODE_INVALID(reason=enode[:80])
    return text


def _checked_address(address: str | None) -> str | None:
    if not address:
        return None
    text = address.strip().lower()
    if not _ADDRESS.match(text):
        raise NODE_ENODE_INVALID(reason=address[:80])
    return text


def _check_url(url: str, declared: list[str]) -> None:
    try:
        outbound.origin_of(url, outbound.Allowed.of(*declared))
    except ValueError as error:
        raise URL_INVALID(reason=str(error)) from error


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in values.items()}


def _note(session: Session, actor: Actor, verb: str, row: ChainNode, detail: dict[str, Any]) -> None:
    record(
        session, actor, action=f"chain.node.{verb}", object_type="chain_node", object_id=str(row.id),
        detail={"name": row.name, **detail}, department_id=row.department_id,
    )
