"""Deployments: what is proposed and bound, what consent starts, when one is refused before anybody is asked."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, history, packages, queries, versions
from chain.contracts.binding import Resolved
from chain.contracts.errors import (
    CALL_ARGUMENT,
    CONTRACT_UNKNOWN,
    DEPLOYMENT_CHANGED,
    DEPLOYMENT_OPEN,
    DEPLOYMENT_ORDER,
    VERSION_STATE,
)
from chain.contracts.models import ContractDeployment, ContractRelease, ContractVersion
from chain.contracts.rules import ACTIONS, DEPLOY, creation_hash
from chain.contracts.versions import MANAGE
from chain.ledger import values
from chain.ledger.access import ledger_of
from chain.ledger.values import BadValue
from contracts_sc import layout
from contracts_sc.artifacts import Artifact
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue
from kernel.runtime import runtime_of

OBJECT = "contract_deployment"
PRODUCTION, TEST = accounts.PRODUCTION, accounts.TEST


def propose(session: Session, actor: Actor, *, version_id: uuid.UUID, environment: str) -> ContractDeployment:
    """Ask a second person to bring a version to an environment.

    To the test environment first; to production only what is live there. Raises ``chain.contract.version_state``
    (no passed rehearsal), ``deployment_open``, ``deployment_order`` with the reason.
    """
    require(actor, MANAGE)
    version = versions.get(session, version_id)
    if version.state != "ready" or version.digest is None:
        raise VERSION_STATE(name=version.name, version=version.version, state=version.state)
    chain_id = ledger_of(runtime_of(session)).chain_id()
    live = _live(session, environment, version.name, chain_id)
    if environment == PRODUCTION:
        _check_test(session, version, chain_id)
    if live is not None and live.version_id == version.id:
        raise DEPLOYMENT_ORDER(name=version.name, reason=f"{version.version} 已是该环境的现行版本")
    action = _action(session, version, environment, live)
    return _ask(session, actor, version, environment, chain_id, action, live.address if live else None)


def propose_rollback(
    session: Session, actor: Actor, *, name: str, environment: str, version_id: uuid.UUID
) -> ContractDeployment:
    """Ask to go back to a version that was live in the environment before: its code is still on the chain."""
    require(actor, MANAGE)
    version = versions.get(session, version_id)
    chain_id = ledger_of(runtime_of(session)).chain_id()
    live = _live(session, environment, name, chain_id)
    former = queries.release_of(
        session, environment=environment, name=_code_name(version), chain_id=chain_id, version_id=version.id
    )
    if live is None or former is None or version.name != name or live.version_id == version.id:
        raise DEPLOYMENT_ORDER(name=name, reason=f"{version.version} 在该环境没有可退回的合约")
    if version.kind == "uups" and live.version_id is not None:
        # what the later code wrote must be what the former reads, as when it was upgraded
        _gate(version, versions.get(session, live.version_id))
    return _ask(session, actor, version, environment, chain_id, "rollback", former.address)


def propose_unfreeze(session: Session, actor: Actor, *, name: str, environment: str) -> ContractDeployment:
    """Ask to let writes through again."""
    require(actor, MANAGE)
    chain_id = ledger_of(runtime_of(session)).chain_id()
    live = _live(session, environment, name, chain_id)
    if live is None or live.frozen_at is None or live.version_id is None:
        raise DEPLOYMENT_ORDER(name=name, reason="该合约没有冻结")
    version = versions.get(session, live.version_id)
    return _ask(session, actor, version, environment, chain_id, "unfreeze", live.address)


def agreed(session: Session, approval: Approval) -> None:
    """Use the consent: everything is resolved again and must be what was agreed to; then the work is queued."""
    row = get(session, uuid.UUID(str(approval.object_id)))
    version = versions.get(session, row.version_id)
    now = resolve(session, version, row.environment, row.chain_id, row.action, row.params["target"])
    if now.digest(str(version.digest)) != row.digest or ledger_of(runtime_of(session)).chain_id() != row.chain_id:
        raise DEPLOYMENT_CHANGED(what=row.name)
    if row.action not in ("rollback", "unfreeze") and version.state != "ready":
        raise VERSION_STATE(name=version.name, version=version.version, state=version.state)
    approvals.consume(session, system_actor("chain"), approval.id, kind=DEPLOY, params=row.params)
    row.state = "running"
    row.audit_id = note(session, system_actor("chain"), "deployment.start", row, {"approval": str(approval.id)})
    row.job_id = enqueue(session, system_actor("chain"), DEPLOY, {"deployment_id": str(row.id)}).id


def declined(session: Session, approval: Approval) -> None:
    """Close what was refused or taken back."""
    row = get(session, uuid.UUID(str(approval.object_id)))
    if row.state == "proposed":
        row.state, row.finished_at = "rejected", clock.now()
        row.audit_id = note(session, system_actor("chain"), "deployment.rejected", row, {"opinion": approval.opinion})


def resume(session: Session, actor: Actor, *, deployment_id: uuid.UUID) -> ContractDeployment:
    """Queue the work of a running deployment again, where its job stopped."""
    require(actor, MANAGE)
    row = get(session, deployment_id)
    if row.state != "running":
        raise DEPLOYMENT_ORDER(name=row.name, reason=f"部署单状态为 {row.state}")
    row.audit_id = note(session, actor, "deployment.resume", row, {})
    row.job_id = enqueue(session, actor, DEPLOY, {"deployment_id": str(row.id)}).id
    return row


def get(session: Session, deployment_id: uuid.UUID) -> ContractDeployment:
    """Return a deployment or 404."""
    row = session.get(ContractDeployment, deployment_id)
    if row is None:
        raise NOT_FOUND()
    return row


def built_of(version: ContractVersion, libraries: dict[str, str]) -> Artifact:
    """Return the version's artifact linked with these addresses."""
    return packages.restore(version.artifact).linked(libraries)


