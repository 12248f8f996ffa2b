"""Use cases of operations: opening one, its document, taking signatures, and what follows when there are enough."""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, sending, writes
from chain.contracts.models import ContractRelease
from chain.contracts.rules import DEPLOY
from chain.contracts.versions import MANAGE
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.ledger.errors import REVERTED
from chain.ledger.port import Ledger
from chain.operations import queries, rules
from chain.operations.errors import (
    BOARD_UNKNOWN,
    OPERATION_ENDED,
    OPERATION_STATE,
    OPERATION_WAITS,
    SIGNATURE_INVALID,
)
from chain.operations.models import ChainOperation, OperationSignature
from chain.operations.rules import JOB, STATES
from contracts_sc import approvals
from contracts_sc.approvals import Operation
from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue
from kernel.runtime import runtime_of

OBJECT = "chain_operation"
DAYS, MOST_DAYS = 14, 90
# a browser hands documents on as numbers that end at 2**53
SALT_BITS = 52
_SYSTEM = system_actor("chain.operations")
_APPROVALS = "Approvals"


@dataclass(frozen=True)
class Wanted:
    """One call that persons shall sign, in words and in bytes."""

    contract: str
    method: str
    arguments: list[Any]
    target: str
    data: bytes

    def document(self) -> dict[str, Any]:
        """Return it for the table."""
        return {
            "contract": self.contract, "method": self.method, "arguments": self.arguments, "target": self.target,
            "data": "0x" + self.data.hex(),
        }


def open_operation(
    session: Session, actor: Actor, *, environment: str, title: str, calls: Iterable[Mapping[str, Any]],
    board: str | None = None, days: int = DAYS,
) -> ChainOperation:
    """Write down calls of live contracts for persons to sign; each is dry-run as the approvals contract.

    ``calls`` are {contract, method, arguments}; ``board`` names the approvals contract where there are several. Raises
    ``chain.operation.board_unknown``, ``chain.contract.unknown``, ``call_argument``, ``chain.ledger.reverted``.
    """
    require(actor, MANAGE)
    place = board_of(session, environment, board)
    wanted = []
    for one in calls:
        live = writes.live(session, name=one["contract"], environment=environment)
        method, data = writes.encoded(session, live, one["method"], list(one["arguments"]))
        _dry_run(ledger_of(runtime_of(session)), place.address, live.release.address, data, live.abi)
        wanted.append(Wanted(one["contract"], method.signature, list(one["arguments"]), live.release.address, data))
    return write_down(session, actor, place, title=title, wanted=wanted, days=days)


def write_down(
    session: Session, actor: Actor, board: ContractRelease, *, title: str, wanted: list[Wanted], days: int = DAYS,
    evidence: str | None = None, deployment_id: uuid.UUID | None = None, step: str | None = None,
) -> ChainOperation:
    """Keep an operation; ``evidence`` (64 hex digits) is the digest of what the persons see, else of its words."""
    members, threshold = members_of(ledger_of(runtime_of(session)), board.address)
    evidence = evidence or sm3_hex(title.encode(), *(one.data for one in wanted))
    operation = Operation(
        tuple((one.target, one.data) for one in wanted), bytes.fromhex(evidence), secrets.randbits(SALT_BITS),
        int((clock.now() + timedelta(days=min(days, MOST_DAYS))).timestamp()),
    )
    digest = approvals.operation_id(board.chain_id, board.address, operation)
    row = ChainOperation(
        id=ids.new(), environment=board.environment, chain_id=board.chain_id, board=board.name, contract=board.address,
        title=title, calls=[one.document() for one in wanted], evidence=evidence, salt=str(operation.salt),
        not_after=operation.not_after, digest="0x" + digest.hex(), members=members, threshold=threshold, state="open",
        problem="", deployment_id=deployment_id, step=step, created_by=actor.name, created_at=clock.now(),
        audit_id=ids.new(),
    )
    row.audit_id = _note(session, actor, "open", row)
    session.add(row)
    session.flush([row])
    return row


def import_signatures(
    session: Session, actor: Actor, *, operation_id: uuid.UUID, given: Iterable[Mapping[str, Any]]
) -> ChainOperation:
    """Take signatures that were made offline; one that is here already changes nothing. With enough of them the
    operation is queued. Raises ``chain.operation.signature``, ``chain.operation.state``."""
    require(actor, MANAGE)
    row = _open(session, operation_id)
    known = {one.member for one in queries.signatures(session, row.id)}
    for one in given:
        member, signature = rules.checked(row.digest, one, row.members)
        if member not in known:
            _check_stands(session, row, member)
            _keep(session, actor, row, member, signature)
            known.add(member)
    if len(known) >= row.threshold:
        _start(session, row)
    return row


def cancel(session: Session, actor: Actor, *, operation_id: uuid.UUID) -> ChainOperation:
    """Give an operation up; signatures that members gave stay good until its deadline unless they withdraw them."""
    require(actor, MANAGE)
    row = _open(session, operation_id)
    row.state, row.finished_at = "cancelled", clock.now()
    row.audit_id = _note(session, actor, "cancel", row)
    if row.deployment_id is not None:
        enqueue(session, _SYSTEM, DEPLOY, {"deployment_id": str(row.deployment_id)})
    return row


