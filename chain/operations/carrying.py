"""Sending operations that have their signatures, and the steps of deployments that only persons may take."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import queries as contracts
from chain.contracts import sending
from chain.contracts.models import ContractCall, ContractRelease
from chain.ledger.access import ledger_of
from chain.ledger.errors import REVERTED
from chain.ledger.port import Ledger
from chain.operations import queries, service
from chain.operations.models import ChainOperation
from chain.operations.service import Wanted
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

_SYSTEM = system_actor("chain.operations")


def carry_out(runtime: Runtime, operation_id: uuid.UUID) -> str:
    """Send an operation that has its signatures and return its state; safe to repeat at any time."""

    def known(session: Session) -> tuple[str, uuid.UUID | None, list[dict[str, Any]]]:
        row = service.get(session, operation_id)
        return row.state, row.call_id, _abis(session, row)

    state, call_id, abi = runtime.database.run(known, write=False)
    if state != "executing" or call_id is None:
        return state
    sending.perform(runtime, ledger_of(runtime), call_id, abi=abi)
    return runtime.database.run(lambda session: _ended(session, operation_id, call_id))


def _ended(session: Session, operation_id: uuid.UUID, call_id: uuid.UUID) -> str:
    row, call = service.get(session, operation_id), session.get_one(ContractCall, call_id)
    service.end(session, row, "executed" if call.state == "sealed" else "failed", call.problem)
    return row.state


def _abis(session: Session, row: ChainOperation) -> list[dict[str, Any]]:
    """The ABI of the approvals contract and of what it calls: whose errors a refusal may hold."""
    found = list(artifact("Approvals").abi)
    for name in {one["contract"] for one in row.calls}:
        live = contracts.in_state(
            session, environment=row.environment, name=name, chain_id=row.chain_id, state="live"
        )
        if live is not None:
            found += sending.abi_of(session, live.version_id)
    return found


def may(ledger: Ledger, target: str, data: bytes, sender: str) -> bool:
    """Whether a contract takes a call from an address, a contract's too."""
    try:
        ledger.call(target, data, sender=sender)
    except MulianError as error:
        if error.code != REVERTED.code:
            raise
        return False
    return True


def governing(session: Session, ledger: Ledger, environment: str, target: str, data: bytes) -> ContractRelease | None:
    """Return the live approvals contract whose call this one would be, None where there is none."""
    for board in queries.boards(session, environment, ledger.chain_id()):
        if may(ledger, target, data, board.address):
            return board
    return None


def step(
    session: Session, ledger: Ledger, *, deployment_id: uuid.UUID, step: str, environment: str, account: str,
    wanted: Wanted, title: str, evidence: str,
) -> ChainOperation | None:
    """Return the operation by which persons take a step of a deployment; it is opened when the platform's ``account``
    may not and an approvals contract may. None: the platform takes the step itself."""
    row = queries.of_step(session, deployment_id, step)
    if row is not None or may(ledger, wanted.target, wanted.data, account):
        return row
    board = governing(session, ledger, environment, wanted.target, wanted.data)
    if board is None:
        return None
    return service.write_down(
        session, _SYSTEM, board, title=title, wanted=[wanted], evidence=evidence, deployment_id=deployment_id,
        step=step,
    )