def resolve(
    session: Session, version: ContractVersion, environment: str, chain_id: int, action: str, target: str | None
) -> Resolved:
    """Fill a version's open places for an environment; raise ``chain.contract.unknown`` for one that is not live."""
    names = {
        "deployer": accounts.signer_in(session, accounts.deployer_of(environment)).address,
        "account": accounts.signer_in(session, accounts.writer_of(environment, version.name)).address,
    }
    for name in versions.contracts_named(version):
        names[name] = _address(session, environment, name, chain_id)
    libraries = {unit: names[name] for unit, name in version.libraries.items()}
    built, abi = built_of(version, libraries), version.artifact["abi"]
    try:
        arguments = values.encode_values(values.constructor_inputs(abi), version.arguments, names)
        wanted = version.initialiser
        method = None if wanted is None else values.method_named(abi, wanted["method"])
        initialiser = b"" if wanted is None or method is None else method.encode(wanted["arguments"], names)
    except BadValue as error:
        raise CALL_ARGUMENT(where=error.where, why=error.why) from error
    return Resolved(
        environment=environment, chain_id=chain_id, action=action, deployer=names["deployer"],
        account=names["account"], libraries=libraries, arguments=arguments.hex(), initialiser=initialiser.hex(),
        creation_hash=creation_hash(built.creation, arguments), target=target,
    )


def note(
    session: Session, actor: Actor, action: str, row: ContractDeployment, detail: dict[str, Any]
) -> uuid.UUID:
    """Write a line about a deployment."""
    told = {"action": row.action, "digest": row.digest, **detail}
    return history.note(
        session, actor, action, name=row.name, object_type=OBJECT, object_id=row.id, environment=row.environment,
        version=row.params["version"], detail=told,
    )


