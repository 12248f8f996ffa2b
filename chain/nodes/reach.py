"""How a registered node is spoken to: the platform's own by its ledger, all others through the outbound guard."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from chain.ledger.access import ledger_of
from chain.ledger.port import Ledger
from chain.nodes.models import ChainNode
from kernel.outbound import guard
from kernel.runtime import Runtime

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Target:
    """A node as plain values, so that no unit of work spans a call to it."""

    id: uuid.UUID
    name: str
    url: str
    own: bool
    managed: bool
    signer: str | None
    enode: str | None
    state: str
    declared: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A ledger of one node; ``skew`` tells seconds of its clock before ours, 0 where nothing shows it."""

    ledger: Ledger
    skew: Callable[[], int]


def target_of(row: ChainNode) -> Target:
    """Return a node's values."""
    return Target(
        row.id, row.name, row.url, row.own, row.managed, row.signer, row.enode, row.state, tuple(row.declared)
    )


def line_to(runtime: Runtime, target: Target) -> Line:
    """Return how to speak to a node; nothing is asked yet."""
    if target.own:
        return Line(ledger_of(runtime), lambda: 0)
    known: dict[tuple[str, tuple[str, ...]], Line] = runtime.extras.setdefault("chain.node.lines", {})
    key = (target.url, target.declared)
    if key not in known:
        known[key] = line_to_url(runtime, *key)
    return known[key]


def line_to_url(runtime: Runtime, url: str, declared: tuple[str, ...]) -> Line:
    """Return how to speak to an address that may become a node."""
    # web3 takes seconds to import: who never asks a node does not pay for it
    from chain.ledger.engines.transport import guarded_ledger

    allowed = guard.allowed_by(runtime.settings, *declared)
    ledger, provider = guarded_ledger(url, allowed, timeout=TIMEOUT_SECONDS)
    return Line(ledger, lambda: provider.skew_seconds or 0)
