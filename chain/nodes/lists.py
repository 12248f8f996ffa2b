"""Allow-lists of every managed node: brought to what is wanted; what somebody else changed is drift and is alarmed."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.ledger.engines import enode as enodes
from chain.ledger.engines.detect import engine_of
from chain.ledger.engines.port import Engine
from chain.nodes import queries
from chain.nodes.models import ChainNode
from chain.nodes.reach import Target, line_to, target_of
from chain.nodes.rules import Plan, plan
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime


@dataclass(frozen=True)
class Wanted:
    """Enodes that may connect (None: a node without a known enode would be cut off, so nothing is set), and accounts
    that may send (None: no account is listed, so lists of accounts stay as they are)."""

    nodes: frozenset[str] | None
    accounts: frozenset[str] | None


@dataclass(frozen=True)
class Outcome:
    """What came of one node: what was changed, and the drift that was found, each as lines for people."""

    node: str
    changed: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    error: str | None = None


def wanted(session: Session) -> Wanted:
    """Return the lists as the registered nodes and accounts want them."""
    rows = [row for row in queries.enabled(session) if row.engine != "embedded"]
    known = [row.enode for row in rows if row.enode is not None]
    accounts = frozenset(row.address for row in queries.accounts(session))
    return Wanted(frozenset(known) if rows and len(known) == len(rows) else None, accounts or None)


def reconcile(runtime: Runtime) -> list[Outcome]:
    """Compare and set the lists of every managed node; asked outside any unit of work, safe to repeat."""
    with runtime.database.read() as session:
        lists = wanted(session)
        rows = [(target_of(row), row.lists or {}, row.members or {}) for row in queries.enabled(session) if row.managed]
    outcomes = []
    for target, applied, members in rows:
        try:
            engine = engine_of(line_to(runtime, target).ledger)
            outcome, kept = _bring(engine, target, lists, applied, frozenset(members))
        except MulianError as error:
            outcomes.append(Outcome(target.name, error=error.text("zh")))
            continue
        _keep(runtime, target.id, kept, outcome)
        outcomes.append(outcome)
    return outcomes


def _bring(
    engine: Engine, target: Target, lists: Wanted, applied: dict[str, Any], members: frozenset[str]
) -> tuple[Outcome, dict[str, Any]]:
    changed: list[str] = []
    drift: list[str] = []
    kept: dict[str, Any] = {"nodes": None, "accounts": None}
    if lists.nodes is not None and engine.capabilities.node_list == "node":
        own = engine.identity().enode
        others = _keyed(engine.node_key, lists.nodes - ({own} if own else set()))
        others.pop(engine.node_key(own) if own else "", None)
        observed = _keyed(engine.node_key, engine.node_list())
        observed.pop(engine.node_key(own) if own else "", None)
        # who is connected says nothing of who should be: with geth a node that is away is no drift
        found = plan(observed, _applied(applied.get("nodes")), others, _protected(engine, observed, members))
        found = found if engine.capabilities.node_api else Plan(found.add, found.remove, (), found.extra)
        engine.change_nodes(found.add, found.remove)
        kept["nodes"] = sorted(others)
        _tell(found, "节点", changed, drift)
    if lists.accounts is not None and engine.capabilities.account_api:
        accounts = {address: address for address in lists.accounts}
        found = plan(
            {address: address for address in engine.account_list()}, _applied(applied.get("accounts")), accounts
        )
        engine.change_accounts(found.add, found.remove)
        kept["accounts"] = sorted(accounts)
        _tell(found, "账户", changed, drift)
    return Outcome(target.name, tuple(changed), tuple(drift)), kept | {"drift": drift}


def _keyed(key: Callable[[str], str], values: frozenset[str]) -> dict[str, str]:
    return {key(value): value for value in values}


def _applied(stored: list[str] | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(stored)


def _protected(engine: Engine, observed: Mapping[str, str], members: frozenset[str]) -> frozenset[str]:
    """Nodes whose key seals are never cut off, whoever forgot to register them (QBFT: the node's key is its signer)."""
    if engine.capabilities.key != "qbft":
        return frozenset()
    return frozenset(key for key, enode in observed.items() if enodes.address(enode) in members)


def _tell(found: Plan, what: str, changed: list[str], drift: list[str]) -> None:
    changed += [f"增加{what} {value}" for value in found.add] + [f"移除{what} {value}" for value in found.remove]
    drift += [f"{what}被移除：{value}" for value in found.missing] + [f"未登记的{what}：{value}" for value in found.extra]


def _keep(runtime: Runtime, node_id: uuid.UUID, kept: dict[str, Any], outcome: Outcome) -> None:
    def unit(session: Session) -> None:
        row = session.get(ChainNode, node_id)
        if row is None:
            return
        before = list((row.lists or {}).get("drift", ()))
        row.lists = kept
        if outcome.changed or list(outcome.drift) != before:
            record(
                session, system_actor("chain.nodes"), action="chain.node.lists", object_type="chain_node",
                object_id=str(node_id), detail={"changed": list(outcome.changed), "drift": list(outcome.drift)},
                department_id=row.department_id,
            )

    runtime.database.run(unit, write=True)
