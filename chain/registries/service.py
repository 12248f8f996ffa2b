"""Use cases of registries: switching one on, writing a record down with its cause, asking persons for missing roles."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts
from chain.contracts import queries as contracts
from chain.contracts.accounts import PRODUCTION
from chain.contracts.service import address_of
from chain.contracts.versions import MANAGE
from chain.operations import service as operations
from chain.operations.models import ChainOperation
from chain.registries import queries
from chain.registries.errors import REGISTRY_COMPLETE, REGISTRY_UNKNOWN
from chain.registries.models import ChainRegistry, RegistryRecord
from chain.registries.rules import TITLES
from kernel import clock, ids
from kernel.audit.service import record as audit
from kernel.identity.actor import Actor, require

MOST_GRANTS = 64


@dataclass(frozen=True)
class Draft:
    """One thing that a registry shall say, as :class:`chain.registries.models.RegistryRecord` keeps it."""

    subject: str
    position: int
    goal: dict[str, Any]
    object_type: str
    object_id: str
    department_id: uuid.UUID | None = None


def switch(session: Session, actor: Actor, *, contract: str, on: bool) -> ChainRegistry:
    """Let causes be written to a registry from now on, or no longer; what waits stays.

    Raises ``chain.registry.unknown``, and ``chain.contract.unknown`` where it is not live in production.
    """
    require(actor, MANAGE)
    if contract not in TITLES:
        raise REGISTRY_UNKNOWN(contract=contract)
    if on:
        address_of(session, contract, environment=PRODUCTION)
    row = session.get(ChainRegistry, contract)
    if row is None:
        row = ChainRegistry(
            contract=contract, enabled=on, changed_by=actor.name, changed_at=clock.now(), audit_id=ids.new()
        )
        session.add(row)
    row.enabled, row.changed_by, row.changed_at = on, actor.name, clock.now()
    row.audit_id = audit(
        session, actor, action=f"chain.registry.{'enable' if on else 'disable'}", object_type="chain_registry",
        object_id=contract, detail={},
    )
    session.flush()
    return row


def note(session: Session, contract: str, drafts: Sequence[Draft]) -> int:
    """Write records down in the transaction of their cause and return how many; none where the registry is not
    switched on, and each once."""
    if not drafts or not queries.enabled(session, contract):
        return 0
    known = queries.known(session, contract, [one.subject for one in drafts])
    rows = [_row(contract, one) for one in drafts if (one.subject, one.position) not in known]
    session.add_all(rows)
    session.flush(rows)
    return len(rows)


def _row(contract: str, draft: Draft) -> RegistryRecord:
    return RegistryRecord(
        id=ids.new(), contract=contract, subject=draft.subject, position=draft.position, object_type=draft.object_type,
        object_id=draft.object_id, department_id=draft.department_id, goal=draft.goal, state="waiting", problem="",
        role=None, created_at=clock.now(),
    )


def ask_roles(session: Session, actor: Actor, *, contract: str) -> ChainOperation:
    """Open an operation by which persons give the platform's account the roles that waiting records lack.

    Raises ``chain.registry.complete`` where none is missing, and as :func:`chain.operations.service.open_operation`.
    """
    roles = queries.missing_roles(session, contract)[:MOST_GRANTS]
    account = contracts.account(session, accounts.writer_of(PRODUCTION, contract))
    if not roles or account is None:
        raise REGISTRY_COMPLETE(contract=contract)
    calls = [
        {"contract": contract, "method": "grantRole", "arguments": [f"0x{role}", account.address]} for role in roles
    ]
    title = f"授予平台账户 {contract} 的 {len(roles)} 个部门角色（代管）"
    return operations.open_operation(session, actor, environment=PRODUCTION, title=title, calls=calls)
