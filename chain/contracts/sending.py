"""Carrying out one write by its journal row: dry-run, sign and commit, send until sealed, decode what happened."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, history, journal, queries, versions
from chain.contracts.models import ContractCall, ContractVersion
from chain.ledger import accounts as keys
from chain.ledger import values
from chain.ledger.access import ledger_of
from chain.ledger.errors import LEDGER_REFUSED, REVERTED
from chain.ledger.port import Ledger, Receipt
from chain.ledger.values import BadValue
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime

OBJECT = "contract_call"
ENDED = ("sealed", "failed")


@dataclass(frozen=True)
class Call:
    """A row as plain values."""

    id: uuid.UUID
    name: str
    chain_id: int
    target: str
    data: bytes
    purpose: str
    account: str | None
    nonce: int | None
    raw: bytes | None
    tx_hash: str | None
    state: str


def queue(
    session: Session, actor: Actor, *, name: str, environment: str, chain_id: int, method: str, arguments: list[Any],
    target: str, data: bytes, purpose: str, deployment_id: uuid.UUID | None = None, step: str | None = None,
) -> ContractCall:
    """Write down what is to be sent, before anything is."""
    row = ContractCall(
        id=ids.new(), name=name, environment=environment, chain_id=chain_id, deployment_id=deployment_id, step=step,
        method=method, arguments=arguments, target=target, data=data, purpose=purpose, voided=[], state="queued",
        problem="", attempts=0, created_by=actor.name, created_at=clock.now(), audit_id=ids.new(),
    )
    row.audit_id = _note(session, actor, "call.queue", row)
    session.add(row)
    session.flush([row])
    return row


def perform(runtime: Runtime, ledger: Ledger, call_id: uuid.UUID, *, abi: list[dict[str, Any]]) -> str:
    """Bring a queued or interrupted write to its end and return its state; exactly one transaction is sealed.

    A write that reverts in the dry run, or sealed, ends as ``failed`` with the reason. Raises the ledger's errors
    otherwise (the row stays as it is and is performed again later), and ``chain.ledger.refused`` for another chain.
    """
    for _ in range(journal.ATTEMPTS):
        call = runtime.database.run(lambda session: _values(session.get_one(ContractCall, call_id)), write=False)
        if call.state in ENDED:
            return call.state
        if call.chain_id != ledger.chain_id():
            raise LEDGER_REFUSED(reason=f"chain {call.chain_id} is wanted, {ledger.chain_id()} answers")
        if call.state == "queued" and not _sign(runtime, ledger, call, abi):
            continue
        call = runtime.database.run(lambda session: _values(session.get_one(ContractCall, call_id)), write=False)
        if call.state != "prepared" or call.raw is None:
            continue
        receipt = journal.settle(
            ledger, raw=call.raw, tx_hash=str(call.tx_hash), account=str(call.account), nonce=call.nonce or 0
        )
        _change(runtime, call, "prepared", partial(_settled, receipt=receipt, abi=abi))
    raise LEDGER_REFUSED(reason=f"the nonce of {call.account} was taken {journal.ATTEMPTS} times")


def carry_out(runtime: Runtime, call_id: uuid.UUID) -> str:
    """As :func:`perform`, with the ABI of what is live at the address."""

    def known(session: Session) -> list[dict[str, Any]]:
        row = session.get_one(ContractCall, call_id)
        live = queries.in_state(
            session, environment=row.environment, name=row.name, chain_id=row.chain_id, state="live"
        )
        return abi_of(session, None if live is None else live.version_id)

    abi = runtime.database.run(known, write=False)
    return perform(runtime, ledger_of(runtime), call_id, abi=abi)


def abi_of(session: Session, version_id: uuid.UUID | None) -> list[dict[str, Any]]:
    """Return the ABI of a version."""
    if version_id is None:
        return []
    row: ContractVersion = versions.get(session, version_id)
    abi: list[dict[str, Any]] = row.artifact["abi"]
    return abi


def _sign(runtime: Runtime, ledger: Ledger, call: Call, abi: list[dict[str, Any]]) -> bool:
    """Dry-run, sign and commit; False when the row ended or another process was faster."""
    signer = accounts.signer(runtime, call.purpose)
    try:
        needed = ledger.estimate_gas(call.target, call.data, sender=signer.address)
    except MulianError as error:
        if error.code != REVERTED.code:
            raise
        why = in_words(error, abi)
        _change(runtime, call, "queued", lambda row: _refused(row, why))
        return False
    nonce = ledger.nonce(signer.address, pending=True)
    raw, tx_hash = keys.sign(
        signer, chain_id=call.chain_id, nonce=nonce, to=call.target, data=call.data,
        gas=min(2**24, max(keys.DEFAULT_GAS, needed * 5 // 4)),
    )

    def prepared(row: ContractCall) -> str:
        row.account, row.nonce, row.raw, row.tx_hash = signer.address, nonce, raw, tx_hash
        row.state, row.attempts = "prepared", row.attempts + 1
        return "call.prepare"

    return _change(runtime, call, "queued", prepared, signed_by=signer.address)


def in_words(error: MulianError, abi: list[dict[str, Any]]) -> str:
    """Return why a call reverted, by the contract's own errors where the node handed the data on."""
    data = error.params.get("data")
    if isinstance(data, str) and len(data) > 2:
        return values.explain(abi, bytes.fromhex(data.removeprefix("0x")))
    return str(error.params.get("reason", ""))[:500]


