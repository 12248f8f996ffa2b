"""Rows of contracts for output."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.contracts import accounts, queries, writes
from chain.contracts.models import ContractCall, ContractDeployment, ContractEvent, ContractVersion
from chain.contracts.rules import ACTIONS, ACTS, STATES
from chain.contracts.schemas import (
    ContractCallOut,
    ContractLine,
    ContractVersionOut,
    DeploymentOut,
    EventOut,
    LiveOut,
    MethodOut,
    Parameter,
    Release,
    RightOut,
    VersionDetail,
)
from chain.contracts.writes import FREEZE, Live
from chain.ledger.values import Method
from kernel.http.wire import Title
from kernel.identity.actor import Actor
from kernel.jobs.models import Job


def title(words: tuple[str, str] | None, otherwise: str = "") -> Title:
    """Return both languages."""
    zh, en = words or (otherwise, otherwise)
    return Title(zh=zh, en=en)


def versions(session: Session, rows: Sequence[ContractVersion]) -> list[ContractVersionOut]:
    """Return versions without their code."""
    jobs = _jobs(session, [row.job_id for row in rows])
    return [ContractVersionOut.model_validate(_version(row, jobs)) for row in rows]


def version(session: Session, row: ContractVersion) -> VersionDetail:
    """Return one version with everything that its digest binds."""
    package, given = row.artifact, row.source
    settings = given.get("settings")
    return VersionDetail.model_validate(_version(row, _jobs(session, [row.job_id])) | {
        "arguments": row.arguments, "initialiser": row.initialiser, "libraries": row.libraries, "tests": row.suite,
        "previous_id": row.previous_id, "report": row.report, "abi": package["abi"], "layout": package["layout"],
        "sources": package["sources"], "evm_version": package["evm_version"], "input_digest": package["input_digest"],
        "settings": settings if isinstance(settings, dict) else {},
    })


def deployments(session: Session, rows: Sequence[ContractDeployment]) -> list[DeploymentOut]:
    """Return deployments."""
    jobs = _jobs(session, [row.job_id for row in rows])
    return [
        DeploymentOut.model_validate({
            "version": row.params["version"], "action_title": title(ACTIONS.get(row.action)),
            "state_title": title(STATES.get(row.state), row.state), **_job(jobs, row.job_id),
            **{name: getattr(row, name) for name in (
                "id", "version_id", "name", "environment", "chain_id", "action", "params", "digest", "approval_id",
                "state", "error", "created_by", "created_at", "finished_at",
            )},
        })
        for row in rows
    ]


def lines(session: Session) -> list[ContractLine]:
    """Return every contract: those of versions and those that the program deployed."""
    live = queries.live_releases(session)
    newest: dict[str, ContractVersion] = {}
    for row in session.scalars(queries.versions(None, None)):
        newest.setdefault(row.name, row)
    open_ = [row for row in session.scalars(queries.deployments(None).limit(500))
             if row.state in ("proposed", "running")]
    shown = {one.name: one for one in versions(session, list(newest.values()))}
    under_way = deployments(session, open_)
    return [
        ContractLine(
            name=name, live=[Release.model_validate(row) for row in live if row.name == name],
            newest=shown.get(name), open=[one for one in under_way if one.name == name],
        )
        for name in sorted({*newest, *(row.name for row in live)})
    ]


def live(session: Session, actor: Actor, contract: Live) -> LiveOut:
    """Return a live contract with its form."""
    release = contract.release
    account = queries.account(session, accounts.writer_of(release.environment, release.name))
    return LiveOut(
        release=Release.model_validate(release), account=None if account is None else account.address,
        methods=[
            method_out(one, one.reads or writes.may_write(session, actor, contract, one))
            for one in contract.methods.values()
        ],
        rights=[
            RightOut.model_validate(one) for one in queries.rights(session, release.name)
            if one.environment == release.environment
        ],
        may_freeze=actor.may(FREEZE) and release.version_id is not None and release.frozen_at is None,
    )


def method_out(method: Method, allowed: bool) -> MethodOut:
    """Return a method of the form."""
    return MethodOut(
        signature=method.signature, name=method.name, inputs=parameters(method.inputs),
        outputs=parameters(method.outputs), reads=method.reads, payable=method.mutability == "payable",
        allowed=allowed,
    )


def parameters(items: Sequence[Mapping[str, Any]]) -> list[Parameter]:
    """Return parameters of the form."""
    return [
        Parameter(name=item.get("name", ""), type=item["type"], components=parameters(item.get("components", [])))
        for item in items
    ]


def calls(rows: Sequence[ContractCall]) -> list[ContractCallOut]:
    """Return writes."""
    return [
        ContractCallOut.model_validate({
            "state_title": title(STATES.get(row.state), row.state),
            **{name: getattr(row, name) for name in ContractCallOut.model_fields if name != "state_title"},
        })
        for row in rows
    ]


def events(rows: Sequence[ContractEvent]) -> list[EventOut]:
    """Return lines of the history."""
    return [
        EventOut.model_validate({
            "action_title": title(ACTS.get(row.action), row.action),
            **{name: getattr(row, name) for name in EventOut.model_fields if name != "action_title"},
        })
        for row in rows
    ]


def _version(row: ContractVersion, jobs: dict[uuid.UUID, Job]) -> dict[str, Any]:
    cases = (row.report or {}).get("cases", [])
    return {
        **{name: getattr(row, name) for name in (
            "id", "name", "version", "origin", "kind", "contract", "compiler", "fork", "code_hash", "state", "digest",
            "created_by", "created_at", "rehearsed_at",
        )},
        "state_title": title(STATES.get(row.state), row.state), "cases": len(cases),
        "passed": sum(case["passed"] for case in cases), **_job(jobs, row.job_id),
    }


def _jobs(session: Session, job_ids: Sequence[uuid.UUID | None]) -> dict[uuid.UUID, Job]:
    wanted = [one for one in job_ids if one is not None]
    return {row.id: row for row in session.scalars(select(Job).where(Job.id.in_(wanted)))} if wanted else {}


def _job(jobs: dict[uuid.UUID, Job], job_id: uuid.UUID | None) -> dict[str, Any]:
    job = None if job_id is None else jobs.get(job_id)
    return {"job_state": None if job is None else job.state, "job_error": None if job is None else job.error}
