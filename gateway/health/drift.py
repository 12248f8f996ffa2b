"""Interface ↔ catalog: what is served against what is declared."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gateway.health import queries, rules
from gateway.health.rules import Difference
from gateway.interfaces import queries as interfaces


@dataclass(frozen=True)
class Drift:
    """Differences of one published interface."""

    interface_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    entry_id: uuid.UUID
    differences: list[Difference]


def of_all(session: Session) -> list[Drift]:
    """Compare every published interface that serves fields with its entry's items."""
    served = [(one, revision) for one, revision in interfaces.served(session) if one.state == "published"]
    items = queries.items(session, {one.entry_id for one, _ in served})
    return [
        Drift(
            one.id, one.code, one.name, one.department_id, one.entry_id,
            rules.differences(revision.definition["contract"]["fields"], items.get(one.entry_id, [])),
        )
        for one, revision in served if revision.definition["contract"]["mode"] == "fields"
    ]
