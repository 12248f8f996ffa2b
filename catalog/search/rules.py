"""What a search matches, pure: one normal form, one tokenizer, one way to cut long texts.

Truth: a text in normal form is NFKC, lower case, every run of separators folded to one space. A query term of
two or more characters without a separator matches exactly the texts whose normal form contains it. The index
holds overlapping bigrams (letters and digits too), so a term is a phrase of bigrams; the gap that a separator
leaves between positions keeps a phrase from crossing it. A token is written as eight ASCII characters, because
the databases' own tokenizers fold accents and drop characters younger than their Unicode tables.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

PART_LENGTH = 4000
PART_OVERLAP = 64
LEXEME_LIMIT = 250
"""PostgreSQL keeps 256 positions of a lexeme; a part is cut before any bigram reaches this count."""

QUERY_LIMIT = 200
BREAK = "brk"
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


def term_tokens(term: str) -> list[str]:
    """The bigrams of one word in order; a word of one character is its own token."""
    coded = [_encode(char) for char in term]
    if len(coded) < 2:
        return coded
    return [first + second for first, second in zip(coded, coded[1:], strict=False)]


def positions(text: str) -> list[tuple[str, int]]:
    """(token, position from 1) of a text in normal form; a separator leaves one position empty."""
    found: list[tuple[str, int]] = []
    at = 1
    for word in text.split(" "):
        for token in term_tokens(word):
            found.append((token, at))
            at += 1
        at += 1
    return found


def token_stream(text: str) -> str:
    """The tokens of a text in normal form for FTS5, with a break token where a separator stood."""
    return f" {BREAK} ".join(" ".join(term_tokens(word)) for word in text.split(" "))


def parts(text: str) -> list[str]:
    """Cut a normal form into parts: any term of up to PART_OVERLAP characters is whole in one of them.

    A part ends at PART_LENGTH characters, or earlier when one bigram would stand in it LEXEME_LIMIT times.
    """
    found: list[str] = []
    start = 0
    while start < len(text):
        end = _part_end(text, start)
        found.append(text[start:end])
        if end == len(text):
            break
        start = max(end - PART_OVERLAP, start + 1)
    return found


def _part_end(text: str, start: int) -> int:
    end = min(start + PART_LENGTH, len(text))
    if end - start <= LEXEME_LIMIT:
        return end
    seen: Counter[str] = Counter()
    for at in range(start, end):
        gram = text[at : at + 2]
        seen[gram] += 1
        if seen[gram] >= LEXEME_LIMIT:
            return at + 1
    return end


@dataclass(frozen=True)
class Query:
    """A parsed query. ``terms`` are looked up in the index, ``short`` are single characters.

    Long terms are looked up by their first PART_OVERLAP characters and then compared with the text.
    """

    text: str
    terms: tuple[str, ...]
    short: tuple[str, ...]

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


def lookup(term: str) -> list[str]:
    """The phrase of tokens that finds the parts which may hold ``term``."""
    return term_tokens(term[:PART_OVERLAP])


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
