"""What the newest look at the platform's own node says of the network."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chain.ledger.engines.clique import CAPABILITIES as CLIQUE
from chain.ledger.engines.embedded import CAPABILITIES as EMBEDDED
from chain.ledger.engines.port import Capabilities
from chain.ledger.engines.qbft import CAPABILITIES as QBFT
from chain.nodes import queries


@dataclass(frozen=True)
class Network:
    """Validators with the quorum and the safe number, None before the first look; ``accounts``: where lists bind."""

    engine: str | None
    validators: list[str] | None
    quorum: int | None
    safe: int | None
    accounts: str


def network(session: Session) -> Network:
    """Return what is known of the network."""
    own = queries.own(session)
    if own is None or own.engine is None:
        return Network(None, None, None, None, "none")
    capabilities = capabilities_of(own.engine)
    where = "node" if own.engine == "qbft" else capabilities.account_list
    if own.members is None:
        return Network(own.engine, None, None, None, where)
    members = sorted(own.members)
    return Network(
        own.engine, members, capabilities.quorum(len(members)), capabilities.safe_validators, where
    )


def capabilities_of(engine: str) -> Capabilities:
    """Return what is fixed of an engine by its key."""
    return {"clique": CLIQUE, "qbft": QBFT, "embedded": EMBEDDED}.get(engine) or Capabilities("foreign")
