"""An uploaded workbook as the next check reads it: the file, and over it the cells that were corrected since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.imports.findings import index_of
from catalog.imports.models import ImportCorrection
from catalog.imports.reader import FileSheet
from kernel import canonical
from kernel.digest import sm3_hex

Place = tuple[str, int, str]


@dataclass(frozen=True)
class Corrected:
    """A sheet of the file with the corrected cells in their places."""

    sheet: FileSheet
    rows: Mapping[int, Mapping[int, str]]

    @property
    def name(self) -> str:
        """What the sheet is called."""
        return self.sheet.name

    @property
    def count(self) -> int:
        """How many rows the sheet has."""
        return self.sheet.count

    def __iter__(self) -> Iterator[list[Any]]:
        for number, row in enumerate(self.sheet, start=1):
            for at, value in self.rows.get(number, {}).items():
                row += [None] * (at + 1 - len(row))
                row[at] = value
            yield row


def over(sheets: Sequence[FileSheet], held: Mapping[Place, ImportCorrection]) -> list[Corrected]:
    """The sheets as a check reads them."""
    by_sheet: dict[str, dict[int, dict[int, str]]] = {}
    for (sheet, row, column), one in held.items():
        if one.value is not None:
            by_sheet.setdefault(sheet, {}).setdefault(row, {})[index_of(column)] = one.value
    return [Corrected(sheet, by_sheet.get(sheet.name[:64], {})) for sheet in sheets]


def last(held: Mapping[Place, ImportCorrection]) -> int:
    """The number of the newest, 0 without any: what a check notes as read."""
    return max((one.number for one in held.values()), default=0)


def digest(held: Mapping[Place, ImportCorrection]) -> str | None:
    """SM3 of what an import reads beside its file, for the audit trail; None when it reads the file alone."""
    cells = [[*place, one.value] for place, one in sorted(held.items()) if one.value is not None]
    return sm3_hex(canonical.dumps(cells)) if cells else None
