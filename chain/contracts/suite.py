"""Operators' own tests of a contract: calls and what is expected of them, as JSON (docs/operators/contracts.md).

Data, not code: nothing runs outside the virtual machine.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from chain.contracts.packages import refuse

FORMAT = "mulian-contract-tests/1"
# accounts that every rehearsal has: who deploys, and who signs the platform's writes
ALWAYS = ("deployer", "account")
MAX_CASES, MAX_STEPS, MAX_ACCOUNTS = 200, 2000, 50
_ACCOUNT = re.compile(r"[a-z][a-z0-9_]{0,29}")
# a contract that this one's arguments name may act too, as an approvals contract does
_CONTRACT = re.compile(r"@[A-Za-z][A-Za-z0-9_]{0,39}")
_STEP = {"from", "call", "read", "arguments", "advance", "returns", "reverts", "events", "gas_at_most", "note"}


@dataclass(frozen=True)
class Step:
    """A transaction (``read`` False), a read, or time that passes (``advance`` seconds, no ``method``).

    ``returns`` None: not looked at. ``reverts`` None: must succeed; True: must revert; text: the custom error's name
    or the reason. ``events``: (name, arguments that must agree), in this order among the contract's own.
    """

    method: str | None
    read: bool
    sender: str
    arguments: list[Any]
    advance: int = 0
    returns: list[Any] | None = None
    reverts: bool | str | None = None
    events: tuple[tuple[str, dict[str, Any]], ...] | None = None
    gas_at_most: int | None = None


@dataclass(frozen=True)
class Case:
    """Steps from the state right after the deployment (or upgrade); cases do not see each other."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Suite:
    """``before_upgrade`` runs on the former version, before each rehearsal of an upgrade."""

    accounts: tuple[str, ...]
    cases: tuple[Case, ...]
    before_upgrade: tuple[Step, ...] = ()
    upgrader: str = "account"
    names: tuple[str, ...] = field(default=())


def parse(document: Any) -> Suite:
    """Return the suite; raise ``chain.contract.package`` with what is wrong and where."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        refuse("suite_format", FORMAT)
    unknown = set(document) - {"format", "accounts", "cases", "before_upgrade", "upgrader"}
    if unknown:
        refuse("suite", ", ".join(sorted(unknown)))
    accounts = document.get("accounts", [])
    if not isinstance(accounts, list) or len(accounts) > MAX_ACCOUNTS or not all(map(_is_account, accounts)):
        refuse("suite", "accounts")
    known = (*ALWAYS, *accounts)
    cases = document.get("cases")
    if not isinstance(cases, list) or not 1 <= len(cases) <= MAX_CASES:
        refuse("suite_empty")
    upgrader = document.get("upgrader", "account")
    if not _may_act(upgrader, known):
        refuse("suite", "upgrader")
    suite = Suite(
        accounts=tuple(accounts), cases=tuple(_case(one, number, known) for number, one in enumerate(cases, 1)),
        before_upgrade=_steps(document.get("before_upgrade", []), "before_upgrade", known), upgrader=upgrader,
        names=known,
    )
    _check_whole(suite)
    return suite


def _check_whole(suite: Suite) -> None:
    if len({case.name for case in suite.cases}) != len(suite.cases):
        refuse("suite", "two cases of one name")
    steps = [step for case in suite.cases for step in case.steps]
    if len(steps) + len(suite.before_upgrade) > MAX_STEPS:
        refuse("suite", f"more than {MAX_STEPS} steps")
    if not any(step.returns is not None or step.reverts is not None or step.events is not None for step in steps):
        refuse("suite_expects_nothing")


def _is_account(name: Any) -> bool:
    return isinstance(name, str) and _ACCOUNT.fullmatch(name) is not None and name not in (*ALWAYS, "contract")


def _may_act(name: Any, known: tuple[str, ...]) -> bool:
    return name in known or (isinstance(name, str) and _CONTRACT.fullmatch(name) is not None)


def _case(given: Any, number: int, known: tuple[str, ...]) -> Case:
    where = f"cases[{number}]"
    if not isinstance(given, dict) or set(given) - {"name", "steps"}:
        refuse("suite", where)
    name = given.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 120:
        refuse("suite", f"{where}.name")
    steps = _steps(given.get("steps"), where, known)
    if not steps:
        refuse("suite", f"{where}.steps")
    return Case(name, steps)


def _steps(given: Any, where: str, known: tuple[str, ...]) -> tuple[Step, ...]:
    if not isinstance(given, list) or len(given) > MAX_STEPS:
        refuse("suite", f"{where}.steps")
    return tuple(_step(one, f"{where}.steps[{number}]", known) for number, one in enumerate(given, 1))


def _step(given: Any, where: str, known: tuple[str, ...]) -> Step:
    if not isinstance(given, dict) or set(given) - _STEP:
        refuse("suite", where)
    verbs = [verb for verb in ("call", "read", "advance") if verb in given]
    if len(verbs) != 1:
        refuse("suite", f"{where}: one of call, read, advance")
    if verbs[0] == "advance":
        seconds = given["advance"]
        if not _whole(seconds) or not 1 <= seconds <= 10 * 365 * 86_400 or set(given) - {"advance", "note"}:
            refuse("suite", f"{where}.advance")
        return Step(None, True, "deployer", [], advance=seconds)
    method, sender, arguments = given[verbs[0]], given.get("from", "deployer"), given.get("arguments", [])
    if not isinstance(method, str) or not 1 <= len(method) <= 300:
        refuse("suite", f"{where}.{verbs[0]}")
    if not _may_act(sender, known):
        refuse("suite", f"{where}.from")
    if not isinstance(arguments, list):
        refuse("suite", f"{where}.arguments")
    return Step(
        method, verbs[0] == "read", sender, arguments, returns=_returns(given, where), reverts=_reverts(given, where),
        events=_events(given, where), gas_at_most=_gas(given, where),
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _returns(given: dict[str, Any], where: str) -> list[Any] | None:
    returns = given.get("returns")
    if returns is not None and not isinstance(returns, list):
        refuse("suite", f"{where}.returns")
    return returns


def _reverts(given: dict[str, Any], where: str) -> bool | str | None:
    reverts = given.get("reverts")
    if reverts is None:
        return None
    if reverts is not True and not (isinstance(reverts, str) and 1 <= len(reverts) <= 200):
        refuse("suite", f"{where}.reverts")
    if "returns" in given or "events" in given:
        refuse("suite", f"{where}: reverts excludes returns and events")
    return reverts


def _events(given: dict[str, Any], where: str) -> tuple[tuple[str, dict[str, Any]], ...] | None:
    events = given.get("events")
    if events is None:
        return None
    if not isinstance(events, list) or len(events) > 100 or "read" in given:
        refuse("suite", f"{where}.events")
    found = []
    for one in events:
        arguments = one.get("arguments", {}) if isinstance(one, dict) else None
        if not isinstance(arguments, dict) or not isinstance(one.get("name"), str) or set(one) - {"name", "arguments"}:
            refuse("suite", f"{where}.events")
        found.append((one["name"], arguments))
    return tuple(found)


def _gas(given: dict[str, Any], where: str) -> int | None:
    gas = given.get("gas_at_most")
    if gas is not None and not (_whole(gas) and gas > 0):
        refuse("suite", f"{where}.gas_at_most")
    return gas
