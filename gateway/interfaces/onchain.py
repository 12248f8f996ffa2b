"""Published revisions for InterfaceRegistry on the chain: a salted commitment, and whether the interface runs."""

import secrets
import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.registries.rules import INTERFACES, RETIRED, RUNNING, commitment, id_word
from chain.registries.service import Draft, note
from gateway.events import InterfacePublished, InterfaceRetired
from gateway.interfaces import queries
from gateway.interfaces.models import Interface

OBJECT = "gateway_interface"
# three places a revision: its registration, that it runs, that it is retired
_PLACES = 3


def on_published(session: Session, event: InterfacePublished) -> None:
    """Write a revision down and that it runs; the record keeps the salt, so that its reader can compute the digest."""
    revision = next(one for one in queries.revisions(session, event.interface_id) if one.number == event.revision)
    said = {
        "format": "mulian-interface-1", "interface": str(event.interface_id), "code": event.code,
        "revision": event.revision, "sm3": revision.sm3, "salt": secrets.token_hex(16),
    }
    goal: dict[str, Any] = {"department": id_word(event.department_id), "digest": commitment(said), "said": said}
    note(session, INTERFACES, [
        _draft(event.interface_id, _PLACES * event.revision + place, what, event.department_id)
        for place, what in enumerate((goal, {"status": RUNNING}))
    ])


def on_retired(session: Session, event: InterfaceRetired) -> None:
    """Write down that an interface is out of service for good."""
    interface = session.get_one(Interface, event.interface_id)
    place = _PLACES * interface.revision + 2
    note(session, INTERFACES, [_draft(interface.id, place, {"status": RETIRED}, interface.department_id)])


def _draft(interface_id: uuid.UUID, place: int, goal: dict[str, Any], department_id: uuid.UUID) -> Draft:
    return Draft(id_word(interface_id), place, goal, OBJECT, str(interface_id), department_id)
