"""Using a contract: its form, reads at once, writes by those whose role may, freezing, and who may write what."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, history, queries, sending, versions
from chain.contracts.errors import CALL_ARGUMENT, CALL_REFUSED, CONTRACT_FROZEN, CONTRACT_UNKNOWN, METHOD_UNKNOWN
from chain.contracts.models import ContractCall, ContractRelease, ContractRight
from chain.contracts.rules import WRITE
from chain.contracts.versions import READ
from chain.ledger import values
from chain.ledger.access import ledger_of
from chain.ledger.errors import REVERTED
from chain.ledger.values import BadValue, Method
from contracts_sc.artifacts import artifact
from kernel import clock, ids
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity import registry
from kernel.identity.actor import Actor, require
from kernel.jobs.service import enqueue
from kernel.runtime import runtime_of

CALL, FREEZE, GRANT = "chain.contract.call", "chain.contract.freeze", "chain.contract.grant"
EVERY = "*"
# methods by which contracts are stopped; tried in this order when the platform freezes one
_STOPS = ("freeze()", "pause()")


@dataclass(frozen=True)
class Live:
    """A live contract with its ABI; ``version_id`` is empty for what the program deploys by itself."""

    release: ContractRelease
    abi: list[dict[str, Any]]

    @property
    def methods(self) -> dict[str, Method]:
        """Its functions by signature."""
        return values.methods(self.abi)


def live(session: Session, *, name: str, environment: str) -> Live:
    """Return the live contract; raise ``chain.contract.unknown``."""
    row = queries.latest_live(session, environment=environment, name=name)
    if row is None or name.endswith(".implementation"):
        raise CONTRACT_UNKNOWN(name=name)
    abi = sending.abi_of(session, row.version_id) if row.version_id else list(artifact(name).abi)
    return Live(row, abi)


def method_of(contract: Live, method: str) -> Method:
    """Return a function by signature or by its only name; raise ``chain.contract.method_unknown``."""
    found = values.method_named(contract.abi, method)
    if found is None:
        raise METHOD_UNKNOWN(name=contract.release.name, method=method)
    return found


def may_write(session: Session, actor: Actor, contract: Live, method: Method) -> bool:
    """Whether one of the actor's roles was given this method, or all of them."""
    if contract.release.version_id is None or not actor.may(CALL):
        return False
    given = [
        one for one in queries.rights(session, contract.release.name)
        if one.environment == contract.release.environment and one.method in (EVERY, method.signature)
    ]
    return any(one.role in actor.roles for one in given) or (actor.kind == "system" and bool(given))


def read(
    session: Session, actor: Actor, *, name: str, environment: str, method: str, arguments: list[Any]
) -> tuple[Method, list[Any]]:
    """Run a call of which nothing is kept, in the name of the platform's account; return its results as JSON.

    Raises ``chain.contract.call_argument``, ``method_unknown``, and ``chain.ledger.reverted`` in words.
    """
    require(actor, READ)
    contract = live(session, name=name, environment=environment)
    found = method_of(contract, method)
    data = _encode(session, contract, found, arguments)
    ledger = ledger_of(runtime_of(session))
    try:
        output = ledger.call(contract.release.address, data, sender=_account(session, contract))
        return found, found.decode(output)
    except BadValue as error:
        raise REVERTED(reason="the answer does not fit the ABI") from error
    except MulianError as error:
        if error.code != REVERTED.code:
            raise
        raise REVERTED(reason=sending.in_words(error, contract.abi)) from error


def write(
    session: Session, actor: Actor, *, name: str, environment: str, method: str, arguments: list[Any]
) -> ContractCall:
    """Queue a write, signed by the contract's own account. Raises ``call_refused``, ``frozen``, ``call_argument``."""
    require(actor, CALL)
    contract = live(session, name=name, environment=environment)
    found = method_of(contract, method)
    if not may_write(session, actor, contract, found):
        raise CALL_REFUSED(name=name, method=found.signature)
    if contract.release.frozen_at is not None:
        raise CONTRACT_FROZEN(name=name)
    return _queue(session, actor, contract, found, arguments)


