"""谁查过这个人: an auditor's ID number becomes blind indexes, and those find look-ups. It is neither stored nor shown."""

import uuid
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crypto.identifiers import queries as identifiers
from crypto.identifiers import rules
from crypto.identifiers.fields import scope_of
from crypto.identifiers.models import IdentifierField
from crypto.identifiers.rules import Kind
from crypto.keys.keyring import keyring_of
from crypto.keys.views import reach
from crypto.lookups import queries
from crypto.lookups.models import LookupLog
from crypto.scopes.rules import normalise_text
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

AUDIT = "crypto.lookup.audit"
LIMIT = 500
_PURPOSE = "lookup.seen"


@dataclass(frozen=True)
class Seen:
    """``known``: a field within reach holds the person. ``looks``: who saw them, the newest 500; ``more``: not all."""

    known: bool
    looks: list[LookupLog]
    more: bool = False


def who(session: Session, actor: Actor, *, value: str, reason: str) -> Seen:
    """Return the look-ups that showed a person, by ID number, phone or other identified value; raise 403, sealed.

    Older look-ups hold indexes under keys that are rotated away: those are found by the ids behind identifiers. The
    question is on record itself, as a keyed digest with its reason.
    """
    require(actor, AUDIT)
    departments: dict[uuid.UUID, list[IdentifierField]] = defaultdict(list)
    for row in session.scalars(identifiers.fields(reach(actor))):
        departments[row.department_id].append(row)
    indexes, ids = list[bytes](), list[int]()
    for department_id, rows in departments.items():
        spelled = list({normalise_text(rules.normalise(Kind(row.kind), value)) for row in rows})
        # under a compromised index key too: its department's log is of interest then above all
        own = keyring_of(session).every_index(session, scope_of(department_id), spelled)
        ids += identifiers.holding(session, [row.number for row in rows], own)
        indexes += own
    numbers = [row.number for rows in departments.values() for row in rows]
    looks = queries.of_persons(session, indexes, ids, numbers, LIMIT + 1)
    record(
        session, actor, action="crypto.lookup.who", object_type="lookup_log", object_id="who",
        detail={
            "digest": f"hmac-sm3:1:{runtime_of(session).box.mac(_PURPOSE, value.encode()).hex()}", "reason": reason,
            "looks": len(looks[:LIMIT]),
        },
    )
    return Seen(bool(ids), looks[:LIMIT], len(looks) > LIMIT)
