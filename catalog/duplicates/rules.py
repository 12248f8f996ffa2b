"""How alike two entries are, and which pairs are worth comparing. Pure; likenesses are whole thousandths.

A title is its bigrams in the search's normal form, without the name of its department and without years; bigrams
that many titles hold weigh little (information content). Items and code sets are compared as sets. The score is
the mean of what both entries have: title 5, items 4, code sets 1.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from catalog.search.rules import normalise

K = TypeVar("K")
WEIGHTS: Final = {"title": 5, "items": 4, "codes": 1}
LIKELY: Final = 600
"""From this score on a pair is shown."""

CROWD: Final = 400
"""A bigram or item that more entries hold brings nobody together, and weighs as if so many held it."""

_YEAR = re.compile(r"(19|20)\d\d(年度?)?")


@dataclass(frozen=True)
class Look(Generic[K]):
    """What of an entry is compared. ``department`` parts the pairs: only entries of different ones are compared."""

    key: K
    department: K
    title: frozenset[str]
    items: frozenset[str]
    codes: frozenset[str]


@dataclass(frozen=True)
class Likeness:
    """Thousandths; None where one of the two has nothing to compare."""

    score: int
    title: int
    items: int | None
    codes: int | None


def grams(title: str, own_names: Iterable[str] = ()) -> frozenset[str]:
    """The bigrams of a title, without its department's names and years; of a title of one character, that."""
    text = normalise(title)
    for name in sorted({normalise(name) for name in own_names if name}, key=len, reverse=True):
        if name and name != text:
            text = text.replace(name, " ")
    text = _YEAR.sub(" ", text)
    found = {word[at : at + 2] for word in text.split() for at in range(len(word) - 1)}
    return frozenset(found or ({text.strip()} if text.strip() else ()))


def words(values: Iterable[str | None]) -> frozenset[str]:
    """Names in normal form, without spaces, empty ones left out."""
    return frozenset(word for value in values if value and (word := normalise(value).replace(" ", "")))


class Weights:
    """How much a bigram says: log2 of entries over entries that hold it, plus one, in thousandths."""

    def __init__(self, titles: Iterable[frozenset[str]]) -> None:
        counts: Counter[str] = Counter()
        total = 0
        for title in titles:
            counts.update(title)
            total += 1
        self._learn(counts, total)

    @classmethod
    def of_counts(cls, counts: Mapping[str, int], total: int, *, others: int = 1) -> "Weights":
        """Weights from known counts among ``total`` entries; what is not named is taken as held by ``others``."""
        made = cls(())
        made._learn(counts, total, others)
        return made

    def _learn(self, counts: Mapping[str, int], total: int, others: int = 1) -> None:
        self.counts, self.total = counts, total
        self._known = {gram: self._weigh(held) for gram, held in counts.items()}
        self._unknown = self._weigh(others)

    def _weigh(self, held: int) -> int:
        return round(1000 * math.log2(1 + max(self.total, held) / min(held, CROWD)))

    def of(self, gram: str) -> int:
        """The weight of a bigram; one that nobody holds weighs as one that a single entry holds."""
        return self._known.get(gram, self._unknown)

    def sum(self, grams: Iterable[str]) -> int:
        """The weight of a set."""
        return sum(self.of(gram) for gram in grams)


def compare(one: Look[K], other: Look[K], weights: Weights) -> Likeness:
    """How alike two entries are."""
    title = _shared(weights.sum(one.title & other.title), weights.sum(one.title | other.title))
    items = _sets(one.items, other.items)
    codes = _sets(one.codes, other.codes)
    parts = {"title": title, "items": items, "codes": codes}
    given = [(WEIGHTS[name], value) for name, value in parts.items() if value is not None]
    score = sum(weight * value for weight, value in given) // sum(weight for weight, _ in given)
    return Likeness(score, title, items, codes)


def _shared(part: int, whole: int) -> int:
    return 1000 * part // whole if whole else 0


def _sets(one: frozenset[str], other: frozenset[str]) -> int | None:
    if not one or not other:
        return None
    return _shared(len(one & other), len(one | other))


def part_needed(least: int) -> int:
    """Thousandths that the titles or the items of a pair must reach so that its score can reach ``least``.

    A score is a mean, so one part is not below it, after the code sets have helped as much as they can.
    """
    title, items, codes = WEIGHTS["title"], WEIGHTS["items"], WEIGHTS["codes"]
    both = (least * (title + items + codes) - 1000 * codes) // (title + items)
    return max(1, min(both, (least * (title + codes) - 1000 * codes) // title, least))


def likely(looks: Sequence[Look[K]], least: int = LIKELY) -> list[tuple[Look[K], Look[K], Likeness]]:
    """Every pair of entries of different departments that reaches ``least``, each once.

    Entries are filed under the rarest parts of their titles and items (:func:`rarest`), and only those that meet
    under a key are compared. Nothing is missed but pairs that meet only under what a crowd holds.
    """
    weights = Weights(look.title for look in looks)
    item_counts = Counter(item for look in looks for item in look.items)
    needed = part_needed(least)
    shelves: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, look in enumerate(looks):
        for gram in rarest(look.title, weights.counts, weights.of, needed):
            shelves["title", gram].append(at)
        for item in rarest(look.items, item_counts, lambda _: 1, needed):
            shelves["item", item].append(at)
    seen: set[tuple[int, int]] = set()
    found: list[tuple[Look[K], Look[K], Likeness]] = []
    for shelf in shelves.values():
        for place, first in enumerate(shelf):
            for second in shelf[place + 1 :]:
                if looks[first].department == looks[second].department or (first, second) in seen:
                    continue
                seen.add((first, second))
                likeness = compare(looks[first], looks[second], weights)
                if likeness.score >= least:
                    found.append((looks[first], looks[second], likeness))
    return found


def rarest(
    values: frozenset[str], counts: Mapping[str, int], weight: Callable[[str], int], needed: int
) -> list[str]:
    """The rarest values of a set, so many that what is left over weighs less than ``needed`` thousandths of it.

    Two sets of which the shared part weighs at least that have one of these in common: the rarest value that they
    share would else be among what is left over of one of them, and so would all that they share.
    """
    ordered = sorted(values, key=lambda value: (counts.get(value, 1), value))
    left = 1000 * sum(weight(value) for value in ordered)
    limit = needed * left // 1000
    found: list[str] = []
    for value in ordered:
        if left < limit:
            break
        left -= 1000 * weight(value)
        if counts.get(value, 1) <= CROWD:
            found.append(value)
    return found
