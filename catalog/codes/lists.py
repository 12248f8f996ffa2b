"""Code lists: tokens with labels, read once from the JSON data beside this file.

Tokens are stored, labels are shown. Bare numbers mean different things in different systems (1 is
"unconditional" in most, "conditional" in some), so they are read only through a named number profile.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"
Numbers = Mapping[str, Mapping[str, str]]
"""How one system numbers the lists: list → number as text → token."""



@dataclass(frozen=True)
class Token:
    """One value of a code list."""

    token: str
    zh: str
    en: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class CodeList:
    """One code list; ``by_text`` maps every accepted spelling to its token."""

    key: str
    zh: str
    en: str
    tokens: tuple[Token, ...]
    by_text: dict[str, str]

    @cached_property
    def values(self) -> frozenset[str]:
        """All tokens of the list."""
        return frozenset(token.token for token in self.tokens)

    def label(self, token: str | None, lang: str = "zh") -> str:
        """The label of a token; an empty string for None, the token itself when it is unknown."""
        for known in self.tokens:
            if known.token == token:
                return known.zh if lang == "zh" else known.en
        return token or ""


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_DATA / name).read_text(encoding="utf-8"))
    return loaded


def _build(key: str, body: dict[str, Any]) -> CodeList:
    tokens = tuple(Token(t["token"], t["zh"], t["en"], tuple(t["aliases"])) for t in body["tokens"])
    by_text: dict[str, str] = {}
    for token in tokens:
        for text in (token.zh, token.en, *token.aliases):
            by_text[_fold(text)] = token.token
        if not token.token.isdigit():
            by_text[_fold(token.token)] = token.token
    return CodeList(key, body["zh"], body["en"], tokens, by_text)


@cache
def code_lists() -> dict[str, CodeList]:
    """Every code list by its key."""
    return {key: _build(key, body) for key, body in _read("code_lists.json")["lists"].items()}


@cache
def number_profiles() -> dict[str, Numbers]:
    """The built-in number profiles; those that a district added are in ``profiles.numbers``."""
    return {key: body["lists"] for key, body in _read("number_profiles.json")["profiles"].items()}


def profile_names() -> dict[str, dict[str, str]]:
    """Chinese and English names of the built-in number profiles."""
    found = _read("number_profiles.json")["profiles"]
    return {key: {"zh": body["zh"], "en": body["en"]} for key, body in found.items()}


def code_list(key: str) -> CodeList:
    """One list; KeyError when there is none of that name."""
    return code_lists()[key]


class BareNumber(ValueError):
    """A number stood where a label is expected and no number profile was named."""


class UnknownLabel(ValueError):
    """The text is no label, alias or token of the list."""


def parse(key: str, text: str, numbers: str | Numbers | None = None) -> str:
    """The token that ``text`` names in list ``key``.

    ``numbers`` is a number profile (``profiles.numbers``) or the name of a built-in one, needed for bare numbers.
    Raises BareNumber or UnknownLabel.
    """
    folded = _fold(text)
    if folded.isdigit():
        known = number_profiles().get(numbers, {}) if isinstance(numbers, str) else numbers or {}
        mapped = known.get(key, {}).get(folded)
        if mapped is None:
            raise BareNumber(text)
        return mapped
    token = code_list(key).by_text.get(folded)
    if token is None:
        raise UnknownLabel(text)
    return token
