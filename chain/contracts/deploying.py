"""Carrying out a deployment that two people decided: steps by the journal, each safe to repeat, then live at once."""

import uuid
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from sqlalchemy.orm import Session

from chain.contracts import accounts, deployments, queries, releases, sending, versions
from chain.contracts.errors import ACCOUNT_HELD, CODE_MISMATCH
from chain.contracts.events import DeploymentDone
from chain.contracts.models import ContractCall, ContractDeployment, ContractRelease, ContractVersion
from chain.contracts.releases import Created, Creation
from chain.contracts.rules import ACTIONS, IMPLEMENTATION_SLOT, PROXY, creation_hash
from chain.ledger import values
from chain.ledger.access import ledger_of
from chain.ledger.errors import LEDGER_REFUSED, LEDGER_TIMEOUT, LEDGER_UNREACHABLE, REVERTED
from chain.ledger.port import Ledger, Receipt
from chain.operations import carrying
from chain.operations import service as operations
from chain.operations.errors import OPERATION_WAITS
from chain.operations.service import Wanted
from contracts_sc import bytecode
from contracts_sc.artifacts import Artifact, artifact
from contracts_sc.bytecode import Comparison
from kernel import clock
from kernel.errors import MulianError
from kernel.events import publish
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime

# what later tries may cure: the deployment stays as it is and is resumed
PASSING = (LEDGER_UNREACHABLE.code, LEDGER_TIMEOUT.code, ACCOUNT_HELD.code, "kernel.database.busy")


@dataclass(frozen=True)
class Plan:
    """A deployment as plain values; ``built`` is the version's code with its libraries."""

    id: uuid.UUID
    version_id: uuid.UUID
    name: str
    version: str
    kind: str
    environment: str
    chain_id: int
    action: str
    state: str
    params: dict[str, Any]
    abi: list[dict[str, Any]]
    built: Artifact
    live: uuid.UUID | None
    live_address: str | None
    account: str

    @property
    def initialiser(self) -> bytes:
        """The encoded initialiser call, empty where there is none."""
        return bytes.fromhex(self.params["initialiser"])


@dataclass(frozen=True)
class Made:
    """A creation that is on the chain, compared and not yet live."""

    row: Created
    receipt: Receipt
    compared: Comparison


def carry_out(runtime: Runtime, actor: Actor, deployment_id: uuid.UUID) -> str:
    """Do what is left of a deployment and return its state (``done`` or ``failed``).

    Killed anywhere, another run finishes it: no step is done twice. Raises what a later try may cure.
    """
    plan = runtime.database.run(lambda session: _plan(session, deployment_id), write=False)
    if plan.state != "running":
        return plan.state
    ledger = ledger_of(runtime)
    try:
        if ledger.chain_id() != plan.chain_id:
            raise LEDGER_REFUSED(reason=f"chain {plan.chain_id} was agreed to, {ledger.chain_id()} answers")
        return _ACTS[plan.action](runtime, ledger, actor, plan)
    except MulianError as error:
        if error.kind is OPERATION_WAITS:
            return plan.state  # goes on when the persons have signed
        if error.code in PASSING:
            raise
        problem = error
    return runtime.database.run(lambda session: _failed(session, actor, deployment_id, problem))


def _create(runtime: Runtime, ledger: Ledger, actor: Actor, plan: Plan) -> str:
    """A new address: the contract itself, or an implementation with a proxy before it."""
    arguments = bytes.fromhex(plan.params["arguments"])
    name = f"{plan.name}.implementation" if plan.kind == "uups" else plan.name
    made = _made(runtime, ledger, plan, name, plan.built, plan.built.creation + arguments)
    if plan.kind == "uups":
        proxy = artifact(PROXY)
        data = proxy.creation + encode(["address", "bytes"], [made.row.address, plan.initialiser])
        front = _made(runtime, ledger, plan, plan.name, proxy, data)
        _check_slot(ledger, front.row.address, made.row.address)
        return _done(runtime, actor, plan, [made, front], implementation=made.row.address)
    if plan.initialiser:
        _call(runtime, ledger, plan, "initialise", made.row.address, plan.initialiser,
              accounts.deployer_of(plan.environment))
    return _done(runtime, actor, plan, [made])


