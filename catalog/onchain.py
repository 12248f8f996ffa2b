"""Versions of entries for CatalogRegistry on the chain, where a district wants heads there: salted commitments."""

import secrets

from sqlalchemy.orm import Session

from catalog.events import EntryPublished, PublishedVersion
from chain.registries.queries import enabled
from chain.registries.rules import CATALOG, PUBLISHED, WITHDRAWN, commitment, id_word
from chain.registries.service import Draft, note

OBJECT, KIND = "catalog_entry", "data_entry"


def on_published(session: Session, event: EntryPublished) -> None:
    """Write the new heads of entries down; other levels have none on the chain."""
    if not enabled(session, CATALOG):
        return
    note(session, CATALOG, [_draft(one) for one in event.versions if one.node_kind == KIND])


def _draft(version: PublishedVersion) -> Draft:
    said = {
        "format": "mulian-entry-1", "entry": str(version.node_id), "code": version.code, "version": version.version,
        "hash": version.entry_hash, "salt": secrets.token_hex(16),
    }
    status = WITHDRAWN if version.action == "withdraw" else PUBLISHED
    goal = {"department": id_word(version.department_id), "digest": commitment(said), "status": status, "said": said}
    return Draft(
        id_word(version.node_id), version.version, goal, OBJECT, str(version.node_id), version.department_id
    )
