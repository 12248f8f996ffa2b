"""Names of addresses: contracts, anchoring streams' signers, the platform's own accounts."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from chain.explorer import queries


@dataclass(frozen=True)
class Label:
    """What stands at an address, or who signs with it."""

    kind: Literal["contract", "stream", "account"]
    name: str


def labels(session: Session) -> dict[str, Label]:
    """Return every known address (0x, lower case) with its label."""
    found = {address: Label("account", purpose) for address, purpose in queries.accounts(session)}
    found |= {address: Label("stream", name) for address, name in queries.streams(session)}
    return found | {address: Label("contract", name) for address, name in queries.contracts(session)}


def department_names(session: Session) -> dict[str, str]:
    """Return the names of departments by the text of their ids."""
    return {str(one.id): one.name for one in queries.departments(session)}