def execution(session: Session, row: ChainOperation) -> tuple[str, bytes]:
    """Return (approvals contract, call data) of an operation with enough signatures.

    Raises ``chain.operation.waits`` while some are missing, ``chain.operation.ended`` when it cannot run any more.
    """
    if row.state in ("cancelled", "expired", "failed"):
        raise OPERATION_ENDED(reason=f"{STATES[row.state][0]} {row.problem}".strip())
    given = [(one.member, one.signature) for one in queries.signatures(session, row.id)]
    if len(given) < row.threshold:
        if row.not_after <= clock.now().timestamp():
            raise OPERATION_ENDED(reason=STATES["expired"][0])
        raise OPERATION_WAITS(given=len(given), needed=row.threshold)
    arguments = operation_of(row).arguments
    data = interface(_APPROVALS).call("execute", arguments, approvals.sorted_signatures(given))
    return row.contract, data


def end(session: Session, row: ChainOperation, state: str, problem: str) -> None:
    """Note how an operation ended."""
    if row.state != state:
        row.state, row.problem, row.finished_at = state, problem, clock.now()
        row.audit_id = _note(session, _SYSTEM, state, row)


def document(row: ChainOperation) -> dict[str, Any]:
    """Return the document that members sign."""
    return rules.document(
        row.chain_id, row.contract, operation_of(row), title=row.title, calls=row.calls, threshold=row.threshold
    )


def operation_of(row: ChainOperation) -> Operation:
    """Return a row's operation."""
    return Operation(
        tuple((one["target"], bytes.fromhex(one["data"][2:])) for one in row.calls), bytes.fromhex(row.evidence),
        int(row.salt), row.not_after,
    )


def board_of(session: Session, environment: str, name: str | None = None) -> ContractRelease:
    """Return the approvals contract of an environment, by its name or the first; raise ``board_unknown``."""
    chain_id = ledger_of(runtime_of(session)).chain_id()
    for one in queries.boards(session, environment, chain_id):
        if name in (None, one.name):
            return one
    raise BOARD_UNKNOWN(environment=environment)


def members_of(ledger: Ledger, board: str) -> tuple[list[str], int]:
    """Return an approvals contract's members and how many of them it asks for."""
    answer = ledger.call(board, interface(_APPROVALS).call("members"))
    members, threshold = interface(_APPROVALS).result("members", answer)
    return sorted(str(one).lower() for one in members), int(threshold)


def get(session: Session, operation_id: uuid.UUID) -> ChainOperation:
    """Return an operation or 404."""
    row = session.get(ChainOperation, operation_id)
    if row is None:
        raise NOT_FOUND()
    return row


def _open(session: Session, operation_id: uuid.UUID) -> ChainOperation:
    row = get(session, operation_id)
    if row.state == "open" and row.not_after <= clock.now().timestamp():
        end(session, row, "expired", "")
    if row.state != "open":
        raise OPERATION_STATE(state=STATES[row.state][0])
    return row


def _check_stands(session: Session, row: ChainOperation, member: str) -> None:
    """Ask the contract what it will ask: still a member, signature not taken back."""
    ledger = ledger_of(runtime_of(session))
    asked = interface(_APPROVALS).call("withdrawn", bytes.fromhex(row.digest[2:]), member)
    if interface(_APPROVALS).result("withdrawn", ledger.call(row.contract, asked))[0]:
        raise SIGNATURE_INVALID(reason=f"{member} 已撤回签名 / took it back")
    members, row.threshold = members_of(ledger, row.contract)
    if row.members != members:
        row.members = members
    if member not in members:
        raise SIGNATURE_INVALID(reason=f"{member} 不是成员 / is no member")


def _keep(session: Session, actor: Actor, row: ChainOperation, member: str, signature: bytes) -> None:
    audit_id = record(
        session, actor, action="chain.operation.sign", object_type=OBJECT, object_id=str(row.id),
        detail={"member": member, "digest": row.digest},
    )
    session.add(OperationSignature(
        id=ids.new(), operation_id=row.id, member=member, signature=signature, imported_by=actor.name,
        imported_at=clock.now(), audit_id=audit_id,
    ))
    session.flush()


def _start(session: Session, row: ChainOperation) -> None:
    """Queue what follows: the deployment that waits, or a transaction of its own."""
    row.state = "executing"
    row.audit_id = _note(session, _SYSTEM, "start", row)
    if row.deployment_id is not None:
        enqueue(session, _SYSTEM, DEPLOY, {"deployment_id": str(row.deployment_id)})
        return
    target, data = execution(session, row)
    row.call_id = sending.queue(
        session, _SYSTEM, name=row.board, environment=row.environment, chain_id=row.chain_id, method="execute",
        arguments=[row.digest], target=target, data=data, purpose=accounts.deployer_of(row.environment),
    ).id
    enqueue(session, _SYSTEM, JOB, {"operation_id": str(row.id)})


def _dry_run(ledger: Ledger, board: str, target: str, data: bytes, abi: list[dict[str, Any]]) -> None:
    try:
        ledger.call(target, data, sender=board)
    except MulianError as error:
        if error.code != REVERTED.code:
            raise
        raise REVERTED(reason=sending.in_words(error, abi)) from error


def _note(session: Session, actor: Actor, verb: str, row: ChainOperation) -> uuid.UUID:
    return record(
        session, actor, action=f"chain.operation.{verb}", object_type=OBJECT, object_id=str(row.id),
        detail={"title": row.title, "digest": row.digest, "problem": row.problem},
    )
