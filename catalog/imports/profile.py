"""Mapping profiles, read from the JSON data in ``profiles/``."""

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalog.errors import PROFILE_UNKNOWN

_FOLDER = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class SheetProfile:
    """One sheet: ``headers`` maps every accepted header (folded) to its field, ``labels`` field to header."""

    name: str | None
    kind: str
    required: tuple[str, ...]
    legacy: str | None
    headers: dict[str, str]
    labels: dict[str, str]
    ignore: frozenset[str]
    defaults: dict[str, Any]
    warn_empty: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """A mapping profile. ``source`` scopes legacy keys, so two listings cannot meet."""

    key: str
    zh: str
    en: str
    source: str
    create_departments: bool
    department_aliases: dict[str, str]
    sheets: tuple[SheetProfile, ...]

    def sheet(self, kind: str) -> SheetProfile:
        """The sheet of a kind; StopIteration when the profile has none."""
        return next(sheet for sheet in self.sheets if sheet.kind == kind)


def fold(header: str) -> str:
    """A header as it is compared: NFKC, without spaces, marks of obligation and remarks in brackets."""
    text = unicodedata.normalize("NFKC", header).split("(")[0]
    return "".join(text.split()).strip("*:").casefold()


def _sheet(body: dict[str, Any]) -> SheetProfile:
    headers: dict[str, str] = {}
    for column in body["columns"]:
        for header in (column["header"], *column.get("aliases", ())):
            headers[fold(header)] = column["field"]
    for column in body["columns"]:
        # JSON may name the fields themselves
        headers.setdefault(fold(column["field"]), column["field"])
    return SheetProfile(
        name=body["name"], kind=body["kind"], required=tuple(body["required"]), legacy=body["legacy"],
        headers=headers, labels={column["field"]: column["header"] for column in body["columns"]},
        ignore=frozenset(fold(header) for header in body["ignore"]), defaults=body["defaults"],
        warn_empty=tuple(body["warn_empty"]),
    )


@cache
def profiles() -> dict[str, Profile]:
    """Every profile by its key."""
    found: dict[str, Profile] = {}
    for path in sorted(_FOLDER.glob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        found[body["key"]] = Profile(
            body["key"], body["zh"], body["en"], body["source"], body["create_departments"],
            body["department_aliases"], tuple(_sheet(sheet) for sheet in body["sheets"]),
        )
    return found


def profile(key: str) -> Profile:
    """One profile, or ``catalog.import.profile_unknown``."""
    found = profiles().get(key)
    if found is None:
        raise PROFILE_UNKNOWN(profile=key, known="、".join(profiles()))
    return found
