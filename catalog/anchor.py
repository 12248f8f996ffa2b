"""The one place where the catalog hands records to anchoring, and asks how they stand."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import service as anchoring

STREAM = "catalog"


def append(session: Session, leaves: Sequence[anchoring.NewLeaf]) -> None:
    """Append published versions as leaves of the catalog stream, in the transaction that publishes them."""
    anchoring.append_leaves(session, stream=STREAM, leaves=leaves)


def states(
    session: Session, kind_key: str, versions: Sequence[tuple[uuid.UUID, int]]
) -> dict[tuple[str, int], dict[str, Any]]:
    """(node id, version) → state, leaf id, index, transaction and block of its anchoring."""
    keys = [(str(node_id), version) for node_id, version in versions]
    return {key: asdict(state) for key, state in anchoring.states_of(session, kind_key, keys).items()}