def _ask(
    session: Session, actor: Actor, version: ContractVersion, environment: str, chain_id: int, action: str,
    target: str | None,
) -> ContractDeployment:
    _close_lapsed(session, environment, version.name, chain_id)
    if queries.open_deployment(session, environment=environment, name=version.name, chain_id=chain_id) is not None:
        raise DEPLOYMENT_OPEN(name=version.name)
    resolved = resolve(session, version, environment, chain_id, action, target)
    bound = resolved.digest(str(version.digest))
    zh, en = ACTIONS[action]
    row = ContractDeployment(
        id=ids.new(), version_id=version.id, name=version.name, environment=environment, chain_id=chain_id,
        action=action, digest=bound, state="proposed", created_by=actor.name, created_at=clock.now(),
        audit_id=ids.new(), params={},
    )
    row.params = {
        "deployment_id": str(row.id), "name": version.name, "version": version.version, "environment": environment,
        "chain_id": str(chain_id), "action": action, "code_hash": version.code_hash, "digest": bound,
        "version_digest": version.digest, "deployer": resolved.deployer, "account": resolved.account,
        "arguments": resolved.arguments, "initialiser": resolved.initialiser, "libraries": resolved.libraries,
        "creation_hash": resolved.creation_hash, "target": target,
    }
    row.audit_id = note(session, actor, "deployment.propose", row, {})
    session.add(row)
    session.flush([row])
    where = ("正式环境", "production") if environment == PRODUCTION else ("测试环境", "the test environment")
    row.approval_id = approvals.propose(
        session, actor, kind=DEPLOY, params=row.params, object_type=OBJECT, object_id=str(row.id),
        title_zh=f"{zh}合约「{version.name}」{version.version}（{where[0]}）",
        title_en=f"{en} {version.name} {version.version} ({where[1]})",
    ).id
    session.flush([row])
    return row


def _close_lapsed(session: Session, environment: str, name: str, chain_id: int) -> None:
    """A proposal that nobody decided in time must not block the next one."""
    row = queries.open_deployment(session, environment=environment, name=name, chain_id=chain_id)
    if row is None or row.state != "proposed" or row.approval_id is None:
        return
    if session.get_one(Approval, row.approval_id).expires_at <= clock.now():
        row.state, row.finished_at = "rejected", clock.now()
        row.audit_id = note(session, system_actor("chain"), "deployment.lapsed", row, {})
        session.flush([row])


def _live(session: Session, environment: str, name: str, chain_id: int) -> ContractRelease | None:
    if environment not in accounts.ENVIRONMENTS:
        raise DEPLOYMENT_ORDER(name=name, reason=f"没有环境 {environment}")
    return queries.in_state(session, environment=environment, name=name, chain_id=chain_id, state="live")


def _address(session: Session, environment: str, name: str, chain_id: int) -> str:
    row = _live(session, environment, name, chain_id)
    if row is None:
        raise CONTRACT_UNKNOWN(name=name)
    return row.address


def _code_name(version: ContractVersion) -> str:
    """Return the name of the release that holds the version's own code."""
    return f"{version.name}.implementation" if version.kind == "uups" else version.name


def _check_test(session: Session, version: ContractVersion, chain_id: int) -> None:
    tried = _live(session, TEST, version.name, chain_id)
    if tried is None or tried.version_id != version.id:
        raise DEPLOYMENT_ORDER(name=version.name, reason=f"{version.version} 尚未在测试环境上线")
    if tried.frozen_at is not None:
        raise DEPLOYMENT_ORDER(name=version.name, reason="测试环境的合约已冻结")


def _action(
    session: Session, version: ContractVersion, environment: str, live: ContractRelease | None
) -> str:
    if live is None or live.version_id is None:
        return "promote" if environment == PRODUCTION else "deploy"
    if version.kind != "uups":
        return "promote" if environment == PRODUCTION else "deploy"
    if live.implementation is None:
        raise DEPLOYMENT_ORDER(name=version.name, reason="现行合约不在代理之后，不能升级")
    _gate(versions.get(session, live.version_id), version)
    if version.previous_id != live.version_id and environment == TEST:
        raise DEPLOYMENT_ORDER(name=version.name, reason="试运行不是从现行版本升级的，请重新试运行")
    return "upgrade"


def _gate(former: ContractVersion, later: ContractVersion) -> None:
    """Refuse code whose storage clashes with what the other version wrote."""
    found = layout.compare(former.artifact["layout"], later.artifact["layout"])
    broken = [one.text("zh") for one in found if one.severity == "breaks"]
    if broken:
        raise DEPLOYMENT_ORDER(name=later.name, reason="；".join(broken)[:300])
