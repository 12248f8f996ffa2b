"""GB/T 2260: the bundled table (April 2019, Beijing with all revisions since 1980), under what a district imports.

The bundle is derived from the tables that 民政部 published (see ``data/*.tsv``). A district imports a newer or a
fuller table with ``mulian catalog codes regions``; what is imported comes before what is bundled.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_DATA = Path(__file__).parent / "data"
BUNDLED_REVISION = "201904"


@dataclass(frozen=True)
class Region:
    """One code with one name. ``first`` and ``last`` are the revisions that hold it; ``first`` may be unknown."""

    code: str
    name: str
    first: str | None
    last: str

    @property
    def level(self) -> Literal["province", "prefecture", "county"]:
        """province, prefecture or county."""
        return "province" if self.code.endswith("0000") else "prefecture" if self.code.endswith("00") else "county"


@dataclass(frozen=True)
class Change:
    """A code that ended and one that continues it; ``effective`` is a year, a month or a day."""

    old: str
    new: str
    effective: str
    note: str


def _rows(name: str) -> Iterator[list[str]]:
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


@cache
def bundled() -> Mapping[str, Region]:
    """Code → region, the retired codes of Beijing among them."""
    found = {code: Region(code, name, None, BUNDLED_REVISION) for code, name in _rows("regions_201904.tsv")}
    found.update({code: Region(code, name, first, last) for code, name, first, last in _rows("regions_beijing.tsv")})
    return found


@cache
def bundled_changes() -> tuple[Change, ...]:
    """Successions that are known without an import: those of Beijing."""
    return tuple(Change(*row) for row in _rows("region_changes.tsv"))


@dataclass(frozen=True)
class RegionTable:
    """All that is known; ``revision`` is the newest table in it."""

    regions: Mapping[str, Region]
    changes: Sequence[Change]
    revision: str

    def full_name(self, code: str) -> str:
        """北京市西城区: the names from the province down, as far as known."""
        steps = dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code))
        return "".join(self.regions[step].name for step in steps if step in self.regions)

    def current(self, code: str) -> bool:
        """Whether the newest table holds the code."""
        known = self.regions.get(code)
        return known is not None and known.last == self.revision

    def held(self, code: str, month: str) -> bool:
        """Whether a code was in use in a month (YYYYMM).

        The tables are of Decembers in early years: a code that ended stays until the table that has its heir, or
        until the day of the decision where that is known. One whose beginning is unknown counts as there before.
        """
        known = self.regions.get(code)
        if known is None or (known.first is not None and month < known.first):
            return False
        if self.current(code) or month <= known.last:
            return True
        ends = [one.effective for one in self.changes if one.old == code]
        return bool(ends) and month < max(f"{end[:4]}{end[5:7] or '12'}" for end in ends)

    def successors(self, code: str) -> list[Change]:
        """What continues a code today, through several changes; empty while it is current."""
        found, waiting, seen = [], [code], {code}
        while waiting:
            for change in self.changes:
                if change.old == waiting[0] and change.new not in seen:
                    seen.add(change.new)
                    if self.current(change.new):
                        found.append(change)
                    else:
                        waiting.append(change.new)
            waiting.pop(0)
        return found

    def predecessors(self, code: str) -> list[Change]:
        """Codes that ended in this one."""
        return [change for change in self.changes if change.new == code]

    def below(self, parent: str | None) -> list[Region]:
        """The next level under a code, provinces without one. Beijing's districts hang below the city itself."""
        if parent is None:
            return [one for one in self._sorted() if one.level == "province"]
        size = 2 if parent.endswith("0000") else 4
        inside = [one for one in self._sorted() if one.code[:size] == parent[:size] and one.code != parent]
        upper = [one for one in inside if one.level == "prefecture"]
        held = {one.code[:4] for one in upper}
        return sorted([*upper, *(one for one in inside if one.code[:4] not in held or size == 4)], key=lambda r: r.code)

    def named(self, q: str) -> list[Region]:
        """Regions whose name contains, or whose code begins with ``q``."""
        return [one for one in self._sorted() if q in one.name or one.code.startswith(q)]

    def _sorted(self) -> list[Region]:
        return [self.regions[code] for code in sorted(self.regions)]

    def hint(self, code: str) -> str:
        """What may have been meant: the successor of an ended code, else codes that look alike."""
        ended = self.successors(code)
        if ended:
            return "；".join(f"{one.note}（{one.effective}），请用 {one.new}" for one in ended)
        current = [known for known in self.regions if self.current(known)]
        near = difflib.get_close_matches(code, current, n=3, cutoff=0.8)
        if near:
            return "相近的代码：" + "、".join(f"{one} {self.full_name(one)}" for one in sorted(near))
        return "请核对 GB/T 2260 代码表"


def parse_table(text: str) -> list[Region]:
    """Regions of a file: lines of source, revision, code, name (tab or comma), in any number of revisions.

    A heading line and lines that begin with # are passed over. Raises ValueError with the line number.
    """
    held: dict[tuple[str, str], list[str]] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        cells = [cell.strip() for cell in line.replace(",", "\t").split("\t")]
        if not line.strip() or line.startswith("#") or cells[0].lower() == "source":
            continue
        if len(cells) != 4 or not _revision(cells[1]) or not _code(cells[2]) or not cells[3]:
            raise ValueError(f"line {number}")
        held.setdefault((cells[2], cells[3]), []).append(cells[1])
    return [Region(code, name, min(found), max(found)) for (code, name), found in sorted(held.items())]


def _code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit()


def _revision(text: str) -> bool:
    return _code(text) and "01" <= text[4:] <= "12"
