"""The filter language of ``q`` and ``fq``, pure: the part of Solr's syntax that CKAN clients use.

    organization:a OR organization:b      -groups:x      tags:(甲 OR "乙 丙")      metadata_modified:[NOW-1DAY TO *]

A space means AND, AND binds tighter than OR. Anything else is a :class:`SearchQueryError`, never a guess.
"""

import re
from dataclasses import dataclass

from catalog.ckan.errors import SearchQueryError

LENGTH = 4000
CLAUSES = 200
DEPTH = 20

_TOKEN = re.compile(
    r'\s*(?:(?P<range>[\[{][^\[\]{}]*[\]}])|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[()])|(?P<not>[-+!](?=\S))'
    r'|(?P<field>(?:[A-Za-z_][\w.]*|\*):)|(?P<word>(?:[^\s()\[\]{}"\\]|\\.)+))'
)
_RANGE = re.compile(r'([\[{])\s*("?)(.+?)\2\s+TO\s+("?)(.+?)\4\s*([\]}])')


@dataclass(frozen=True)
class Match:
    """A field that has a value; without a field the text of the dataset. ``*`` at the end of a value is a wildcard."""

    field: str | None
    value: str
    quoted: bool = False


@dataclass(frozen=True)
class Range:
    """A field between two values; ``*`` leaves a side open."""

    field: str
    low: str
    high: str
    with_low: bool
    with_high: bool


@dataclass(frozen=True)
class Not:
    """What the inner node does not match."""

    node: "Node"


@dataclass(frozen=True)
class Both:
    """All of the nodes."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Either:
    """Any of the nodes."""

    nodes: tuple["Node", ...]


Node = Match | Range | Not | Both | Either
EVERYTHING = Match("*", "*")


def parse(text: str) -> Node:
    """The tree of a filter; an empty one matches everything."""
    if len(text) > LENGTH:
        raise SearchQueryError(f"longer than {LENGTH} characters")
    tokens = _tokens(text)
    if not tokens:
        return EVERYTHING
    reader = _Reader(tokens)
    node = reader.either(None, 0)
    if reader.left:
        raise SearchQueryError(f"unexpected {reader.left[0][1]!r}")
    return node


def has_fields(text: str) -> bool:
    """Whether a query names fields (``title:…``); otherwise it is plain words."""
    return any(kind == "field" for kind, _ in _tokens(text, lenient=True))


def _tokens(text: str, *, lenient: bool = False) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            if lenient:
                return found
            raise SearchQueryError(f"cannot read {text[at:at + 40].strip()!r}")
        kind = str(match.lastgroup)
        word = match.group(kind)
        # a colon inside a value belongs to it: name:http://…, 2026-01-01T00:00:00Z
        if kind == "field" and found and found[-1][0] == "field":
            rest = _TOKEN.match(text, match.end())
            joined = rest is not None and rest.lastgroup == "word" and rest.start() == rest.start("word")
            more = rest.group("word") if rest is not None and joined else ""
            found.append(("word", word + (more or "")))
            at = rest.end() if rest and more else match.end()
            continue
        found.append((kind, word))
        at = match.end()
        if len(found) > 4 * CLAUSES:
            raise SearchQueryError(f"more than {CLAUSES} clauses")
    return found


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens

    def either(self, field: str | None, depth: int) -> Node:
        """Clauses with OR between them."""
        if depth > DEPTH:
            raise SearchQueryError(f"nested deeper than {DEPTH}")
        nodes = [self._both(field, depth)]
        while self._take_word("OR", "||"):
            nodes.append(self._both(field, depth))
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def _both(self, field: str | None, depth: int) -> Node:
        nodes = [self._one(field, depth)]
        while self.left and not self._is(("mark", ")"), ("word", "OR"), ("word", "||")):
            if self._take_word("AND", "&&") and not self.left:
                raise SearchQueryError("ends with AND")
            nodes.append(self._one(field, depth))
        return nodes[0] if len(nodes) == 1 else Both(tuple(nodes))

    def _one(self, field: str | None, depth: int) -> Node:
        if not self.left:
            raise SearchQueryError("ends too early")
        kind, word = self.left.pop(0)
        if kind == "not":
            inner = self._one(field, depth)
            return inner if word == "+" else Not(inner)
        if (kind, word) == ("word", "NOT"):
            return Not(self._one(field, depth))
        if (kind, word) == ("mark", "("):
            node = self.either(field, depth + 1)
            if not self.left or self.left.pop(0) != ("mark", ")"):
                raise SearchQueryError("a bracket is not closed")
            return node
        if kind == "field":
            return self._one(word[:-1], depth)
        return _leaf(kind, word, field)

    def _is(self, *tokens: tuple[str, str]) -> bool:
        return bool(self.left) and self.left[0] in tokens

    def _take_word(self, *words: str) -> bool:
        if self._is(*(("word", word) for word in words)):
            self.left.pop(0)
            return True
        return False


def _leaf(kind: str, word: str, field: str | None) -> Node:
    if kind == "range":
        found = _RANGE.fullmatch(word)
        if found is None or field is None:
            raise SearchQueryError(f"cannot read the range {word!r}")
        return Range(field, found[3], found[5], found[1] == "[", found[6] == "]")
    if kind == "quoted":
        return Match(field, re.sub(r"\\(.)", r"\1", word[1:-1]), quoted=True)
    if kind == "mark" or word in ("AND", "OR", "&&", "||"):
        raise SearchQueryError(f"unexpected {word!r}")
    return Match(field, re.sub(r"\\(.)", r"\1", word))
