"""Use case: preview a description, then draft what is usable of it."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from catalog.demands import queries as entries
from gateway.importing import reading, rules
from gateway.importing.rules import Proposal
from gateway.interfaces import queries, service
from gateway.interfaces.models import Interface
from gateway.permissions import INTERFACE_EDIT
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require


def preview(
    session: Session, actor: Actor, *, entry_id: uuid.UUID, text: str, server: str, prefix: str,
) -> list[Proposal]:
    """Return what a description would become; codes and paths that are taken are errors of their proposal."""
    entry = queries.entry(session, entry_id)
    if entry is None:
        raise NOT_FOUND()
    require(actor, INTERFACE_EDIT, department_id=entry.department_id)
    items = entries.items_by_name(session, entry_id)
    made = rules.proposals(reading.load(text), server=server, prefix=prefix, items=items)
    for one in made:
        if queries.by_code(session, one.code) is not None:
            one.findings.append(rules.Finding("error", f"接口代码 {one.code} 已被使用"))
        taken = queries.by_path(session, one.path)
        if taken is not None:
            one.findings.append(rules.Finding("error", f"地址 {one.path} 已被接口 {taken.code} 使用"))
    return made


def draft(
    session: Session, actor: Actor, *, entry_id: uuid.UUID, text: str, server: str, prefix: str,
    codes: Collection[str],
) -> list[Interface]:
    """Draft the usable proposals with these codes."""
    chosen = [
        one for one in preview(session, actor, entry_id=entry_id, text=text, server=server, prefix=prefix)
        if one.usable and one.code in codes
    ]
    return [_create(session, actor, entry_id, one, one.definition or {}) for one in chosen]


def _create(
    session: Session, actor: Actor, entry_id: uuid.UUID, one: Proposal, definition: dict[str, Any],
) -> Interface:
    return service.create(
        session, actor, code=one.code, name=one.name, path=one.path, entry_id=entry_id, definition=definition,
    )
