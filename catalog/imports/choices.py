"""What a cell may say where a code list rules it: offered to whoever corrects a finding."""

from collections.abc import Iterator
from typing import Final

from catalog.codes.lists import code_list
from catalog.imports.cells import nearest
from catalog.imports.mapping import FLAGS, LINK_LABELS
from catalog.imports.models import ImportFinding
from catalog.imports.profile import Profile, SheetProfile, fold
from catalog.nodes.rules import LISTED

_LISTED: Final = ("bare_number", "label_unknown", "theme_unknown")
_LINK: Final = "link"


def choices(profile: Profile, finding: ImportFinding) -> list[str]:
    """Every label of the code list of the finding's cell, the likeliest first; empty where any text may stand."""
    if finding.code not in _LISTED or not finding.header:
        return []
    field = fold(finding.header)
    keys = {_list(sheet.kind, sheet.headers[field]) for sheet in _sheets(profile, finding.sheet)
            if field in sheet.headers}
    key = keys.pop() if len(keys) == 1 else None
    if key is None:
        return []
    if key == _LINK:
        return list(LINK_LABELS.values())
    labels = [token.zh for token in code_list(key).tokens]
    likely = nearest(finding.value, key)
    return sorted(labels, key=lambda label: label != likely)


def _sheets(profile: Profile, name: str) -> Iterator[SheetProfile]:
    """The profile's sheets that a sheet of the file may be: a text file has no name."""
    for sheet in profile.sheets:
        if not name or sheet.name is None or fold(name) in (fold(sheet.name), fold(sheet.kind)):
            yield sheet


def _list(kind: str, field: str) -> str | None:
    listed = LISTED.get(kind, {}).get(field)
    if listed is not None:
        return listed
    if field == "level":
        return "data_level"
    if field in FLAGS:
        return "yes_no"
    return _LINK if field == "link" else None
