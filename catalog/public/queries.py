"""The one condition that CKAN, DCAT, OAI-PMH, public pages and public counts use."""

from sqlalchemy import ColumnElement, and_

from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry
from catalog.public.rules import HIGHEST_LEVEL


def public() -> ColumnElement[bool]:
    """The condition on :class:`DataEntry` rows that are public; the twin of :func:`rules.is_public`."""
    return and_(
        DataEntry.status.in_(LIVE), DataEntry.online.is_(True),
        DataEntry.open_type.in_(("unconditional", "conditional")), DataEntry.level <= HIGHEST_LEVEL,
    )