def freeze(session: Session, actor: Actor, *, name: str, environment: str, reason: str) -> ContractRelease:
    """Stop the platform's writes at once; where the contract itself can be stopped, that is queued too."""
    require(actor, FREEZE)
    contract = live(session, name=name, environment=environment)
    row = contract.release
    if row.version_id is None:
        raise CALL_REFUSED(name=name, method="freeze")
    if row.frozen_at is not None:
        raise CONTRACT_FROZEN(name=name)
    row.frozen_at, row.frozen_by = clock.now(), actor.name
    history.note(
        session, actor, "freeze", name=name, object_type="contract_release", object_id=row.id,
        environment=environment, version=row.version, detail={"reason": reason},
    )
    stop = next((contract.methods[one] for one in _STOPS if one in contract.methods), None)
    if stop is not None:
        _queue(session, actor, contract, stop, [])
    return row


def grant(
    session: Session, actor: Actor, *, name: str, environment: str, method: str, role: str
) -> ContractRight:
    """Let a role write one method (signature) or ``*``; asking again changes nothing."""
    require(actor, GRANT)
    contract = live(session, name=name, environment=environment)
    signature = EVERY if method == EVERY else method_of(contract, method).signature
    if role not in registry.grants():
        raise NOT_FOUND()
    for one in queries.rights(session, name):
        if (one.environment, one.method, one.role) == (environment, signature, role):
            return one
    row = ContractRight(
        id=ids.new(), environment=environment, name=name, method=signature, role=role, created_by=actor.name,
        created_at=clock.now(), audit_id=ids.new(),
    )
    row.audit_id = _note_right(session, actor, "right.grant", row)
    session.add(row)
    session.flush([row])
    return row


def revoke(session: Session, actor: Actor, *, right_id: uuid.UUID) -> None:
    """Take a right back."""
    require(actor, GRANT)
    row = session.get(ContractRight, right_id)
    if row is None:
        raise NOT_FOUND()
    _note_right(session, actor, "right.revoke", row)
    session.delete(row)


def again(session: Session, actor: Actor, *, call_id: uuid.UUID) -> ContractCall:
    """Queue the job of an interrupted write again."""
    require(actor, CALL)
    row = session.get(ContractCall, call_id)
    if row is None:
        raise NOT_FOUND()
    if row.state not in sending.ENDED and row.deployment_id is None:
        row.job_id = enqueue(session, actor, WRITE, {"call_id": str(row.id)}).id
    return row


def _queue(
    session: Session, actor: Actor, contract: Live, method: Method, arguments: list[Any]
) -> ContractCall:
    data = _encode(session, contract, method, arguments)
    release = contract.release
    row = sending.queue(
        session, actor, name=release.name, environment=release.environment, chain_id=release.chain_id,
        method=method.signature, arguments=arguments, target=release.address, data=data,
        purpose=accounts.writer_of(release.environment, release.name),
    )
    row.job_id = enqueue(session, actor, WRITE, {"call_id": str(row.id)}).id
    return row


def encoded(session: Session, contract: Live, method: str, arguments: list[Any]) -> tuple[Method, bytes]:
    """Return a method and its call data; raise ``chain.contract.method_unknown``, ``call_argument``."""
    found = method_of(contract, method)
    return found, _encode(session, contract, found, arguments)


def _encode(session: Session, contract: Live, method: Method, arguments: list[Any]) -> bytes:
    names = {"contract": contract.release.address}
    account = _account(session, contract)
    if account is not None:
        names["account"] = account
    for name in versions.names_in(arguments) - set(names):
        found = queries.latest_live(session, environment=contract.release.environment, name=name)
        if found is not None:
            names[name] = found.address
    try:
        return method.encode(arguments, names)
    except BadValue as error:
        raise CALL_ARGUMENT(where=error.where, why=error.why) from error


def _account(session: Session, contract: Live) -> str | None:
    row = queries.account(session, accounts.writer_of(contract.release.environment, contract.release.name))
    return None if row is None else row.address


def _note_right(session: Session, actor: Actor, action: str, row: ContractRight) -> uuid.UUID:
    return history.note(
        session, actor, action, name=row.name, object_type="contract_right", object_id=row.id,
        environment=row.environment, detail={"method": row.method, "role": row.role},
    )
