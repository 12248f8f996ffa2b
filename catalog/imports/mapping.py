"""From sheets to rows of fields, pure: finds headers, reads cells, and says what is wrong where."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, Final

from catalog.codes.lists import Numbers
from catalog.imports import cells
from catalog.imports.findings import ERROR, ROW_ERROR, WARNING, Finding, index_of, letter
from catalog.imports.profile import Profile, SheetProfile, fold
from catalog.imports.reader import Rows
from catalog.nodes.rules import LISTED
from kernel import clock

EXAMPLE: Final = "示例"
"""A row with this row key shows how to fill the sheet in; it is never imported."""

_HEADER_ROWS: Final = 10
FINDINGS_SHEET: Final = "问题清单"
CORRECTIONS_SHEET: Final = "更正记录"
LISTS: Final = frozenset(map(fold, (FINDINGS_SHEET, CORRECTIONS_SHEET)))
OTHER_SHEETS: Final = LISTS | frozenset(map(fold, ("填写说明", "代码表", "可选项")))
"""Sheets that we write beside the data: never read as data, whatever their place."""

_WORDS: Final = ("keywords", "formats", "project_numbers", "related_codes")
INSTANTS: Final = ("data_updated_at", "last_update_at")
_DAYS: Final = ("effective_on", "live_on", "retired_on", "published_on")
_INTEGERS: Final = ("length", "precision", "record_count", "row_count", "mlps_level", "revision")
FLAGS: Final = (
    "authoritative", "sensitive", "pii", "is_key", "nullable", "encrypted", "has_interface", "secret",
)
_CODES: Final = ("code", "key", "parent", "superior", "upper", "lower", "class_code")
_LINKS: Final = {
    "职责-数据": "duty_data", "数据-系统": "data_system", "数据项-字段": "item_column",
    "数据-数据（相关）": "data_data:related", "数据-数据（加工自）": "data_data:derived",
    "数据-数据（数源为）": "data_data:source",
}
LINK_LABELS: Final = {token: label for label, token in _LINKS.items()}
LINK_ENDS: Final = {
    "duty_data": ("duty", "data_entry"), "data_system": ("data_entry", "system"),
    "item_column": ("data_item", "db_column"), "data_data": ("data_entry", "data_entry"),
}
"""The kinds of node above and below each kind of link."""


@dataclass
class Row:
    """A row as read; ``severity`` is the worst finding in it."""

    sheet: str
    number: int
    kind: str
    raw: list[Any]
    data: dict[str, Any]
    places: dict[str, tuple[str, str]]
    severity: str | None = None

    def shown(self, name: str) -> str:
        """What stood in the cell of a field."""
        column = self.places.get(name)
        return cells.shown(self.raw[index_of(column[0])]) if column else ""


@dataclass
class Mapped:
    """All rows of a workbook and what was found in them."""

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, row: Row, name: str, severity: str, code: str, arg: str = "", fix: str = "") -> None:
        """A finding about the cell of a field in a row."""
        column, header = row.places.get(name, (None, None))
        self.findings.append(
            Finding(row.sheet, row.number, column, header, row.shown(name)[:500], severity, code, arg, fix)
        )
        if severity != WARNING and row.severity != ERROR:
            row.severity = severity


class Mapping:
    """A workbook seen through a profile: which sheet is which level, and its rows as they are asked for.

    Structural faults are errors and are found when this is made; faults of rows while they are read.
    """

    def __init__(self, profile: Profile, sheets: Sequence[Rows], numbers: Numbers | str | None = None) -> None:
        self.mapped = Mapped()
        self._readers: dict[str, tuple[Rows, int, _Reader]] = {}
        self._numbers = numbers
        for wanted, sheet in self._match(profile, sheets):
            self._open(wanted, sheet)
        broken = any(finding.severity == ERROR for finding in self.mapped.findings)
        if not broken and not any(self._has_rows(kind) for kind in self._readers):
            name = sheets[0].name if sheets else ""
            self.mapped.findings.append(Finding(name, None, None, None, "", ERROR, "no_rows"))

    @property
    def kinds(self) -> list[str]:
        """The kinds that the workbook has a sheet for."""
        return list(self._readers)

    def rows(self, kind: str) -> Iterator[Row]:
        """The rows of a kind in the order of the sheet; example rows are passed over."""
        sheet, at, reader = self._readers[kind]
        for number, raw in _filled(sheet, at):
            row = reader.row(sheet.name, number, raw)
            if row is not None:
                yield row

    def secret(self) -> list[Finding]:
        """Every row that says it is secret, found before anything of the workbook is kept."""
        found = Mapped()
        for sheet, at, reader in self._readers.values():
            if reader.has("secret"):
                for number, raw in _filled(sheet, at):
                    reader.secret(found, sheet.name, number, raw)
        return found.findings

    def _has_rows(self, kind: str) -> bool:
        sheet, at, _ = self._readers[kind]
        return next(_filled(sheet, at), None) is not None

    def _match(self, profile: Profile, sheets: Sequence[Rows]) -> Iterator[tuple[SheetProfile, Rows | None]]:
        if len(profile.sheets) == 1 and profile.sheets[0].name is None:
            named = (sheet for sheet in sheets if fold(sheet.name) not in OTHER_SHEETS)
            yield profile.sheets[0], next((sheet for sheet in named if next(iter(sheet), None) is not None), None)
            return
        if len(sheets) == 1 and not sheets[0].name:
            # a text file has no sheet name; its headers say which level it is
            known = [(len(_known(one, sheets[0])), one) for one in profile.sheets]
            yield max(known, key=lambda pair: pair[0])[1], sheets[0]
            return
        by_name = {fold(sheet.name): sheet for sheet in sheets}
        known_names = {fold(name): one for one in profile.sheets for name in (str(one.name), one.kind)}
        for sheet in sheets:
            if fold(sheet.name) not in known_names and fold(sheet.name) not in OTHER_SHEETS:
                self.mapped.findings.append(Finding(sheet.name, None, None, None, "", WARNING, "sheet_unknown"))
        if not set(known_names) & set(by_name):
            name = str(profile.sheets[0].name)
            self.mapped.findings.append(Finding(name, None, None, None, "", ERROR, "sheet_missing", name))
        for one in profile.sheets:
            sheet_of = by_name.get(fold(str(one.name))) or by_name.get(fold(one.kind))
            if sheet_of is not None:
                yield one, sheet_of

    def _open(self, profile: SheetProfile, sheet: Rows | None) -> None:
        if sheet is None:
            self.mapped.findings.append(Finding(profile.name or "", None, None, None, "", ERROR, "no_rows"))
            return
        head = list(islice(sheet, _HEADER_ROWS))
        at = _header_row(profile, head)
        if at is None:
            if not head:
                return
            wanted = "、".join(profile.labels[field_] for field_ in profile.required)
            self.mapped.findings.append(Finding(sheet.name, 1, None, None, "", ERROR, "header_missing", wanted))
            return
        columns = _columns(self.mapped, profile, sheet.name, at, head[at])
        if columns is not None:
            self._readers[profile.kind] = (sheet, at, _Reader(self.mapped, profile, columns, self._numbers))


def map_sheets(profile: Profile, sheets: Sequence[Rows], numbers: Numbers | str | None = None) -> Mapped:
    """Read everything at once, for workbooks of a few thousand rows."""
    mapping = Mapping(profile, sheets, numbers)
    mapping.mapped.rows = [row for kind in mapping.kinds for row in mapping.rows(kind)]
    return mapping.mapped


def _filled(sheet: Rows, at: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows below the header with something in them, numbered as the spreadsheet does."""
    for number, raw in enumerate(sheet, start=1):
        if number > at + 1 and any(cell not in ("", None) for cell in raw):
            yield number, raw


