"""What a search matches, pure: one normal form, one tokenizer, one way to cut long texts.

Truth: a text in normal form is NFKC, lower case, every run of separators folded to one space. A query term of
two or more characters without a separator matches exactly the texts whose normal form contains it. The index
knows which documents hold a bigram (letters and digits too); a term of two characters is one bigram, a longer one
is several, and the text decides whether they stand together. For FTS5 a bigram is written as eight ASCII characters,
because its tokenizers fold accents and drop characters younger than their Unicode tables.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

QUERY_LIMIT = 200
HEAD = 64
"""Characters of a title that are kept apart, to find an exact title."""

SCAN_LIMIT = 100_000
"""Documents whose title and codes are read for a query of single characters."""

COUNT_LIMIT = 10_000
"""Counts and facets look at this many hits at most; a result at the limit is shown as "10,000+"."""

GRAM_LIMIT = 16
"""Grams of one query that are looked up at most; the text is compared anyway."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class _Fold(dict[int, str]):
    """Separators to spaces, by character; filled as characters are met, for ``str.translate``."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        self[point] = char if unicodedata.category(char)[0] in "LNM" else " "
        return self[point]


_FOLD = _Fold()


def normalise(text: str) -> str:
    """The normal form of a text: words of letters, digits and marks, one space between them."""
    # lower() can leave NFKC (a dotted capital I), so the form is taken again
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    return " ".join(folded.translate(_FOLD).split())


@lru_cache(maxsize=65_536)
def _encode(char: str) -> str:
    point, digits = ord(char), ""
    for _ in range(4):
        point, digit = divmod(point, 36)
        digits = _DIGITS[digit] + digits
    return digits


def spelled(gram: str) -> str:
    """A gram in [0-9a-z], four of them for each character."""
    return "".join([_encode(char) for char in gram])


def grams(text: str) -> list[str]:
    """The distinct grams that the index holds of a text in normal form; none crosses a separator.

    Every bigram; and of letters and digits of ASCII also every trigram, because the few bigrams of numbers stand in
    a great part of all documents.
    """
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    triples = [text[at : at + 3] for at in range(len(text) - 2)]
    found = dict.fromkeys(pair for pair in pairs if " " not in pair)
    return list(dict.fromkeys([*found, *(three for three in triples if three.isascii() and " " not in three)]))


def token_stream(text: str) -> str:
    """The grams of a text in normal form as FTS5 reads them."""
    return " ".join([spelled(gram) for gram in grams(text)])


def joined(text: str, more: str) -> str:
    """Two texts in normal form with a break between them, as :func:`normalise` gives it for both together."""
    return f"{text} {more}" if text and more else text or more


def longer_stream(stream: str, more: str) -> str:
    """The stream of a text with another text in normal form after it: no gram crosses the break between them."""
    held = set(stream.split())
    fresh = dict.fromkeys(token for word in more.split() for token in _of_word(word) if token not in held)
    return " ".join([stream, *fresh]) if stream else " ".join(fresh)


@lru_cache(maxsize=4096)
def _of_word(word: str) -> tuple[str, ...]:
    """The tokens of one word; codes of a department share theirs."""
    return tuple(spelled(gram) for gram in grams(word))


@dataclass(frozen=True)
class Query:
    """A parsed query. ``terms`` are looked up in the index, ``short`` are single characters."""

    text: str
    terms: tuple[str, ...]
    short: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All words that a match holds."""
        return (*self.terms, *self.short)

    @property
    def scan_only(self) -> bool:
        """Only single characters were asked: titles and codes are scanned, bodies are not."""
        return not self.terms and bool(self.short)

    @property
    def empty(self) -> bool:
        """Nothing but separators was asked."""
        return not self.terms and not self.short


def parse(raw: str) -> Query:
    """A query from what a person typed, at most QUERY_LIMIT characters of normal form."""
    text = normalise(raw)
    words = list(dict.fromkeys(text.split(" "))) if text else []
    return Query(
        text, tuple(word for word in words if len(word) > 1), tuple(word for word in words if len(word) == 1)
    )


def lookup(words: Iterable[str]) -> tuple[str, ...]:
    """The grams that every match of all ``words`` holds, at most GRAM_LIMIT of them, spread over the words."""
    found = list(dict.fromkeys(gram for word in words for gram in selective(word)))
    if len(found) <= GRAM_LIMIT:
        return tuple(found)
    return tuple(found[at * (len(found) - 1) // (GRAM_LIMIT - 1)] for at in range(GRAM_LIMIT))


def selective(word: str) -> list[str]:
    """The grams of a word without the bigrams that one of its trigrams holds."""
    held = grams(word)
    inside = {pair for three in held if len(three) == 3 for pair in (three[:2], three[1:])}
    return [gram for gram in held if gram not in inside]


def highlight(original: str, query: Query, width: int = 120) -> list[tuple[str, bool]]:
    """The text around the first hit as (piece, is hit); pieces join to a cut of ``original``.

    A hit is marked where the original's own characters fold to the term; elsewhere the text stays unmarked.
    """
    folded = [normalise(char) or " " for char in original]
    flat = "".join(char if len(char) == 1 else " " for char in folded)
    marks = [False] * len(flat)
    for term in (*query.terms, *query.short):
        at = flat.find(term)
        while at >= 0:
            marks[at : at + len(term)] = [True] * len(term)
            at = flat.find(term, at + len(term))
    first = marks.index(True) if True in marks else 0
    begin = max(0, first - width // 4)
    return _pieces(original[begin : begin + width], marks[begin : begin + width])


def _pieces(text: str, marks: list[bool]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    for char, mark in zip(text, marks, strict=True):
        if pieces and pieces[-1][1] == mark:
            pieces[-1] = (pieces[-1][0] + char, mark)
        else:
            pieces.append((char, mark))
    return pieces
