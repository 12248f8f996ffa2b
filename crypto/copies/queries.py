"""Every SELECT about copies."""

import uuid
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crypto.copies.models import CryptoCopy
from crypto.errors import COPY_UNKNOWN


def get(session: Session, copy_id: uuid.UUID) -> CryptoCopy:
    """Return a copy; raise ``crypto.copy.unknown``."""
    row = session.get(CryptoCopy, copy_id)
    if row is None:
        raise COPY_UNKNOWN()
    return row


def listing() -> Select[CryptoCopy]:
    """Return copies, newest first."""
    return select(CryptoCopy).order_by(CryptoCopy.made_at.desc(), CryptoCopy.id)


def concerning(session: Session, rewrapped_at: datetime) -> list[CryptoCopy]:
    """Return every copy, also those that are gone, that can open what a KEK retired then protected; oldest first.

    Whatever was begun before the re-wrap can, together with the KEK's object; a later one where it holds that object.
    """
    query = select(CryptoCopy).where(or_(CryptoCopy.key_store, CryptoCopy.made_at <= rewrapped_at))
    return list(session.scalars(query.order_by(CryptoCopy.made_at, CryptoCopy.id)))
