"""Versions of contracts: handing one in, rehearsing it, and what makes it ready."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, analysis, binding, history, packages, queries, rehearsal, suite
from chain.contracts.errors import CALL_ARGUMENT, CONTRACT_UNKNOWN, METHOD_UNKNOWN, VERSION_EXISTS, VERSION_STATE
from chain.contracts.models import ContractVersion
from chain.contracts.packages import Package, refuse
from chain.contracts.rules import REHEARSE, REPORT, WANTED
from chain.ledger import values
from chain.ledger.values import BadValue
from kernel import clock, ids
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor, require
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime

MANAGE, READ = "chain.contract.manage", "chain.contract.read"
OBJECT = "contract_version"
FORKS = ("london", "shanghai", "cancun")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,19}")
_NOBODY = "0x" + "0" * 40
_DEPTH = 8


def register(
    session: Session, actor: Actor, *, name: str, version: str, kind: str, origin: str, package: Package,
    source: dict[str, Any], arguments: list[Any], initialiser: dict[str, Any] | None, libraries: dict[str, str],
    tests: Any, fork: str,
) -> ContractVersion:
    """Keep a version and queue its rehearsal.

    ``initialiser`` is {method, arguments}; ``libraries`` maps ``unit:Name`` to a contract kept here. An address in
    arguments may be ``@deployer``, ``@account`` (who signs the platform's writes) or ``@Name`` of a live contract.
    Raises ``chain.contract.package``, ``version_exists``, ``call_argument``, ``method_unknown``, ``unknown``.
    """
    require(actor, MANAGE)
    if _NAME.fullmatch(name) is None or _VERSION.fullmatch(version) is None:
        refuse("name", f"{name} {version}")
    if name in {one.name for one in WANTED}:
        refuse("name_reserved", name)
    if fork not in FORKS or kind not in ("plain", "uups"):
        refuse("kind", f"{kind} {fork}")
    if queries.version_named(session, name, version) is not None:
        raise VERSION_EXISTS(name=name, version=version)
    suite.parse(tests)
    check_arguments(package, name, arguments, initialiser)
    if set(libraries) != set(package.links):
        refuse("libraries", ", ".join(sorted(set(libraries) ^ set(package.links))))
    row = ContractVersion(
        id=ids.new(), name=name, version=version, origin=origin, kind=kind, fork=fork,
        contract=f"{package.unit}:{package.contract}", compiler=package.compiler,
        code_hash=package.code_hash, arguments=arguments, initialiser=initialiser, libraries=libraries, suite=tests,
        previous_id=former_of(session, name, kind), state="draft", artifact=package.document(), source=source,
        created_by=actor.name, created_at=clock.now(), audit_id=ids.new(),
    )
    needs_of(session, row)  # names only what is kept here
    row.audit_id = note(session, actor, "version.register", row, {"origin": origin, "code_hash": row.code_hash})
    session.add(row)
    session.flush([row])
    row.job_id = enqueue(session, actor, REHEARSE, {"version_id": str(row.id)}).id
    return row


def rehearse_again(session: Session, actor: Actor, *, version_id: uuid.UUID) -> ContractVersion:
    """Queue the rehearsal again: against the version that is live now, or after a stop at a limit.

    Raises ``chain.contract.version_state`` once the version is deployed anywhere: its evidence is final.
    """
    require(actor, MANAGE)
    row = get(session, version_id)
    if queries.was_deployed(session, row.id) or row.state == "retired":
        raise VERSION_STATE(name=row.name, version=row.version, state=row.state)
    row.previous_id, row.state, row.report, row.digest = former_of(session, row.name, row.kind), "draft", None, None
    row.audit_id = note(session, actor, "version.rehearse", row, {})
    row.job_id = enqueue(session, actor, REHEARSE, {"version_id": str(row.id)}).id
    return row


def retire(session: Session, actor: Actor, *, version_id: uuid.UUID) -> ContractVersion:
    """Take a version out of use; what is deployed of it stays."""
    require(actor, MANAGE)
    row = get(session, version_id)
    row.state, row.audit_id = "retired", note(session, actor, "version.retire", row, {})
    return row


def rehearse(runtime: Runtime, actor: Actor, version_id: uuid.UUID) -> ContractVersion:
    """Run the rehearsal in a limited child, analyse the sources, and keep the report of both; idempotent."""
    with runtime.database.read() as session:
        row = get(session, version_id)
        former = None if row.previous_id is None else get(session, row.previous_id)
        needs = needs_of(session, row)
        if former is not None:
            needs += [one for one in needs_of(session, former) if one not in needs]
        request = rehearsal.request_of(row, former, needs)
        origin, contract, compiler, source = row.origin, row.contract, row.compiler, row.source
    try:
        report = rehearsal.run(request)
    except MulianError as error:
        report = {"passed": False, "failure": {
            "step": 0, "code": "stopped", "expected": None, "found": error.text("zh"),
        }, "cases": [], "gas": [], "layout": [], "untested": [], "deployment": None, "upgrade": None,
            "fork": request["fork"], "format": REPORT}
    report["analysis"] = analysis.analyse(origin=origin, contract=contract, compiler=compiler, source=source)
    return runtime.database.run(lambda session: _rehearsed(session, actor, version_id, report))


def _rehearsed(session: Session, actor: Actor, version_id: uuid.UUID, report: dict[str, Any]) -> ContractVersion:
    row = get(session, version_id)
    if row.state != "draft":
        return row
    row.report, row.rehearsed_at = report, clock.now()
    row.state = "ready" if report["passed"] else "failed"
    facts = {key: getattr(row, key) for key in (
        "name", "version", "kind", "fork", "arguments", "initialiser", "libraries",
    )}
    row.digest = binding.version_digest(facts, packages.restore(row.artifact), row.suite, report)
    cases = report["cases"]
    row.audit_id = note(session, actor, f"version.{row.state}", row, {
        "digest": row.digest, "cases": len(cases), "passed": sum(case["passed"] for case in cases),
    })
    session.flush([row])
    return row


def get(session: Session, version_id: uuid.UUID) -> ContractVersion:
    """Return a version or 404."""
    row = session.get(ContractVersion, version_id)
    if row is None:
        raise NOT_FOUND()
    return row


def former_of(session: Session, name: str, kind: str) -> uuid.UUID | None:
    """Return the version that an upgrade would replace: live in production, else in the test environment."""
    if kind != "uups":
        return None
    for environment in accounts.ENVIRONMENTS:
        live = queries.latest_live(session, environment=environment, name=name)
        if live is not None and live.version_id is not None and live.implementation is not None:
            return live.version_id
    return None


def check_arguments(
    package: Package, name: str, arguments: list[Any], initialiser: dict[str, Any] | None
) -> None:
    """Raise ``chain.contract.call_argument`` unless arguments fit the constructor and the initialiser."""
    names = dict.fromkeys(names_in([arguments, initialiser]), _NOBODY)
    try:
        values.encode_values(values.constructor_inputs(package.abi), arguments, names)
        if initialiser is not None:
            method = values.method_named(package.abi, initialiser["method"])
            if method is None:
                raise METHOD_UNKNOWN(name=name, method=initialiser["method"])
            method.encode(initialiser["arguments"], names)
    except BadValue as error:
        raise CALL_ARGUMENT(where=error.where, why=error.why) from error


def names_in(value: Any) -> set[str]:
    """Return every ``@name`` in JSON arguments, without the @."""
    return {one[1:] for one in _texts(value) if one.startswith("@")}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def contracts_named(row: ContractVersion) -> list[str]:
    """Return the other contracts that a version's arguments and libraries name."""
    named = names_in([row.arguments, (row.initialiser or {}).get("arguments", [])]) | set(row.libraries.values())
    return sorted(named - set(suite.ALWAYS))


def needs_of(session: Session, row: ContractVersion, depth: int = 0) -> list[ContractVersion]:
    """Return the contracts that must stand before this one, those first on which others rest.

    Each is the newest ready version of that name; raises ``chain.contract.unknown``.
    """
    found: list[ContractVersion] = []
    for name in contracts_named(row):
        needed = queries.newest_ready(session, name)
        if needed is None or name == row.name or depth == _DEPTH:
            raise CONTRACT_UNKNOWN(name=name)
        found += [one for one in [*needs_of(session, needed, depth + 1), needed] if one not in found]
    return found


def note(session: Session, actor: Actor, action: str, row: ContractVersion, detail: dict[str, Any]) -> uuid.UUID:
    """Write a line about a version."""
    return history.note(
        session, actor, action, name=row.name, object_type=OBJECT, object_id=row.id, version=row.version,
        detail=detail,
    )
