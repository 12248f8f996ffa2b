"""Runs one rehearsal: deploy, run every case, measure, compare; pure in its request, so the report is recomputable.

Called in a limited child process (:mod:`chain.contracts.rehearsal`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_abi import encode

from chain.contracts import packages
from chain.contracts.rules import IMPLEMENTATION_SLOT, PROXY, REPORT
from chain.contracts.suite import Case, Step, Suite, parse
from chain.ledger import values
from chain.ledger.rehearsal import Mark, Outcome, Rehearsal, address_of
from chain.ledger.values import BadValue, Method
from contracts_sc import bytecode, layout
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError

# a method that costs more than this above the former version is named in the report
GAS_TOLERANCE_PERCENT = 2
_SHOWN = 1000


class Failed(Exception):
    """An expectation that did not hold: ``code`` is stable, ``expected`` and ``found`` are shown."""

    def __init__(self, code: str, expected: Any = None, found: Any = None) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found

    def document(self, step: int) -> dict[str, Any]:
        """Return it for the report."""
        return {"step": step, "code": self.code, "expected": _short(self.expected), "found": _short(self.found)}


@dataclass
class _Stage:
    """A chain with the contract on it."""

    chain: Rehearsal
    names: dict[str, str]
    abi: list[dict[str, Any]]
    address: str = ""
    gas: dict[str, list[int]] = field(default_factory=dict)


def rehearse(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of a request (:func:`chain.contracts.rehearsal.request_of`).

    ``passed`` is True when the deployment, every case, the comparison of the deployed code and the storage gate
    succeeded. Never raises for what a contract or a suite does.
    """
    suite = parse(request["suite"])
    package = packages.restore(request["version"]["package"])
    stage = _Stage(Rehearsal(request["fork"]), {name: address_of(name) for name in suite.names}, package.abi)
    report: dict[str, Any] = {
        "format": REPORT, "fork": request["fork"], "deployment": None, "cases": [], "gas": [], "untested": [],
        "layout": _layout(request), "failure": None, "upgrade": None,
    }
    try:
        for needed in request["needs"]:
            stage.names[needed["name"]] = _deploy(stage, needed)[0]
        report["deployment"] = _begin(stage, request, suite, report)
        stage.names["contract"] = stage.address
    except Failed as failed:
        report["failure"] = failed.document(0)
    except MulianError as error:
        report["failure"] = Failed("package", None, error.text("en")).document(0)
    if report["failure"] is None:
        start = stage.chain.mark()
        report["cases"] = [_case(stage, case, start) for case in suite.cases]
        report["gas"] = _gas(stage.gas, request["former"])
        report["untested"] = [one for one in values.methods(package.abi) if one not in stage.gas]
    report["passed"] = (
        report["failure"] is None and all(case["passed"] for case in report["cases"])
        and not any(one["severity"] == "breaks" for one in report["layout"])
        and report["deployment"]["code"] == "same"
    )
    return report


def _begin(stage: _Stage, request: Mapping[str, Any], suite: Suite, report: dict[str, Any]) -> dict[str, Any]:
    """Bring the version onto the chain, by an upgrade from the former one where there is one."""
    version, former = request["version"], request["former"]
    if former is None:
        stage.address, facts = _deploy(stage, version)
        return facts
    stage.address, _ = _deploy(stage, former)
    stage.names["contract"] = stage.address
    before = _Stage(stage.chain, stage.names, packages.restore(former["package"]).abi, stage.address)
    for number, step in enumerate(suite.before_upgrade, 1):
        try:
            _take(before, step)
        except Failed as failed:
            raise Failed("before_upgrade", number, failed.code) from failed
    implementation, facts = _create(stage, version)
    upgrade = values.method_named(stage.abi, "upgradeToAndCall")
    if upgrade is None:
        raise Failed("not_upgradable")
    data = upgrade.encode([implementation, "0x" + _initialiser(stage, version).hex()])
    outcome = stage.chain.send(_actor(stage, suite.upgrader), stage.address, data)
    if not outcome.succeeded:
        raise Failed("upgrade_failed", None, _why(stage.abi, outcome))
    report["upgrade"] = {"gas": outcome.gas_used, "steps_before": len(suite.before_upgrade)}
    if stage.chain.storage(stage.address, IMPLEMENTATION_SLOT)[-20:].hex() != implementation.removeprefix("0x"):
        raise Failed("upgrade_failed", implementation, "ERC-1967")
    return facts