def _known(profile: SheetProfile, sheet: Rows) -> set[str]:
    """The fields that the best header row of a sheet names."""
    head = list(islice(sheet, _HEADER_ROWS))
    at = _header_row(profile, head)
    return set() if at is None else _fields(profile, head[at])


def _fields(profile: SheetProfile, raw: list[Any]) -> set[str]:
    return {profile.headers[key] for key in map(fold, map(cells.shown, raw)) if key in profile.headers}


def _header_row(profile: SheetProfile, head: Sequence[list[Any]]) -> int | None:
    """The row of the first ten with the most known headers; a title row above is thus passed over."""
    best, most = None, 0
    for at, raw in enumerate(head):
        matches = len(_fields(profile, raw))
        if matches > most:
            best, most = at, matches
    return best if most >= min(2, len(profile.labels)) else None


def _columns(
    mapped: Mapped, profile: SheetProfile, sheet: str, at: int, raw: list[Any]
) -> dict[str, int] | None:
    found: dict[str, int] = {}
    broken = False
    for index, cell in enumerate(raw):
        header = cells.shown(cell).strip()
        name = profile.headers.get(fold(header))
        where = (sheet, at + 1, letter(index), header[:100], header[:500])
        if name is None:
            if header and fold(header) not in profile.ignore:
                mapped.findings.append(Finding(*where, WARNING, "column_unused"))
        elif name in found:
            mapped.findings.append(Finding(*where, ERROR, "column_twice", header))
            broken = True
        else:
            found[name] = index
    for name in profile.required:
        if name not in found:
            label = profile.labels[name]
            mapped.findings.append(Finding(sheet, at + 1, None, label, "", ERROR, "column_missing", label))
            broken = True
    return None if broken else found


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(
        self, mapped: Mapped, profile: SheetProfile, columns: dict[str, int], numbers: Numbers | str | None
    ) -> None:
        self._mapped, self._profile, self._columns = mapped, profile, columns
        self._places = {name: (letter(index), profile.labels[name]) for name, index in columns.items()}
        self._convert = {name: _converter(profile.kind, name, numbers) for name in columns}

    def has(self, name: str) -> bool:
        """Whether the sheet has the column."""
        return name in self._columns

    def secret(self, found: Mapped, sheet: str, number: int, raw: list[Any]) -> None:
        """Report a row that is marked secret, without its contents."""
        index = self._columns["secret"]
        try:
            marked = cells.yes(raw[index]) if index < len(raw) else False
        except cells.BadCell:
            marked = False
        if marked:
            column, header = self._places["secret"]
            found.findings.append(Finding(sheet, number, column, header, "", ERROR, "secret"))

    def row(self, sheet: str, number: int, raw: list[Any]) -> Row | None:
        """One row with everything that is wrong in it, or None for the template's example."""
        key = self._columns.get("key")
        if key is not None and key < len(raw) and raw[key] == EXAMPLE:
            return None
        row = Row(sheet, number, self._profile.kind, raw, dict(self._profile.defaults), self._places)
        for name, index in self._columns.items():
            cell = raw[index] if index < len(raw) else None
            if name == "theme":
                self._theme(row, cell)
                continue
            try:
                value = self._convert[name](cell)
            except cells.BadCell as bad:
                self._mapped.add(row, name, ROW_ERROR, bad.code, bad.arg, bad.fix)
                continue
            if value not in (None, []):
                row.data[name] = clock.iso(value) if isinstance(value, datetime) else value
            elif name in self._profile.required:
                self._mapped.add(row, name, ROW_ERROR, "empty_required")
            elif name in self._profile.warn_empty:
                self._mapped.add(row, name, WARNING, "empty_format" if name == "formats" else "empty_required")
        row.data.pop("secret", None)
        return row

    def _theme(self, row: Row, cell: Any) -> None:
        """A theme outside the list is kept as text and reported; officers correct it after the import."""
        raw = cells.shown(cell)
        if not raw.strip():
            return
        try:
            row.data["theme"] = cells.token(cell, "theme", None)
        except cells.BadCell:
            row.data["theme_text"] = raw.strip()
            self._mapped.add(row, "theme", WARNING, "theme_unknown", fix=cells.nearest(raw, "theme"))
            return
        if raw != raw.strip():
            self._mapped.add(row, "theme", WARNING, "theme_spelling", fix=raw.strip())


