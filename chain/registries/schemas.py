"""What the registries page and commands take and show."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from chain.contracts import accounts
from chain.contracts import queries as contracts
from chain.contracts.accounts import PRODUCTION
from chain.contracts.models import ContractCall
from chain.registries import queries
from chain.registries.models import RegistryRecord
from chain.registries.rules import STATES, TITLES
from kernel.http.wire import Title, Wire


class SwitchIn(Wire):
    """Whether causes are written to a registry."""

    on: bool


class RegistryOut(BaseModel):
    """A registry: where it is live, whether it is written, and how far."""

    contract: str
    title: Title
    address: str | None
    account: str | None
    enabled: bool
    waiting: int
    final: int
    skipped: int
    missing_roles: int


class RegistryList(BaseModel):
    """Every registry that the platform can write."""

    items: list[RegistryOut]


class RegistryRecordOut(BaseModel):
    """A record: what shall stand on the chain, and whether it does."""

    id: uuid.UUID
    contract: str
    contract_title: Title
    subject: str
    object_type: str
    object_id: str
    goal: dict[str, Any]
    state: str
    state_title: Title
    problem: str
    tx_hash: str | None
    block_number: int | None
    operation_id: uuid.UUID | None
    created_at: datetime
    finished_at: datetime | None


class RegistryRecordPage(BaseModel):
    """A page of records."""

    items: list[RegistryRecordOut]
    total: int
    page: int
    size: int


def registries(session: Session) -> list[RegistryOut]:
    """Return every registry for output."""
    switched, counts = queries.switched(session), queries.counts(session)
    found = []
    for name, (zh, en) in TITLES.items():
        live = contracts.latest_live(session, environment=PRODUCTION, name=name)
        account = contracts.account(session, accounts.writer_of(PRODUCTION, name))
        row = switched.get(name)
        found.append(RegistryOut(
            contract=name, title=Title(zh=zh, en=en), address=live.address if live else None,
            account=account.address if account else None, enabled=row is not None and row.enabled,
            waiting=counts.get((name, "waiting"), 0), final=counts.get((name, "final"), 0),
            skipped=counts.get((name, "skipped"), 0), missing_roles=len(queries.missing_roles(session, name)),
        ))
    return found


def record_out(session: Session, row: RegistryRecord) -> RegistryRecordOut:
    """Return a record for output."""
    call = None if row.call_id is None else session.get(ContractCall, row.call_id)
    names = (
        "id", "contract", "subject", "object_type", "object_id", "goal", "state", "problem", "operation_id",
        "created_at", "finished_at",
    )
    title, state = TITLES[row.contract], STATES[row.state]
    return RegistryRecordOut.model_validate({
        **{name: getattr(row, name) for name in names}, "contract_title": Title(zh=title[0], en=title[1]),
        "state_title": Title(zh=state[0], en=state[1]), "tx_hash": call.tx_hash if call else None,
        "block_number": call.block_number if call else None,
    })
