"""Which grams of a word are worth looking up, where hits are compared with the text anyway.

SQLite walks the whole list of every gram that is asked for, so a frequent gram costs more than it saves. How frequent
a gram is, a sample of documents tells; a sample that is old or unlucky costs time, never a hit. PostgreSQL's index
skips through long lists by itself and is asked for all grams.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.search.models import DOC
from catalog.search.rules import grams, lookup, selective

WORTH: Final = 20_000
"""Below so many documents every list is short."""

SAMPLE: Final = 400
_CHARACTERS: Final = 4_000
_SECONDS: Final = 900.0
_ENOUGH: Final = 2
_MOST: Final = 3


@dataclass(frozen=True)
class _Sample:
    taken: float
    documents: Counter[str]


# by connection pool, of which each database of a process has one
_samples: WeakKeyDictionary[Any, _Sample] = WeakKeyDictionary()


def narrow(session: Session, words: Sequence[str]) -> tuple[str, ...]:
    """Grams that every match of ``words`` holds, few of them and rare; hits must still be compared with the text."""
    bind = session.get_bind()
    if bind.dialect.name != "sqlite":
        return lookup(words)
    kept = _samples.get(bind.engine.pool)
    if kept is None or time.monotonic() - kept.taken > _SECONDS:
        kept = _samples[bind.engine.pool] = _Sample(time.monotonic(), _count(session))
    return rarest(words, kept.documents) if kept.documents else lookup(words)


def rarest(words: Iterable[str], documents: Counter[str]) -> tuple[str, ...]:
    """At most three grams of ``words``, those in the fewest ``documents`` first; two that none holds are enough."""
    found = list(dict.fromkeys(gram for word in words for gram in selective(word)))
    found.sort(key=lambda gram: documents[gram])
    unseen = sum(1 for gram in found if not documents[gram])
    return tuple(found[: _ENOUGH if unseen >= _ENOUGH else _MOST])


def _count(session: Session) -> Counter[str]:
    """In how many of SAMPLE documents, spread evenly, each gram stands; nothing below WORTH documents."""
    documents: Counter[str] = Counter()
    last = session.scalar(select(func.max(DOC.c.number))) or 0
    if last < WORTH:
        return documents
    numbers = range(last, 0, -max(1, last // SAMPLE))
    text = DOC.c.title + " " + func.substr(DOC.c.body, 1, _CHARACTERS)
    for sample in session.scalars(select(text).where(DOC.c.number.in_(numbers))):
        documents.update(grams(sample))
    return documents