def _upgrade(runtime: Runtime, ledger: Ledger, actor: Actor, plan: Plan) -> str:
    """New code behind the proxy that is live."""
    arguments = bytes.fromhex(plan.params["arguments"])
    made = _made(
        runtime, ledger, plan, f"{plan.name}.implementation", plan.built, plan.built.creation + arguments
    )
    _point(runtime, ledger, plan, "upgrade", made.row.address, plan.initialiser)
    return _done(runtime, actor, plan, [made], implementation=made.row.address)


def _roll_back(runtime: Runtime, ledger: Ledger, actor: Actor, plan: Plan) -> str:
    """The code of a former version, which is still where it was."""
    target = str(plan.params["target"])
    found = bytecode.compare(ledger.code(target), plan.built)
    if found.verdict not in releases.GOOD:
        raise CODE_MISMATCH(address=target, name=plan.name)
    if plan.kind == "uups":
        _point(runtime, ledger, plan, "rollback", target, b"")
    return runtime.database.run(lambda session: _rolled_back(session, actor, plan, target))


def _unfreeze(runtime: Runtime, ledger: Ledger, actor: Actor, plan: Plan) -> str:
    def write(session: Session) -> str:
        row = session.get_one(ContractRelease, plan.live)
        row.frozen_at = row.frozen_by = None
        return _finish(session, actor, plan, "deployment.unfrozen")

    return runtime.database.run(write)


_ACTS = {
    "deploy": _create, "promote": _create, "upgrade": _upgrade, "rollback": _roll_back, "unfreeze": _unfreeze,
}


def _plan(session: Session, deployment_id: uuid.UUID) -> Plan:
    row: ContractDeployment = deployments.get(session, deployment_id)
    version: ContractVersion = versions.get(session, row.version_id)
    live = queries.in_state(
        session, environment=row.environment, name=row.name, chain_id=row.chain_id, state="live"
    )
    return Plan(
        id=row.id, version_id=version.id, name=row.name, version=version.version, kind=version.kind,
        environment=row.environment, chain_id=row.chain_id, action=row.action, state=row.state, params=row.params,
        abi=version.artifact["abi"], built=deployments.built_of(version, row.params["libraries"]),
        live=None if live is None else live.id, live_address=None if live is None else live.address,
        account=accounts.writer_of(row.environment, row.name),
    )


def _made(
    runtime: Runtime, ledger: Ledger, plan: Plan, name: str, built: Artifact, data: bytes
) -> Made:
    wanted = Creation(
        plan.environment, plan.chain_id, name, plan.version, built, data, creation_hash(data, b""), plan.version_id,
        plan.id,
    )
    row, receipt = releases.create(runtime, ledger, wanted)
    return Made(row, receipt, releases.check(ledger, built, row, receipt, data))


def _point(
    runtime: Runtime, ledger: Ledger, plan: Plan, step: str, implementation: str, data: bytes
) -> None:
    """Let the proxy run other code, signed by the contract's own account, and look whether it does."""
    method = values.method_named(plan.abi, "upgradeToAndCall")
    if method is None or plan.live_address is None:
        raise LEDGER_REFUSED(reason="the live contract cannot be upgraded")
    arguments = [implementation, "0x" + data.hex()]
    wanted = Wanted(plan.name, method.signature, arguments, plan.live_address, method.encode(arguments))
    account = accounts.signer(runtime, plan.account).address
    evidence = plan.params["digest"].rsplit(":", 1)[1]
    operation = runtime.database.run(lambda session: carrying.step(
        session, ledger, deployment_id=plan.id, step=step, environment=plan.environment, account=account, wanted=wanted,
        title=f"{ACTIONS[plan.action][0]} {plan.name} {plan.version}", evidence=evidence,
    ))
    if operation is None:
        _call(runtime, ledger, plan, step, plan.live_address, wanted.data, plan.account)
    else:
        _by_persons(runtime, ledger, plan, step, operation.id)
    _check_slot(ledger, plan.live_address, implementation)


def _by_persons(runtime: Runtime, ledger: Ledger, plan: Plan, step: str, operation_id: uuid.UUID) -> None:
    """Take a step by an operation of an approvals contract; raises ``chain.operation.waits`` for signatures."""
    target, data = runtime.database.run(
        lambda session: operations.execution(session, operations.get(session, operation_id)), write=False
    )
    _call(runtime, ledger, plan, step, target, data, accounts.deployer_of(plan.environment))
    runtime.database.run(
        lambda session: operations.end(session, operations.get(session, operation_id), "executed", "")
    )