def _change(
    runtime: Runtime, call: Call, expected: str, change: Callable[[ContractCall], str], *, signed_by: str | None = None
) -> bool:
    """Change a row that still is in the expected state and note it; False when another run was faster."""

    def write(session: Session) -> bool:
        row = session.get_one(ContractCall, call.id)
        if row.state != expected or row.tx_hash != call.tx_hash:
            return False
        if signed_by is not None:
            accounts.check_current(session, call.purpose, signed_by)
        action = change(row)
        row.audit_id = _note(session, system_actor("chain"), action, row)
        return True

    return runtime.database.run(write, write=True)


def _refused(row: ContractCall, why: str) -> str:
    row.state, row.problem, row.closed_at = "failed", why, clock.now()
    return "call.failed"


def _settled(row: ContractCall, receipt: Receipt | None, abi: list[dict[str, Any]]) -> str:
    if receipt is None:
        row.voided, row.state = [*row.voided, str(row.tx_hash)], "queued"
        return "call.void"
    row.block_number, row.gas_used, row.closed_at = receipt.block_number, receipt.gas_used, clock.now()
    row.events = _events(receipt, row.target, abi)
    row.state = "sealed" if receipt.succeeded else "failed"
    row.problem = "" if receipt.succeeded else "reverted"
    return f"call.{row.state}"


def _events(receipt: Receipt, target: str, abi: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = values.events_of(abi)
    found: list[dict[str, Any]] = []
    for log in receipt.logs[:100]:
        entry = known.get(log.topics[0]) if log.topics and log.address == target.lower() else None
        try:
            arguments = values.decode_event(entry, log.topics, log.data) if entry else None
        except BadValue:
            arguments = None
        name = entry["name"] if entry else None
        found.append({"address": log.address, "name": name, "arguments": arguments})
    return found


def _values(row: ContractCall) -> Call:
    return Call(
        row.id, row.name, row.chain_id, row.target, row.data, row.purpose, row.account, row.nonce, row.raw,
        row.tx_hash, row.state,
    )


def _note(session: Session, actor: Actor, action: str, row: ContractCall) -> uuid.UUID:
    return history.note(
        session, actor, action, name=row.name, object_type=OBJECT, object_id=row.id, environment=row.environment,
        detail={"method": row.method, "target": row.target, "tx_hash": row.tx_hash, "problem": row.problem},
    )
