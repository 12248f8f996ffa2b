"""Use cases on 适配应用: how a system is logged in to, once for every task that reads from it."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.collection import queries, sources
from gateway.collection.errors import CODE_TAKEN, SOURCE
from gateway.collection.models import CollectionUpstream
from gateway.permissions import COLLECT_EDIT
from gateway.signing.profiles import PROFILES
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

LOGINS = ("none", "basic", "header", "token", "signature")


def create(
    session: Session, actor: Actor, *, code: str, name: str, department_id: uuid.UUID, base_url: str,
    login: Mapping[str, Any], secret: Mapping[str, str],
) -> CollectionUpstream:
    """List a system. ``login``: kind none, basic, header (a fixed token), token (``adapters.login``) or
    signature (``adapters.signed``: ``secret`` token is the key; with a path, the key that asks for the one that signs).

    ``secret`` (username, password, token) is sealed and never shown again. Raises ``gateway.collection.source``.
    """
    require(actor, COLLECT_EDIT, department_id=department_id)
    if session.scalar(select(CollectionUpstream.id).where(CollectionUpstream.code == code)) is not None:
        raise CODE_TAKEN(code=code)
    _check(base_url, login)
    upstream_id = ids.new()
    row = CollectionUpstream(
        id=upstream_id, code=code, name=name, department_id=department_id, base_url=base_url, login=dict(login),
        secret=sources.seal_secret(runtime_of(session), upstream_id, secret), version=1, created_by=actor.name,
        created_at=clock.now(),
    )
    row.audit_id = _note(session, actor, row, "create")
    session.add(row)
    session.flush([row])
    return row


def change(
    session: Session, actor: Actor, *, upstream_id: uuid.UUID, name: str, base_url: str, login: Mapping[str, Any],
    secret: Mapping[str, str] | None = None,
) -> CollectionUpstream:
    """Change a system; without ``secret`` the sealed one stays, unless the address moves to another host."""
    row = queries.upstream(session, upstream_id)
    require(actor, COLLECT_EDIT, department_id=row.department_id)
    _check(base_url, login)
    if secret is None and _origin(base_url) != _origin(row.base_url):
        raise SOURCE(field="secret")  # else an edit would send the password to whoever was named
    row.name, row.base_url, row.login = name, base_url, dict(login)
    if secret is not None:
        row.secret = sources.seal_secret(runtime_of(session), row.id, secret)
    row.version += 1
    row.audit_id = _note(session, actor, row, "change")
    return row


def _check(base_url: str, login: Mapping[str, Any]) -> None:
    sources.check_address(base_url)
    if login.get("kind") not in LOGINS or (login["kind"] == "token" and not login.get("path")):
        raise SOURCE(field="login")
    if login["kind"] == "signature" and not (login.get("profile") in PROFILES and login.get("requester")):
        raise SOURCE(field="login.profile, login.requester")
    if "://" in str(login.get("path", "")):
        raise SOURCE(field="login.path")


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3]).lower()


def _note(session: Session, actor: Actor, row: CollectionUpstream, verb: str) -> uuid.UUID:
    return record(
        session, actor, action=f"gateway.collection.upstream.{verb}", object_type="collection_upstream",
        object_id=str(row.id), detail={"code": row.code, "base_url": row.base_url, "login": row.login.get("kind")},
        department_id=row.department_id,
    )
