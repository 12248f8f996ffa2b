"""谁查过这个人: an auditor's ID number becomes blind indexes, and those find look-ups. It is neither stored nor shown."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crypto.columns.service import blind_index
from crypto.identifiers import queries as identifiers
from crypto.identifiers import rules
from crypto.identifiers.fields import scope_of
from crypto.identifiers.models import IdentifierField
from crypto.identifiers.rules import Kind
from crypto.keys.keyring import keyring_of
from crypto.keys.views import reach
from crypto.lookups import queries
from crypto.lookups.models import LookupLog
from crypto.scopes.rules import BLIND_INDEX, normalise_text
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

AUDIT = "crypto.lookup.audit"
LIMIT = 500
_PURPOSE = "lookup.seen"


@dataclass(frozen=True)
class Seen:
    """``known``: some field within reach holds the person. ``looks``: who saw them, newest first, at most 500."""

    known: bool
    looks: list[LookupLog]


def who(session: Session, actor: Actor, *, value: str, reason: str) -> Seen:
    """Return the look-ups that showed a person, by ID number, phone or other identified value; raise 403, sealed.

    Every version of a department's index key is tried, so that older look-ups are found after its rotation. The
    question is on record itself, as a keyed digest with its reason.
    """
    require(actor, AUDIT)
    departments: dict[object, list[IdentifierField]] = defaultdict(list)
    for row in session.scalars(identifiers.fields(reach(actor))):
        departments[row.department_id].append(row)
    indexes: list[bytes] = []
    ids: list[int] = []
    for rows in departments.values():
        keys = keyring_of(session).versions(session, scope_of(rows[0].department_id), BLIND_INDEX)
        for row in rows:
            message = normalise_text(rules.normalise(Kind(row.kind), value))
            found = [index or b"" for key in keys.values() for index in blind_index(key, [message])]
            indexes += found
            ids += [stored.id for stored in identifiers.by_index(session, row.number, found).values()]
    looks = queries.of_persons(session, indexes, ids, LIMIT) if indexes else []
    record(
        session, actor, action="crypto.lookup.who", object_type="lookup_log", object_id="who",
        detail={
            "digest": f"hmac-sm3:1:{runtime_of(session).box.mac(_PURPOSE, value.encode()).hex()}", "reason": reason,
            "looks": len(looks),
        },
    )
    return Seen(bool(ids), [look for look in looks if actor.sees(look.department_id)])