def _check_slot(ledger: Ledger, proxy: str, implementation: str) -> None:
    if ledger.storage(proxy, IMPLEMENTATION_SLOT)[-20:].hex() != implementation.removeprefix("0x").lower():
        raise CODE_MISMATCH(address=proxy, name=PROXY)


def _call(
    runtime: Runtime, ledger: Ledger, plan: Plan, step: str, target: str, data: bytes, purpose: str
) -> None:
    """Do one step of this deployment, once."""

    def write(session: Session) -> uuid.UUID:
        row = queries.step_of(session, plan.id, step)
        if row is None:
            row = sending.queue(
                session, system_actor("chain"), name=plan.name, environment=plan.environment, chain_id=plan.chain_id,
                method=step, arguments=[], target=target, data=data, purpose=purpose, deployment_id=plan.id, step=step,
            )
        return row.id

    call_id = runtime.database.run(write)
    if sending.perform(runtime, ledger, call_id, abi=plan.abi) != "sealed":
        with runtime.database.read() as session:
            problem = session.get_one(ContractCall, call_id).problem
        raise REVERTED(reason=f"{step}: {problem}")


def _done(
    runtime: Runtime, actor: Actor, plan: Plan, made: list[Made], *, implementation: str | None = None
) -> str:
    """Let everything of a deployment go live in one transaction."""

    def write(session: Session) -> str:
        rows = {
            one.row.name: releases.end(session, one.row.id, "live", one.receipt, one.compared) for one in made
        }
        front = rows.get(plan.name) or session.get_one(ContractRelease, plan.live)
        front.version_id, front.version, front.implementation = plan.version_id, plan.version, implementation
        if implementation is not None:
            front.code_hash = plan.built.code_hash
        return _finish(session, actor, plan, "deployment.done")

    return runtime.database.run(write)


def _rolled_back(session: Session, actor: Actor, plan: Plan, target: str) -> str:
    name = f"{plan.name}.implementation" if plan.kind == "uups" else plan.name
    live = queries.in_state(
        session, environment=plan.environment, name=name, chain_id=plan.chain_id, state="live"
    )
    former = queries.release_of(
        session, environment=plan.environment, name=name, chain_id=plan.chain_id, version_id=plan.version_id
    )
    if live is None or former is None or former.address != target:
        raise LEDGER_REFUSED(reason="the former contract is not on record")
    if live.id != former.id:
        live.state = "superseded"
        session.flush([live])
        former.state, former.live_at = "live", clock.now()
        session.flush([former])
    if plan.kind == "uups":
        front = session.get_one(ContractRelease, plan.live)
        front.version_id, front.version, front.implementation = plan.version_id, plan.version, target
        front.code_hash = plan.built.code_hash
    return _finish(session, actor, plan, "deployment.done")


def _finish(session: Session, actor: Actor, plan: Plan, action: str) -> str:
    row = deployments.get(session, plan.id)
    if row.state == "running":
        row.state, row.finished_at, row.error = "done", clock.now(), None
        row.audit_id = deployments.note(session, actor, action, row, {})
        session.flush()
        live = queries.in_state(
            session, environment=plan.environment, name=plan.name, chain_id=plan.chain_id, state="live"
        )
        if live is not None and plan.action != "unfreeze":
            publish(session, DeploymentDone(
                plan.id, plan.version_id, plan.name, plan.environment, live.address,
                live.implementation or live.address,
            ))
    return row.state


def _failed(session: Session, actor: Actor, deployment_id: uuid.UUID, error: MulianError) -> str:
    row = deployments.get(session, deployment_id)
    if row.state != "running":
        return row.state
    row.state, row.finished_at = "failed", clock.now()
    row.error = {"code": error.code, "zh": error.text("zh"), "en": error.text("en")}
    for release in queries.prepared_of(session, deployment_id):
        # on the chain or on its way there: nobody talks to it
        release.state = "superseded"
    row.audit_id = deployments.note(session, actor, "deployment.failed", row, {"code": error.code})
    session.flush()
    return row.state