def _deploy(stage: _Stage, version: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Deploy a version as its kind asks; return (address to talk to, facts)."""
    created, facts = _create(stage, version)
    data = _initialiser(stage, version)
    abi = version["package"]["abi"]
    if version["kind"] == "uups":
        wrapped = artifact(PROXY).creation + encode(["address", "bytes"], [created, data])
        outcome = stage.chain.create(stage.names["deployer"], wrapped)
        if outcome.created is None:
            raise Failed("initialiser_failed", None, _why(abi, outcome))
        return outcome.created, facts | {"proxy_gas": outcome.gas_used}
    if data:
        outcome = stage.chain.send(stage.names["deployer"], created, data)
        if not outcome.succeeded:
            raise Failed("initialiser_failed", None, _why(abi, outcome))
        return created, facts | {"initialiser_gas": outcome.gas_used}
    return created, facts


def _create(stage: _Stage, version: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    package = packages.restore(version["package"])
    libraries = {unit: stage.names[name] for unit, name in version["libraries"].items()}
    built = package.linked(libraries)
    try:
        arguments = values.encode_values(values.constructor_inputs(package.abi), version["arguments"], stage.names)
    except BadValue as error:
        raise Failed("constructor_arguments", error.why, error.where) from error
    outcome = stage.chain.create(stage.names["deployer"], built.creation + arguments)
    if outcome.created is None:
        raise Failed("creation_failed", None, _why(package.abi, outcome))
    compared = bytecode.compare(stage.chain.code(outcome.created), built, recomputed=outcome.output)
    return outcome.created, {
        "gas": outcome.gas_used, "initcode_bytes": len(built.creation) + len(arguments),
        "runtime_bytes": len(built.runtime), "code": compared.verdict,
        "immutables": [{"name": one.name, "value": "0x" + one.value.hex()} for one in compared.immutables],
    }


def _initialiser(stage: _Stage, version: Mapping[str, Any]) -> bytes:
    wanted = version["initialiser"]
    if wanted is None:
        return b""
    method = values.method_named(version["package"]["abi"], wanted["method"])
    if method is None:
        raise Failed("initialiser_unknown", wanted["method"])
    try:
        return method.encode(wanted["arguments"], stage.names)
    except BadValue as error:
        raise Failed("initialiser_arguments", error.why, error.where) from error


def _case(stage: _Stage, case: Case, start: Mark) -> dict[str, Any]:
    stage.chain.back_to(start)
    for number, step in enumerate(case.steps, 1):
        try:
            _take(stage, step)
        except Failed as failed:
            return {"name": case.name, "passed": False, "steps": len(case.steps), "failure": failed.document(number)}
    return {"name": case.name, "passed": True, "steps": len(case.steps), "failure": None}


def _take(stage: _Stage, step: Step) -> None:
    if step.method is None:
        stage.chain.advance(step.advance)
        return
    method = values.method_named(stage.abi, step.method)
    if method is None:
        raise Failed("method_unknown", step.method)
    try:
        data = method.encode(step.arguments, stage.names)
    except BadValue as error:
        raise Failed("arguments", error.why, error.where) from error
    act = stage.chain.read if step.read else stage.chain.send
    outcome = act(_actor(stage, step.sender), stage.address, data)
    if outcome.succeeded:
        stage.gas.setdefault(method.signature, []).append(outcome.gas_used)
    _check(stage, step, method, outcome)


def _actor(stage: _Stage, name: str) -> str:
    """The address that acts: an account, or ``@Name`` of a contract that stands."""
    found = stage.names.get(name.removeprefix("@"))
    if found is None:
        raise Failed("arguments", name)
    return found


def _check(stage: _Stage, step: Step, method: Method, outcome: Outcome) -> None:
    if step.reverts is not None:
        if not outcome.reverted:
            raise Failed("should_revert", step.reverts, "success" if outcome.succeeded else outcome.problem)
        why = _why(stage.abi, outcome)
        if step.reverts is not True and step.reverts not in (why, why.split("(")[0]):
            raise Failed("other_revert", step.reverts, why)
        stage.gas.setdefault(method.signature, []).append(outcome.gas_used)
        return
    if not outcome.succeeded:
        raise Failed("should_succeed", None, _why(stage.abi, outcome))
    try:
        if step.returns is not None:
            _check_returns(stage, step.returns, method, outcome)
        if step.events is not None:
            _check_events(stage, step.events, outcome)
    except BadValue as error:
        raise Failed("expectation", error.why, error.where) from error
    if step.gas_at_most is not None and outcome.gas_used > step.gas_at_most:
        raise Failed("gas", step.gas_at_most, outcome.gas_used)


def _check_returns(stage: _Stage, expected: list[Any], method: Method, outcome: Outcome) -> None:
    found = method.decode(outcome.output)
    if len(expected) != len(found):
        raise Failed("result", expected, found)
    wanted = [
        values.normalise(item, value, stage.names) for item, value in zip(method.outputs, expected, strict=True)
    ]
    if wanted != found:
        raise Failed("result", wanted, found)


def _check_events(stage: _Stage, expected: tuple[tuple[str, dict[str, Any]], ...], outcome: Outcome) -> None:
    known = values.events_of(stage.abi)
    seen = [
        (known[log.topics[0]], values.decode_event(known[log.topics[0]], log.topics, log.data))
        for log in outcome.logs if log.address == stage.address and log.topics and log.topics[0] in known
    ]
    names = [entry["name"] for entry, _ in seen]
    if names != [name for name, _ in expected]:
        raise Failed("events", [name for name, _ in expected], names)
    for (name, wanted), (entry, found) in zip(expected, seen, strict=True):
        inputs = {item["name"]: item for item in entry["inputs"]}
        for key, value in wanted.items():
            if key not in inputs:
                raise Failed("event_argument", f"{name}.{key}")
            if values.normalise(inputs[key], value, stage.names) != found[key]:
                raise Failed("event_argument", value, {f"{name}.{key}": found[key]})


def _why(abi: list[dict[str, Any]], outcome: Outcome) -> str:
    return outcome.problem or values.explain(abi, outcome.output)


def _short(value: Any) -> str | None:
    text = value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)
    return text if text is None or len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _gas(used: Mapping[str, list[int]], former: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What each method cost, beside the most that it cost in the former version (None: it was not measured)."""
    before = {} if former is None else {one["method"]: one["most"] for one in former["gas"]}
    return [
        {"method": name, "calls": len(costs), "least": min(costs), "most": max(costs), "former": before.get(name),
         "over": name in before and 100 * max(costs) > (100 + GAS_TOLERANCE_PERCENT) * before[name]}
        for name, costs in sorted(used.items())
    ]


def _layout(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    former = request["former"]
    if former is None:
        return []
    found = layout.compare(former["package"]["layout"], request["version"]["package"]["layout"])
    return [
        {"severity": one.severity, "rule": one.rule, "path": one.path, "zh": one.text("zh"), "en": one.text("en")}
        for one in found
    ]