@cache
def converter(kind: str, name: str) -> Callable[[Any], Any]:
    """What reads the cells of a field, without a number profile."""
    return _converter(kind, name, None)


def _converter(kind: str, name: str, numbers: Numbers | str | None) -> Callable[[Any], Any]:
    listed = LISTED.get(kind, {}).get(name)
    if listed is not None:
        return lambda cell: cells.token(cell, listed, numbers)
    for names, convert in _CONVERTERS:
        if name in names:
            return convert
    return cells.text


def _link(cell: Any) -> str | None:
    value = cells.text(cell)
    if value is None or value in LINK_LABELS:
        return value
    token = _LINKS.get(value.replace("(", "（").replace(")", "）"))
    if token is None:
        raise cells.BadCell("label_unknown", "关联类型", "、".join(_LINKS))
    return token


def _formats(cell: Any) -> list[str]:
    return [word.lower() for word in cells.words(cell)]


_CONVERTERS: Final[tuple[tuple[tuple[str, ...], Callable[[Any], Any]], ...]] = (
    (("formats",), _formats), (_WORDS, cells.words), (INSTANTS, cells.instant), (_DAYS, cells.day),
    (_INTEGERS, cells.integer), (FLAGS, cells.yes), (_CODES, cells.code), (("level",), cells.level),
    (("link",), _link),
)
