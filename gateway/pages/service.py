"""Use cases of pages: what an interface says of itself, and dated links for developers without an account."""

import secrets
import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.interfaces import acts, queries, rules
from gateway.interfaces.models import Interface
from gateway.pages import queries as pages
from gateway.pages.errors import NO_PAGE
from gateway.pages.facts import Facts
from gateway.pages.models import PageLink
from gateway.permissions import INTERFACE_READ, PAGE_SHARE
from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.runtime import runtime_of


def facts(session: Session, interface: Interface) -> Facts:
    """Return what the page says: of the revision that is served, before the first publication of the tested one.

    Raises ``gateway.page.none`` while an interface is only a draft.
    """
    number = interface.revision or interface.test_revision or 0
    revision = queries.revision(session, interface.id, number)
    if revision is None:
        raise NO_PAGE(code=interface.code)
    opened = queries.open_revision(session, interface.id)
    department = session.get_one(Department, interface.department_id)
    entry = queries.entry(session, interface.entry_id)
    return Facts(
        code=interface.code, name=interface.name, path=interface.path, department=department.name,
        entry=entry.name if entry else "", url=runtime_of(session).settings.public_gateway_url.rstrip("/"),
        revision=number, ends_on=interface.ends_on, definition=revision.definition,
        state=rules.shown_state(interface.state, opened.state if opened else None, interface.ends_on),
    )


def share(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, note: str, days: int,
) -> tuple[PageLink, str]:
    """Make a link that opens the page until ``days`` are over; return it with its token, which is shown once."""
    interface = session.get(Interface, interface_id)
    if interface is None:
        raise NOT_FOUND()
    facts(session, interface)
    token, link_id, now = secrets.token_urlsafe(32), ids.new(), clock.now()
    audit_id = record(
        session, actor, action="gateway.page.share", object_type="gateway_interface", object_id=str(interface.id),
        detail={"code": interface.code, "link": link_id, "note": note, "days": days},
        department_id=actor.department_id,
    )
    link = PageLink(
        id=link_id, interface_id=interface.id, token_sm3=sm3_hex(token.encode()), note=note,
        expires_at=now + timedelta(days=days), created_by=actor.user_id, created_at=now, audit_id=audit_id,
    )
    session.add(link)
    session.flush()
    return link, token


def revoke(session: Session, actor: Actor, *, link_id: uuid.UUID) -> PageLink:
    """Close a link: its maker may, and whoever edits the interface."""
    link = session.get(PageLink, link_id)
    if link is None:
        raise NOT_FOUND()
    if link.created_by is None or link.created_by != actor.user_id:
        acts.own(session, actor, link.interface_id, PAGE_SHARE)
    if link.revoked_at is None:
        link.audit_id = record(
            session, actor, action="gateway.page.revoke", object_type="gateway_interface",
            object_id=str(link.interface_id), detail={"link": link.id}, department_id=actor.department_id,
        )
        link.revoked_at = clock.now()
    return link


def opened(session: Session, token: str) -> Interface:
    """Return the interface of an open link; 404 for a token that is wrong, over or revoked."""
    link = pages.open_link(session, sm3_hex(token.encode()), clock.now())
    if link is None:
        raise NOT_FOUND()
    return session.get_one(Interface, link.interface_id)


def of(session: Session, actor: Actor, interface_id: uuid.UUID) -> Interface:
    """Return an interface for a signed-in reader: the directory of interfaces is common to the district."""
    interface = session.get(Interface, interface_id)
    if interface is None or not actor.may(INTERFACE_READ):
        raise NOT_FOUND()
    return interface
