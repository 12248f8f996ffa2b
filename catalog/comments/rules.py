"""What a comment's text is, and whom it may name. Pure."""

import re
from typing import Final

from kernel.text import CONTROL

LIMIT: Final = 4000
MENTION_LIMIT: Final = 20
"""At most this many people are told by one comment."""

_AT = re.compile(r"(?<![A-Za-z0-9._])[@＠]([^\s@＠,，。;；:：、!！?？()（）<>《》「」\"“”]{1,40})")


def clean(body: str) -> str:
    """The text as it is kept: one form of line break, nothing at the ends."""
    return body.replace("\r\n", "\n").replace("\r", "\n").strip()


def printable(body: str) -> bool:
    """Whether a text holds no control characters or lone surrogates."""
    return CONTROL.search(body) is None


def mentions(body: str) -> list[tuple[str, ...]]:
    """For each @: the names it may mean, longest first, since a name may run on into the text (@张三请核实).

    An address (somebody@example.org) names nobody.
    """
    found: list[tuple[str, ...]] = []
    for match in _AT.finditer(body):
        text = match.group(1)
        names = tuple(text[:length] for length in range(len(text), 1, -1))
        if names and names not in found:
            found.append(names)
    return found[:MENTION_LIMIT]


def pick(names: tuple[str, ...], known: set[str]) -> str | None:
    """The longest of the names that somebody bears."""
    return next((name for name in names if name in known), None)
