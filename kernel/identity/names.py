"""姓名 for lists: officers know each other by name, while a user name is what was written down beside an act."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.identity.models import User

_AT_ONCE: Final = 500
_Key = TypeVar("_Key", uuid.UUID, str)


@dataclass(frozen=True)
class Names:
    """The 姓名 of some users, by id and by user name."""

    by_id: Mapping[uuid.UUID, str]
    by_username: Mapping[str, str]

    def of(self, user_id: uuid.UUID | None, noted: str | None) -> str:
        """The 姓名 of who acted; who is no user (any more) keeps the name that was noted."""
        if user_id is not None and user_id in self.by_id:
            return self.by_id[user_id]
        return self.by_username.get(noted or "", noted or "")


def names_of(
    session: Session, user_ids: Iterable[uuid.UUID | None] = (), usernames: Iterable[str | None] = ()
) -> Names:
    """Names for a page of rows, one query for all of them; ``usernames`` only where no id was written down."""
    ids, noted = {one for one in user_ids if one is not None}, {one for one in usernames if one}
    return Names(_read(session, User.id, ids), _read(session, User.username, noted))


def _read(session: Session, column: InstrumentedAttribute[_Key], wanted: set[_Key]) -> dict[_Key, str]:
    found: dict[_Key, str] = {}
    keys = list(wanted)
    for start in range(0, len(keys), _AT_ONCE):
        query = select(column, User.display_name).where(column.in_(keys[start:start + _AT_ONCE]))
        found.update(session.execute(query).tuples().all())
    return found
